// The product of matrices by quads: four neighbouring threads hold a block of rows by four times as many columns. Each
// reads a quarter of the rows' numbers, one k of four, and gets the others by swaps; the column's numbers it reads in
// the order in which they meet. For adapters that are processors: there a load costs as much as dozens of products, a
// barrier far more, and a swap next to nothing.
//
// Sums are nested: along k in turns of some hundred, or image by image where the gradient of a weight adds up images.
// That is more exact than one long sum, and turns are what parts are made of.
import type { Program } from "../program/program.ts";
import { wgsl } from "../program/wgsl.ts";
import { program } from "../registry.ts";
import type { GpuRuntime } from "../runtime/runtime.ts";
import { activationCode, batchOf, type Gemm, type GemmForm, sumParts } from "./gemm.ts";

/** Quads of a workgroup. */
const QUADS = 4;
/** Along k: one number for each thread of a quad. */
const STEP = 4;
const TURN = 256;
/** So many quads keep a few processors busy. */
const BUSY = 64;

export const canQuads = (rt: GpuRuntime): boolean => rt.info.features.includes("subgroups");
export const fitsQuads = ({ m, n, k }: Pick<Gemm, "m" | "n" | "k">): boolean =>
  m >= 8 && n >= 16 && k >= STEP;

interface QuadForm extends Pick<GemmForm, "bias" | "activation"> {
  readonly rows: number;
  /** Of one thread. */
  readonly columns: number;
  /** More than one turn: their sums are added up. */
  readonly nested: boolean;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const SWAPS = ["quadSwapX", "quadSwapY", "quadSwapDiagonal"];

function quadProgram(key: string, form: QuadForm): Program {
  const { rows, columns, nested, bias, activation } = form;
  const [ts, us, ss] = [range(rows), range(columns), range(STEP)];
  const each = (line: (t: number, u: number) => string): string =>
    ts.map((t) => `  ${us.map((u) => line(t, u)).join(" ")}`).join("\n");
  const sum = nested ? "part" : "acc";
  const column = (u: number): string => `${STEP * u}u * p.bc`;
  const four = ts.map(
    (t) => `      {
        let x0 = a[at_a + here_a + ${t}u * p.ar]; ${SWAPS.map((swap, s) => `let x${s + 1} = ${swap}(x0);`).join(" ")}
        ${us.map((u) => `${sum}${t}_${u} += ${ss.map((s) => `x${s} * v${s}_${u}`).join(" + ")};`).join(" ")}
      }`,
  );
  const one = ts.map(
    (t) =>
      `      { let x = a[at_a + ${t}u * p.ar]; ${us.map((u) => `${sum}${t}_${u} += x * v${u};`).join(" ")} }`,
  );
  const rest = `
    for (var q = size / ${STEP}u * ${STEP}u; q < size; q++) {
      ${us.map((u) => `let v${u} = b[at_b + ${column(u)}];`).join(" ")}
${one.join("\n")}
      at_a += p.ac;
      at_b += p.br;
    }`;
  const store = (t: number, u: number): string => {
    const added =
      bias === "none"
        ? ""
        : ` + bias[p.obias + ${bias === "row" ? `row0 + ${t}u` : `column0 + ${STEP * u}u`}]`;
    return `{ let v = acc${t}_${u}${added}; y[to + ${t}u * p.n + ${STEP * u}u] = ${activationCode[activation]}; }`;
  };
  const body = `  let here = lane % ${STEP}u;
  // The last workgroup has some quads twice, which write the same: all four threads of a quad are always there.
  let block = min(item * ${QUADS}u + lane / ${STEP}u, p.blocks - 1u);
  let column0 = min(block % p.blocks_n * ${columns * STEP}u, p.n - ${columns * STEP}u) + here;
  var rest = block / p.blocks_n;
  let row0 = min(rest % p.blocks_m * ${rows}u, p.m - ${rows}u);
  rest = rest / p.blocks_m;
  let first = rest % p.parts * p.turns_each;
  let to = p.oy + (rest * p.m + row0) * p.n + column0;
  let batch = rest / p.parts;
  let c2 = batch % p.n2;
  let c1 = (batch / p.n2) % p.n1;
  let c0 = batch / p.n2 / p.n1;
  let from_a = p.oa + c0 * p.as0 + c1 * p.as1 + c2 * p.as2 + row0 * p.ar;
  let from_b = p.ob + c0 * p.bs0 + c1 * p.bs1 + c2 * p.bs2 + column0 * p.bc;
  let here_a = here * p.ac;
  ${ss.map((s) => `let k${s} = (here ^ ${s}u) * p.br;`).join(" ")}
${each((t, u) => `var acc${t}_${u} = 0.0;`)}
  let last = min(first + p.turns_each, p.turns);
  for (var turn = first; turn < last; turn++) {
    let size = min(p.length, p.k - turn * p.length);
    var at_a = from_a + turn * p.turn_a;
    var at_b = from_b + turn * p.turn_b;
${nested ? each((t, u) => `var part${t}_${u} = 0.0;`) : ""}
    for (var q = ${STEP}u; q <= size; q += ${STEP}u) {
${ss.map((s) => `      ${us.map((u) => `let v${s}_${u} = b[at_b + k${s} + ${column(u)}];`).join(" ")}`).join("\n")}
${four.join("\n")}
      at_a += ${STEP}u * p.ac;
      at_b += ${STEP}u * p.br;
    }${rest}
${nested ? each((t, u) => `acc${t}_${u} += part${t}_${u};`) : ""}
  }
${each(store)}`;
  const u32 = (...names: string[]) => Object.fromEntries(names.map((n) => [n, "u32" as const]));
  return wgsl({
    key,
    // A quad runs as one: what differs from quad to quad does not matter to a swap.
    before: "enable subgroups;\ndiagnostic(off, subgroup_uniformity);",
    inputs: { a: "f32", b: "f32", ...(bias === "none" ? {} : { bias: "f32" as const }) },
    outputs: { y: "f32" },
    params: {
      ...u32("m", "n", "k", "blocks", "blocks_m", "blocks_n"),
      ...u32("parts", "turns", "turns_each", "length", "turn_a", "turn_b"),
      ...u32("oa", "ar", "ac", "ob", "br", "bc", "oy", "obias", "n1", "n2"),
      ...u32("as0", "as1", "as2", "bs0", "bs1", "bs2"),
    },
    threads: "groups",
    workgroup: [QUADS * STEP, 1, 1],
    body,
  });
}

/** Columns of a thread: such that the last block of a row overlaps as little as may be. */
function columnsFor(n: number): number {
  const blocks = (columns: number): number => Math.ceil(n / (STEP * columns));
  let best = 4;
  for (const columns of [7, 8]) {
    if (STEP * columns <= n && blocks(columns) * columns <= blocks(best) * best) best = columns;
  }
  return best;
}

/** y = activation(a · b + bias); with `sum`, of the products of so many pairs, added up. */
export function quads(rt: GpuRuntime, g: Gemm): void {
  const { m, n, k, a, b, y, bias, sum, activation = "none" } = g;
  const { items, sizes, steps } = batchOf(g);
  const rows = m >= 16 ? 16 : 8;
  const columns = columnsFor(n);
  const [blocksM, blocksN] = [Math.ceil(m / rows), Math.ceil(n / (STEP * columns))];
  const length = sum === undefined ? Math.min(k, TURN) : k;
  const turns = sum === undefined ? Math.ceil(k / length) : sum.count;
  const wanted = Math.min(turns, Math.ceil(BUSY / (blocksM * blocksN * items)));
  const each = Math.ceil(turns / wanted);
  const parts = Math.ceil(turns / each);
  const split = parts > 1;
  const per = bias === undefined ? "none" : bias.per;
  const form: QuadForm = {
    ...{ rows, columns, nested: each > 1 },
    ...{ bias: split ? "none" : per, activation: split ? "none" : activation },
  };
  const key = `wgsl/matmul/quads${rows}x${columns}/${form.bias}/${form.activation}${form.nested ? "/nested" : ""}`;
  const made = program(key, (name) => quadProgram(name, form));
  const sums = split ? rt.temporary(4 * items * parts * m * n, "matmul") : undefined;
  const blocks = blocksM * blocksN * parts * items;
  const [offset, bound] = form.bias !== "none" && bias ? [bias.offset, [bias.block]] : [0, []];
  rt.dispatch(
    made,
    [a.block, b.block, ...bound, sums ?? y.block],
    [
      ...[m, n, k * (sum?.count ?? 1), blocks, blocksM, blocksN],
      ...[parts, turns, each, length],
      ...[sum?.a ?? length * a.column, sum?.b ?? length * b.row],
      ...[a.offset, a.row, a.column, b.offset, b.row, b.column],
      ...[sums === undefined ? y.offset : 0, offset, ...sizes.slice(1)],
      ...[...steps(a), ...steps(b)],
    ],
    Math.ceil(blocks / QUADS),
  );
  if (sums !== undefined) sumParts(rt, g, sums, parts, items);
}
