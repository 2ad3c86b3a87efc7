// Row kernels over channels in WGSL, in two stages: first the plane of each channel in each image, then a thread per
// channel adds up in order what its planes came to. Two forms. For processors that play a GPU, to which a barrier costs
// more than a dispatch, and so does a division per element, a thread walks over a plane. For devices a workgroup does,
// and there is a thread for each element of the result: a workgroup per channel would leave most of them idle.
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

/** Threads of a workgroup that walks over a plane. */
const GROUP = 64;

/** What a kernel has a thread for, or a workgroup. */
type Each = "channel" | "plane" | "plane by a group" | "element";
const ROW: Readonly<Record<Each, string>> = {
  channel: "i",
  plane: "i % p.rows",
  "plane by a group": "i % p.rows",
  element: "i / p.plane % p.rows",
};

/** Only for layouts by channel, and formulas without `j`. @param grouped workgroups walk over planes */
export function runParts(rt: GpuRuntime, spec: RowSpec, call: RowCall, grouped = false): void {
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
   * A kernel of one thread, or workgroup, for each of something.
   * @param code what it does; formulas in it know elements as they are spelled, and `count`
   */
  const run = (
    name: string,
    each: Each,
    code: string,
    more: readonly (readonly [string, GpuBlock])[],
    results: readonly (readonly [string, GpuBlock])[],
    shared: readonly string[] = [],
  ): void => {
    // Definitions that the code needs, and what those need.
    const words = wordsOf(code);
    const lines: string[] = [];
    for (const [word, f] of [...defined].reverse()) {
      if (!words.has(word)) continue;
      for (const w of wordsOf(f)) words.add(w);
      lines.unshift(`let ${word} = ${f};`);
    }
    const planes = [...elements].filter(([e]) => each !== "channel" && words.has(e));
    const own = [...perRow].filter(([e]) => words.has(e));
    const scalars = numbers.filter((s) => words.has(s));
    const places = [...planes, ...own];
    const made = program(`wgsl/rows/parts/${spec.key}/${name}`, (key) => {
      const byGroup = each === "plane by a group";
      const start = [
        ...(byGroup ? ["let i = item;"] : []),
        `let row = ${ROW[each]};`,
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
        threads: byGroup ? "groups" : "linear",
        workgroup: [GROUP, 1, 1],
        head: [
          headFor(body),
          ...shared.map((name) => `var<workgroup> ${name} : array<f32, ${GROUP}>;`),
        ].join("\n"),
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
      each === "channel" ? rows : each === "element" ? rows * n : rows * images,
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
    const tree = stage.map(
      (r) =>
        `shared_${r.name}[lane] = ${join(r, `shared_${r.name}[lane]`, `shared_${r.name}[lane + half]`)};`,
    );
    if (grouped) {
      run(
        `${number} planes by groups`,
        "plane by a group",
        `${start("sum")}
  for (var at = i * p.plane + lane; at < (i + 1u) * p.plane; at += ${GROUP}u) { READ ${add("sum", (r) => `(${r.of})`)} }
  ${stage.map((r) => `shared_${r.name}[lane] = sum_${r.name};`).join(" ")}
  for (var half = ${GROUP / 2}u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) { ${tree.join(" ")} }
  }
  if (lane == 0u) { ${stage.map((r) => `part_${r.name}[i] = shared_${r.name}[0];`).join(" ")} }`,
        [],
        partNames,
        stage.map((r) => `shared_${r.name}`),
      );
    } else {
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
    }
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
    const store = `y_out[at] = ${spec.result};`;
    const to = [["y_out", blockOf(y)]] as const;
    if (grouped) run("y by elements", "element", `let at = i; READ ${store}`, [], to);
    else run("y", "plane", overPlane(store), [], to);
  }
}
