// Row kernels in gpu.js, which has one output and no shared memory: a kernel per reduction with a thread per row, whose
// sums go through memory, then one per result.
import type { View } from "@tapegrad/core";
import { gpuJs, type HelperFunction } from "../../program/gpu-js.ts";
import { integerFunction, numberFunction } from "../../program/integers.ts";
import { program } from "../../registry.ts";
import type { GpuBlock } from "../../runtime/pool.ts";
import { blockOf, type GpuRuntime } from "../../runtime/runtime.ts";
import { FUNCTIONS, type Layout, type RowCall, type RowSpec, stepOf, wordsOf } from "./spec.ts";

// Indices are nested calls, since local variables are floats (integers.ts).
const PLACES: Readonly<Record<Layout["kind"], readonly string[]>> = {
  dim: [
    "function placeOf(row, j, n, inner, rows) { return (idiv(row, inner) * n + j) * inner + imod(row, inner); }",
    "function rowOf(i, n, inner, rows) { return idiv(idiv(i, inner), n) * inner + imod(i, inner); }",
    "function columnOf(i, n, inner) { return imod(idiv(i, inner), n); }",
  ],
  channel: [
    "function placeOf(row, j, n, inner, rows) { return (idiv(j, inner) * rows + row) * inner + imod(j, inner); }",
    "function rowOf(i, n, inner, rows) { return imod(idiv(i, inner), rows); }",
    "function columnOf(i, n, inner) { return 0; }",
  ],
};
const LAYOUT = { n: "Integer", inner: "Integer", rows: "Integer" } as const;
/** Arrays of one kernel, its output aside. */
const MOST_ARRAYS = 7;

interface Array1 {
  readonly block: GpuBlock;
  readonly offset: number;
}

export function runGpuJs(rt: GpuRuntime, spec: RowSpec, call: RowCall): void {
  const { layout } = call;
  const { kind, n, rows } = layout;
  const numbers = spec.numbers ?? [];
  const arrayOf = (v: View): Array1 => ({ block: blockOf(v), offset: v.offset });
  const arrays = new Map(Object.entries(call.views).map(([name, v]) => [name, arrayOf(v)]));
  const perRow = new Set(spec.perRow);
  const perElement = new Set(spec.perElement);
  /** Definitions so far, in order. */
  const known: (readonly [string, string])[] = [];

  /** The definitions that a formula needs, in order, and all of their words. */
  const closure = (formula: string): { lines: string[]; words: Set<string> } => {
    const words = wordsOf(formula);
    const lines: string[] = [];
    for (const [name, f] of [...known].reverse()) {
      if (!words.has(name)) continue;
      for (const word of wordsOf(f)) words.add(word);
      lines.unshift(`const ${name} = ${spell(f)};`);
    }
    return { lines, words };
  };
  const spell = (f: string): string => f.replace(/\b(exp|log|sqrt)\(/g, "Math.$1(");

  /** Compiles and runs one kernel. `form`: a reduction, or a result for each row or element. */
  const run = (
    name: string,
    formula: string,
    form: "sum" | "max" | "row" | "element",
    to: GpuBlock,
  ): void => {
    const { lines, words } = closure(formula);
    const used = [...arrays.keys()].filter((a) => words.has(a));
    const scalars = numbers.filter((x) => words.has(x));
    const made = program(`gpujs/rows/${spec.key}/${kind}/${name}/${form}`, (key) => {
      if (used.length > MOST_ARRAYS) throw new Error(`${key} reads ${used.length} arrays`);
      const each = form === "element";
      const row = each ? "rowOf(this.thread.x, n, inner, rows)" : "this.thread.x";
      const column = each ? "columnOf(this.thread.x, n, inner)" : "j";
      const place = each ? "this.thread.x" : "placeOf(this.thread.x, j, n, inner, rows)";
      const outside = used.filter((a) => perRow.has(a)).map((a) => `const ${a} = ${a}_in[${row}];`);
      const inside = used
        .filter((a) => !perRow.has(a))
        .map((a) => `const ${a} = ${a}_in[${perElement.has(a) ? column : place}];`);
      const count = words.has("count") ? ["const count = length;"] : [];
      const text = spell(formula).replace(/\bj\b/g, each ? "column" : "j");
      const step = (at: string) =>
        `${inside.join(" ").replace(/\bj\b/g, at)} ${form === "sum" ? `result += ${text};` : `result = Math.max(result, ${text});`}`;
      const body =
        form === "sum" || form === "max"
          ? // An empty row has a sum of 0, and no maximum.
            `let result = ${form === "sum" ? "0.0" : "-3.4e38"}; for (let j = 0; j < n; j++) { ${step("j")} } return result;`
          : `${inside.join(" ")} ${each && words.has("j") ? `const column = ${column};` : ""} return ${text};`;
      const helpers: HelperFunction[] = Object.entries(FUNCTIONS).flatMap(([f, { js }]) =>
        words.has(f) ? [numberFunction(js)] : [],
      );
      const parameters = [
        ...used.map((a) => `${a}_in`),
        "n",
        "inner",
        "rows",
        "length",
        ...scalars,
      ];
      return gpuJs({
        key,
        inputs: used.map((a) => `${a}_in`),
        scalars: {
          ...LAYOUT,
          length: "Number",
          ...Object.fromEntries(scalars.map((s) => [s, "Number" as const])),
        },
        rank: 1,
        functions: [...PLACES[kind].map(integerFunction), ...helpers],
        source: `function (${parameters.join(", ")}) { ${[...count, ...outside, ...lines].join(" ")} ${body} }`,
      });
    });
    const places = used.map((a) => arrays.get(a) as Array1);
    rt.dispatch(
      made,
      [...places.map((p) => p.block), to],
      [n, stepOf(layout), rows, n, ...scalars.map((s) => call.numbers?.[s] ?? 0)],
      form === "element" ? rows * n : rows,
      places.map(({ offset }) => ({ offset })),
    );
  };

  for (const { name, op, of, defines } of spec.reductions) {
    const block = rt.temporary(4 * rows, spec.key);
    run(name, of, op, block);
    arrays.set(name, { block, offset: 0 });
    perRow.add(name);
    known.push(...(defines ?? []));
  }
  for (const [name, formula] of spec.rowResults ?? []) {
    const to = call.outputs[name];
    if (to !== undefined) run(`out ${name}`, formula, "row", blockOf(to));
  }
  const { y } = call.outputs;
  if (spec.result !== undefined && y !== undefined) run("y", spec.result, "element", blockOf(y));
}
