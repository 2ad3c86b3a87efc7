// What lies at a dotted path of a module, in PyTorch's keys: getSubmodule, getParameter, getBuffer.
import { ArgumentError, didYouMean, type Tensor } from "@tapegrad/core";
import { joinPath, type Member, type Module } from "./module.ts";
import { Buffer, Parameter } from "./parameter.ts";

const METHODS = { module: "getSubmodule", parameter: "getParameter", buffer: "getBuffer" } as const;
type Kind = keyof typeof METHODS;

const kindOf = (member: Member): Kind =>
  member instanceof Parameter ? "parameter" : member instanceof Buffer ? "buffer" : "module";

const pathsOf = (root: Module, kind: Kind): string[] => {
  const all =
    kind === "module"
      ? root.namedModules()
      : kind === "parameter"
        ? root.namedParameters()
        : root.namedBuffers();
  return all.map(([path]) => path).filter((path) => path !== "");
};

/** @throws ArgumentError naming the nearest path of that kind, and what the last module that was found has */
export function memberAt(root: Module, kind: "module", path: string): Module;
export function memberAt(root: Module, kind: "parameter", path: string): Parameter;
export function memberAt(root: Module, kind: "buffer", path: string): Tensor;
export function memberAt(root: Module, kind: Kind, path: string): Module | Tensor {
  const op = `${root.constructor.name}.${METHODS[kind]}`;
  if (typeof path !== "string") {
    throw new ArgumentError(op, `expected a path like 'features.0', got ${typeof path}`);
  }
  if (kind === "module" && path === "") return root;
  let [at, passed] = [root, ""];
  const keys = path.split(".");
  for (const [depth, key] of keys.entries()) {
    const isLast = depth === keys.length - 1;
    const wanted = isLast ? kind : "module";
    const members = at.members();
    const found = members.find(([own]) => own === key)?.[1];
    if (found === undefined) {
      const own = members.filter(([, m]) => kindOf(m) === wanted).map(([name]) => name);
      const where = passed === "" ? root.constructor.name : `'${passed}'`;
      throw new ArgumentError(
        op,
        `there is no ${kind} '${path}'${didYouMean(path, pathsOf(root, kind))}; ` +
          `${wanted}s of ${where}: ${own.join(", ") || "none"}`,
      );
    }
    passed = joinPath(passed, key);
    const is = kindOf(found);
    if (is !== wanted) {
      const fix = isLast ? `; use ${METHODS[is]}()` : "";
      throw new ArgumentError(op, `'${passed}' is a ${is}, not a ${wanted}${fix}`);
    }
    if (isLast) return found;
    at = found as Module;
  }
  return at;
}
