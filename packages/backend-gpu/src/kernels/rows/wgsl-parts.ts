// Row kernels over channels in WGSL, for processors that play a GPU: a barrier costs them more than a dispatch, and so
// does a division per element. A thread walks over the plane of one channel in one image; what the planes of a channel
// came to is added in order by a thread per channel.
import type { View } from "@tapegrad/core";
import { wgsl } from "../../program/wgsl.ts";
import { program } from "../../registry.ts";
import type { GpuBlock } from "../../runtime/pool.ts";
import { blockOf, type GpuRuntime } from "../../runtime/runtime.ts";
import { mathFor } from "../math-wgsl.ts";
import { FUNCTIONS, type Reduction, type RowCall, type RowSpec, wordsOf } from "./spec.ts";

interface Place {
  readonly block: GpuBlock;
  readonly offset: number;
}
const placeOf = (v: View): Place => ({ block: blockOf(v), offset: v.offset });

/** Reductions that need nothing of each other share a walk. */
function stagesOf(reductions: readonly Reduction[]): Reduction[][] {
  const stages: Reduction[][] = [];
  let made = new Set<string>();
  for (const r of reductions) {
    const words = wordsOf(r.of);
    const last = stages.at(-1);
    if (last === undefined || [...words].some((w) => made.has(w))) {
      stages.push([r]);
      made = new Set();
    } else last.push(r);
    made.add(r.name);
    for (const [name] of r.defines ?? []) made.add(name);
  }
  return stages;
}

/** The helper functions that a text calls. */
function headFor(text: string): string {
  const words = wordsOf(text);
  const own = Object.entries(FUNCTIONS).flatMap(([name, f]) => (words.has(name) ? [f.wgsl] : []));
  return `${mathFor(`${own.join("\n")}\n${text}`)}\n${own.join("\n")}`;
}

/** Elements that a turn of a walk takes: the walk itself costs as much as reading one. */
const FEW = 4;
/** Elements, and images, whose sum is made by itself: sums of sums are more exact than long ones. */
const CHUNK = 64;
const CHUNK_IMAGES = 8;

/** A walk over plane i: `each` is done for every element, after `READ` has read it. */
const overPlane = (each: string): string => `let end = (i + 1u) * p.plane;
  ${turns("i * p.plane", "end", each, "", "")}`;

/** From `start` to `end`, a few elements a turn: `first`, `each` for every element, `then`. */
function turns(from: string, end: string, each: string, first: string, then: string): string {
  const one = (at: string): string => `{ let at = ${at}; READ ${each} }`;
  const few = Array.from({ length: FEW }, (_, k) => one(`start + ${k}u`)).join("\n    ");
  return `var start = ${from};
  for (; start + ${FEW - 1}u < ${end}; start += ${FEW}u) {
    ${first}
    ${few}
    ${then}
  }
  for (; start < ${end}; start++) { ${first} ${one("start")} ${then} }`;
}

