// A spec with everything looked up once: what dispatch's closures close over. Definitions that cannot work
// are refused here.

import { OpDefinitionError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import type { AnySpec } from "./define.ts";
import { compileRule, type SavedPlace } from "./rule.ts";

export interface CompiledOp {
  /** As messages call it; events and counts use the spec's name. */
  readonly name: string;
  readonly spec: AnySpec;
  readonly inputNames: readonly string[];
  /** Visible first, then hidden. */
  readonly outputNames: readonly string[];
  readonly visible: number;
  readonly isConstant: readonly boolean[];
  readonly places: readonly SavedPlace[];
  readonly rule: ReturnType<typeof compileRule>;
  /** The op itself. */
  run: (...args: unknown[]) => Tensor | Tensor[];
}

export function analyse(spec: AnySpec): CompiledOp {
  const fail = (why: string): never => {
    throw new OpDefinitionError(`${spec.name}: ${why}`);
  };
  const inputNames = spec.inputs.map((d) => d.replace(/\?$|\[\]$/, ""));
  const outputNames = [...spec.outputs, ...(spec.hidden ?? [])];
  const places = (spec.saves ?? []).map((name): SavedPlace => {
    const output = outputNames.indexOf(name);
    const input = inputNames.indexOf(name);
    if (output < 0 && input < 0) fail(`saves '${name}', which is neither input nor output`);
    return output >= 0
      ? { name, from: "output", index: output }
      : { name, from: "input", index: input };
  });
  const names = [...inputNames, ...outputNames];
  if (new Set(names).size !== names.length) fail("two inputs or outputs share a name");
  if (!spec.vjp && !spec.compose && spec.differentiable !== false) {
    fail("give it a vjp, a composition, or differentiable: false");
  }
  if (spec.kind === "view" && !spec.view) fail("a view needs view()");
  if (spec.kind !== "view" && !spec.shape && spec.kernel) fail("a kernel needs shape()");
  if (spec.kind !== "view" && !spec.kernel && !spec.compose)
    fail("give it a kernel or a composition");
  if (spec.kind === "inplace" && places.some((p) => p.from === "input" && p.index === 0)) {
    fail("an in-place op overwrites its first input and cannot save it");
  }
  return {
    name: spec.label ?? spec.name,
    spec,
    inputNames,
    outputNames,
    visible: spec.outputs.length,
    isConstant: outputNames.map(
      (n, i) => i >= spec.outputs.length || (spec.constant ?? []).includes(n),
    ),
    places,
    rule: compileRule(spec, inputNames, places),
    run: () => fail("not compiled"),
  };
}
