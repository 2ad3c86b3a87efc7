// Row kernels in WGSL. With reductions one kernel does all: a workgroup for each long row, a thread for each short one.
// Without, a thread for each element, or for each row.
import { type WgslType, wgsl } from "../../program/wgsl.ts";
import { program } from "../../registry.ts";
import { blockOf, type GpuRuntime } from "../../runtime/runtime.ts";
import { mathFor } from "../math-wgsl.ts";
import { FUNCTIONS, type Layout, type RowCall, type RowSpec, stepOf, wordsOf } from "./spec.ts";

/** Rows of this length and more get a workgroup. */
const LONG = 48;
const GROUP = 128;

const AT: Readonly<Record<Layout["kind"], string>> = {
  dim: "(row / p.inner * p.n + j) * p.inner + row % p.inner",
  channel: "(j / p.inner * p.rows + row) * p.inner + j % p.inner",
};
const ROW_OF: Readonly<Record<Layout["kind"], string>> = {
  dim: "i / p.inner / p.n * p.inner + i % p.inner",
  channel: "i / p.inner % p.rows",
};

export function runWgsl(rt: GpuRuntime, spec: RowSpec, call: RowCall): void {
  const { layout } = call;
  const { kind, n, rows } = layout;
  const perRow = spec.perRow ?? [];
  const perElement = spec.perElement ?? [];
  const numbers = spec.numbers ?? [];
  const inputs = [...spec.elements, ...perRow, ...perElement];
  const rowResults = (spec.rowResults ?? []).filter(([name]) => call.outputs[name] !== undefined);
  const y = spec.result === undefined ? undefined : call.outputs.y;
  const outputs = [...rowResults.map(([name]) => name), ...(y ? ["y"] : [])];
  const reduces = spec.reductions.length > 0;
  const shape = reduces ? (n >= LONG ? "group" : "row") : y ? "element" : "row";
  const key = `wgsl/rows/${spec.key}/${kind}/${shape}/${outputs.join(",")}`;
  const made = program(key, () => {
    const replaced = (formula: string): string =>
      numbers.reduce(
        (text, name) => text.replaceAll(new RegExp(`\\b${name}\\b`, "g"), `p.${name}`),
        formula,
      );
    /** Reads what a formula of one element names. */
    const element = (formula: string, then: string, indent: string): string => {
      const words = wordsOf(formula);
      const lines = [
        ...spec.elements
          .filter((name) => words.has(name))
          .map((name) => `let ${name} = ${name}_in[p.o_${name} + at];`),
        ...perElement
          .filter((name) => words.has(name))
          .map((name) => `let ${name} = ${name}_in[p.o_${name} + j];`),
      ];
      return [
        ...lines,
        then.replaceAll("FORMULA", replaced(formula).replace(/\bj\b/g, "f32(j)")),
      ].join(`\n${indent}`);
    };
    const all = [
      ...spec.reductions.flatMap((r) => [r.of, ...(r.defines ?? []).map(([, f]) => f)]),
      ...rowResults.map(([, f]) => f),
      spec.result ?? "",
    ];
    const words = wordsOf(...all);
    const start = [
      `let count = f32(p.n);`,
      ...perRow
        .filter((name) => words.has(name))
        .map((name) => `let ${name} = ${name}_in[p.o_${name} + row];`),
    ].join("\n  ");
    const group = shape === "group";
    const [from, step] = group ? ["lane", `${GROUP}u`] : ["0u", "1u"];
    const reductions = spec.reductions.map(({ name, op, of, defines }) => {
      const identity = op === "sum" ? "0.0" : "-infinity()";
      const join = (a: string, b: string) => (op === "sum" ? `${a} + ${b}` : `larger(${a}, ${b})`);
      const loop = `var ${name} = ${identity};
  for (var j = ${from}; j < p.n; j += ${step}) {
    let at = ${AT[kind]};
    ${element(of, `${name} = ${join(name, "(FORMULA)")};`, "    ")}
  }`;
      const tree = `
  workgroupBarrier();
  shared_part[lane] = ${name};
  for (var half = ${GROUP / 2}u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) { shared_part[lane] = ${join("shared_part[lane]", "shared_part[lane + half]")}; }
  }
  workgroupBarrier();
  ${name} = shared_part[0];`;
      const after = (defines ?? [])
        .map(([defined, f]) => `\n  let ${defined} = ${replaced(f)};`)
        .join("");
      return `${loop}${group ? tree : ""}${after}`;
    });
    const store = rowResults.map(([name, f]) => `${name}_out[row] = ${replaced(f)};`).join(" ");
    const map =
      y === undefined
        ? ""
        : shape === "element"
          ? `let at = i; let j = ${kind === "dim" ? "i / p.inner % p.n" : "0u"};\n  ${element(spec.result as string, "y_out[at] = FORMULA;", "  ")}`
          : `for (var j = ${from}; j < p.n; j += ${step}) {
    let at = ${AT[kind]};
    ${element(spec.result as string, "y_out[at] = FORMULA;", "    ")}
  }`;
    const row = group ? "item" : shape === "row" ? "i" : ROW_OF[kind];
    const body = [
      `  let row = ${row};`,
      start,
      ...reductions,
      store === "" ? "" : group ? `if (lane == 0u) { ${store} }` : store,
      map,
    ]
      .filter((part) => part !== "")
      .join("\n  ")
      // The built-in ones may lose a NaN.
      .replace(/\bexp\(/g, "exp_kept(")
      .replace(/\blog\(/g, "ln(");
    const params: Record<string, WgslType> = { rows: "u32", n: "u32", inner: "u32" };
    for (const name of inputs) params[`o_${name}`] = "u32";
    for (const name of numbers) params[name] = "f32";
    const helpers = Object.entries(FUNCTIONS).flatMap(([name, f]) =>
      words.has(name) ? [f.wgsl] : [],
    );
    const text = `${helpers.join("\n")}\n${body}`;
    return wgsl({
      key,
      inputs: Object.fromEntries(inputs.map((name) => [`${name}_in`, "f32" as const])),
      outputs: Object.fromEntries(outputs.map((name) => [`${name}_out`, "f32" as const])),
      params,
      threads: group ? "groups" : "linear",
      workgroup: [group ? GROUP : 64, 1, 1],
      head: `${mathFor(text)}\n${helpers.join("\n")}${group ? `\nvar<workgroup> shared_part : array<f32, ${GROUP}>;` : ""}`,
      body,
    });
  });
  const views = inputs.map((name) => call.views[name]);
  const targets = outputs.map((name) => call.outputs[name]);
  const blocks = [...views, ...targets].flatMap((v) => (v ? [blockOf(v)] : []));
  const values = numbers.map((name) => call.numbers?.[name] ?? 0);
  rt.dispatch(
    made,
    blocks,
    [rows, n, stepOf(layout), ...views.map((v) => v?.offset ?? 0), ...values],
    shape === "element" ? rows * n : rows,
  );
}