/** Only for layouts by channel, and formulas without `j`. */
export function runParts(rt: GpuRuntime, spec: RowSpec, call: RowCall): void {
  const { layout, views, outputs } = call;
  if (layout.kind !== "channel") throw new Error(`${spec.key} does not go by channels`);
  const { rows, n, plane } = layout;
  const images = n / Math.max(plane, 1);
  const numbers = spec.numbers ?? [];
  const elements = new Map(spec.elements.map((name) => [name, placeOf(views[name] as View)]));
  /** One number for each channel: given, or made by earlier stages. */
  const perRow = new Map(
    (spec.perRow ?? []).map((name) => [name, placeOf(views[name] as View)] as const),
  );
  const defined: (readonly [string, string])[] = [];

  /**
   * A kernel of one thread per channel, or per plane.
   * @param code what it does; formulas in it know elements as they are spelled, and `count`
   */
  const run = (
    name: string,
    each: "channel" | "plane",
    code: string,
    more: readonly (readonly [string, GpuBlock])[],
    results: readonly (readonly [string, GpuBlock])[],
  ): void => {
    // Definitions that the code needs, and what those need.
    const words = wordsOf(code);
    const lines: string[] = [];
    for (const [word, f] of [...defined].reverse()) {
      if (!words.has(word)) continue;
      for (const w of wordsOf(f)) words.add(w);
      lines.unshift(`let ${word} = ${f};`);
    }
    const planes = [...elements].filter(([e]) => each === "plane" && words.has(e));
    const own = [...perRow].filter(([e]) => words.has(e));
    const scalars = numbers.filter((s) => words.has(s));
    const places = [...planes, ...own];
    const made = program(`wgsl/rows/parts/${spec.key}/${name}`, (key) => {
      const start = [
        `let row = ${each === "plane" ? "i % p.rows" : "i"};`,
        "let count = f32(p.n);",
        ...scalars.map((s) => `let ${s} = p.${s};`),
        ...own.map(([e]) => `let ${e} = ${e}_in[p.o_${e} + row];`),
        ...lines,
      ];
      const read = planes.map(([e]) => `let ${e} = ${e}_in[p.o_${e} + at];`).join(" ");
      const body = `  ${start.join("\n  ")}\n  ${code.replaceAll("READ", read)}`;
      return wgsl({
        key,
        inputs: Object.fromEntries(
          [...places.map(([e]) => `${e}_in`), ...more.map(([e]) => e)].map((e) => [e, "f32"]),
        ),
        outputs: Object.fromEntries(results.map(([e]) => [e, "f32"])),
        params: {
          ...{ rows: "u32", n: "u32", plane: "u32", images: "u32" },
          ...Object.fromEntries(places.map(([e]) => [`o_${e}`, "u32" as const])),
          ...Object.fromEntries(scalars.map((s) => [s, "f32" as const])),
        },
        threads: "linear",
        head: headFor(body),
        body,
      });
    });
    rt.dispatch(
      made,
      [...places.map(([, p]) => p.block), ...more.map(([, b]) => b), ...results.map(([, b]) => b)],
      [
        ...[rows, n, plane, images],
        ...places.map(([, p]) => p.offset),
        ...scalars.map((s) => call.numbers?.[s] ?? 0),
      ],
      each === "plane" ? rows * images : rows,
    );
  };

  for (const [number, stage] of stagesOf(spec.reductions).entries()) {
    const identity = ({ op }: Reduction): string => (op === "sum" ? "0.0" : "-infinity()");
    const join = ({ op }: Reduction, a: string, b: string): string =>
      op === "sum" ? `${a} + ${b}` : `larger(${a}, ${b})`;
    // A sum of sums: an element goes to a few, those to a chunk, that to the whole.
    const start = (level: string): string =>
      stage.map((r) => `var ${level}_${r.name} = ${identity(r)};`).join(" ");
    const add = (level: string, value: (r: Reduction) => string): string =>
      stage
        .map((r) => `${level}_${r.name} = ${join(r, `${level}_${r.name}`, value(r))};`)
        .join(" ");
    const parts = stage.map((r) => rt.temporary(4 * rows * images, `${spec.key} ${r.name}`));
    const partNames = stage.map((r, k) => [`part_${r.name}`, parts[k] as GpuBlock] as const);
    const walk = turns(
      "begin",
      "end",
      add("few", (r) => `(${r.of})`),
      start("few"),
      add("chunk", (r) => `few_${r.name}`),
    );
    const store = stage.map((r) => `part_${r.name}[i] = sum_${r.name};`);
    run(
      `${number} planes`,
      "plane",
      `${start("sum")}
  let last = (i + 1u) * p.plane;
  for (var begin = i * p.plane; begin < last; begin += ${CHUNK}u) {
  let end = min(begin + ${CHUNK}u, last);
  ${start("chunk")}
  ${walk}
  ${add("sum", (r) => `chunk_${r.name}`)}
  }
  ${store.join(" ")}`,
      [],
      partNames,
    );
    const whole = stage.map((r) => rt.temporary(4 * rows, `${spec.key} ${r.name}`));
    run(
      `${number} channels`,
      "channel",
      `${start("sum")}
  for (var begin = 0u; begin < p.images; begin += ${CHUNK_IMAGES}u) {
    let end = min(begin + ${CHUNK_IMAGES}u, p.images);
    ${start("chunk")}
    for (var k = begin; k < end; k++) { ${add("chunk", (r) => `part_${r.name}[k * p.rows + row]`)} }
    ${add("sum", (r) => `chunk_${r.name}`)}
  }
  ${stage.map((r) => `whole_${r.name}[row] = sum_${r.name};`).join(" ")}`,
      partNames,
      stage.map((r, k) => [`whole_${r.name}`, whole[k] as GpuBlock] as const),
    );
    stage.forEach((r, k) => {
      perRow.set(r.name, { block: whole[k] as GpuBlock, offset: 0 });
      defined.push(...(r.defines ?? []));
    });
  }
  const asked = (spec.rowResults ?? []).flatMap(([name, formula]) => {
    const to = outputs[name];
    return to === undefined ? [] : [{ name, formula, to: blockOf(to) }];
  });
  if (asked.length > 0) {
    run(
      `results ${asked.map((a) => a.name).join(",")}`,
      "channel",
      asked.map((a) => `out_${a.name}[row] = ${a.formula};`).join(" "),
      [],
      asked.map((a) => [`out_${a.name}`, a.to] as const),
    );
  }
  const { y } = outputs;
  if (spec.result !== undefined && y !== undefined) {
    run("y", "plane", overPlane(`y_out[at] = ${spec.result};`), [], [["y_out", blockOf(y)]]);
  }
}
