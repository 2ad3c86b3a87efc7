// Depthwise convolution of any kind, forward and input gradient: kernels of any size, one to three dims, any
// stride, dilation, padding and multiplier. Planes are copied into a box with zeros around them
// (conv/depthwise/box.ts) unless they need none, and summed up column of taps by column of taps
// (conv/depthwise/columns-kernels.ts). The planes are shared out among the threads.

import { upTo } from "../../assembler/lists.ts";
import type { WasmContext } from "../../context.ts";
import type { ActivationCode } from "../../gemm/contraction.ts";
import { allPhases, at3, gradBox, type Phase } from "../boxes.ts";
import { type Conv3, ofGeometry } from "../geometry.ts";
import { type Box, boxOf, columnAt } from "./box.ts";
import {
  columnSumKernel,
  planeBytes,
  type RowPhase,
  rowPieces,
  type SumShape,
  type Tile,
  usersOf,
} from "./columns-kernels.ts";
import { costOf, overPlanes } from "./launch.ts";
import { evenly } from "./plane.ts";

/** Vector products that a kernel may write out; above it edges are rows of zeros instead of code of their own. */
const CODE_BUDGET = 1500;

/** Whether the column kernels take it: there is something to read and to write. */
export const takesColumns = (c: Conv3): boolean => c.inputSize > 0 && c.outputSize > 0;

/** Byte offsets in a box and in the filters: a column of taps. */
type Entry = readonly [source: number, weight: number];

/** Entries for each slice of the output and each column set, as columnSum() wants them. */
function tableOf(slices: readonly (readonly (readonly Entry[])[])[]): Int32Array {
  const lists = slices.flat();
  const head: number[] = [];
  const body: number[] = [];
  for (const list of lists) {
    head.push(lists.length * 8 + body.length * 4, list.length);
    for (const entry of list) body.push(...entry);
  }
  return Int32Array.from([...head, ...body]);
}

/** Products per cycle against the best, by how many sums are in flight; measured. */
const IN_FLIGHT = [0, 0.15, 0.3, 0.43, 0.57, 0.66, 0.77, 0.8, 0.85] as const;

/** The tile that is expected to take the shortest for these rows × columns. */
function chooseTile(rows: readonly RowPhase[], width: number, step: number): Tile {
  const vectors = Math.ceil(width / (4 * step));
  const most = Math.max(1, ...rows.map((r) => r.count));
  let best: Tile = { rows: 1, vectors: 1 };
  let least = Number.POSITIVE_INFINITY;
  for (const [high, wide] of [
    [8, 1],
    [4, 2],
    [2, 4],
    [1, 6],
  ] as const) {
    const across = Math.min(wide, vectors);
    const down = evenly(most, Math.min(high, most));
    // Low tiles load more.
    const speed = (IN_FLIGHT[down * across] as number) * (down === 1 ? 0.8 : down === 2 ? 0.9 : 1);
    const cost = (Math.ceil(most / down) * down * Math.ceil(vectors / across) * across) / speed;
    if (cost < least) [best, least] = [{ rows: down, vectors: across }, cost];
  }
  return best;
}

/** Vector products written out. */
function codeSize(rows: readonly RowPhase[], tile: Tile, width: number, step: number, box: Box) {
  const block = 4 * step * tile.vectors;
  const kinds = (width >= block ? 1 : 0) + (width % block === 0 ? 0 : 1);
  let users = 0;
  for (const phase of rows) {
    for (const piece of rowPieces(phase, tile.rows, box, true)) {
      for (const row of usersOf(phase, piece.start, piece.size, box)) users += row.users.length;
    }
  }
  return users * kinds * step * tile.vectors;
}

interface Plan {
  readonly shape: SumShape;
  readonly table: Int32Array;
  /** Of the kernel, but for its activation. */
  readonly key: string;
}

function planOf(
  c: Conv3,
  name: string,
  rows: readonly RowPhase[],
  output: readonly [number, number, number],
  step: number,
  boxWith: (above: number, below: number) => Box,
  entries: (box: Box) => Entry[][][],
): Plan {
  const tile = chooseTile(rows, output[2], step);
  let box = boxWith(0, 0);
  if (codeSize(rows, tile, output[2], step, box) > CODE_BUDGET) {
    const ends = rows.flatMap((r) =>
      r.taps.flatMap((t) => [r.origin + t.row, r.origin + r.along * (r.count - 1) + t.row]),
    );
    const above = Math.max(0, -Math.min(...ends));
    const below = Math.max(0, Math.max(...ends) - (box.size[1] - 1));
    box = boxWith(above, below);
  }
  return {
    shape: { box, rows, output, step, filter: c.kernelSize * 4, tile },
    table: tableOf(entries(box)),
    key: `${name} ${keyOf(c)}`,
  };
}

const forwardPlan = ofGeometry((c): Plan => {
  const [kd, kh, kw] = c.kernel;
  const [sd, sh, sw] = c.stride;
  const [dd, dh, dw] = c.dilation;
  const [pd, ph, pw] = c.padding;
  const rows: RowPhase[] = [
    {
      first: 0,
      step: 1,
      count: c.output[1],
      origin: -ph,
      along: sh,
      taps: upTo(kh).map((ky) => ({ row: ky * dh, weight: ky * kw * 4 })),
    },
  ];
  const columns = (Math.max(4, c.output[2]) - 1) * sw + (kw - 1) * dw + 1;
  return planOf(
    c,
    "dw columns",
    rows,
    c.output,
    1,
    (above, below) => boxOf(c.input, pw, columns, sw, above, below),
    (box) =>
      upTo(c.output[0]).map((oz) => [
        upTo(kd).flatMap((kz): Entry[] => {
          const z = oz * sd + kz * dd - pd;
          if (z < 0 || z >= c.input[0]) return [];
          return upTo(kw).map((kx) => [
            z * box.slice + columnAt(box, kx * dw - pw),
            (kz * kh * kw + kx) * 4,
          ]);
        }),
      ]),
  );
});

const inputGradPlan = ofGeometry((c): Plan => {
  const [, kh, kw] = c.kernel;
  const [sd, sh, sw] = c.stride;
  const dims = allPhases(c);
  const multiplier = c.outChannels / c.channels;
  const taps = (p: Phase): number[] => upTo(p.taps);
  const rows = dims[1].map(
    (p): RowPhase => ({
      first: p.phase,
      step: sh,
      count: p.pixels,
      origin: p.origin,
      along: 1,
      taps: taps(p).map((u) => ({ row: -p.back * u, weight: (p.first + p.step * u) * kw * 4 })),
    }),
  );
  const low = at3(gradBox(dims).low, 2);
  const read = sw === 1 ? Math.max(4, c.input[2]) : Math.ceil(c.input[2] / (4 * sw)) * 4;
  const columns = Math.max(1, ...dims[2].map((p) => (p.taps > 0 ? low + p.origin + read : 0)));
  const entriesOf = (box: Box, z: Phase, j: number, x: Phase): Entry[] =>
    upTo(multiplier).flatMap((m) =>
      taps(z).flatMap((u) => {
        const slice = z.origin + j - z.back * u;
        if (slice < 0 || slice >= c.output[0]) return [];
        return taps(x).map(
          (v): Entry => [
            m * box.bytes + slice * box.slice + columnAt(box, x.origin - x.back * v),
            (m * c.kernelSize + (z.first + z.step * u) * kh * kw + x.first + x.step * v) * 4,
          ],
        );
      }),
    );
  return planOf(
    c,
    "dw columns of g",
    rows,
    c.input,
    sw,
    (above, below) => boxOf(c.output, low, columns, 1, above, below),
    (box) =>
      upTo(c.input[0]).map((iz) => {
        const z = dims[0][iz % sd] as Phase;
        // A width below the stride has fewer sets than columns of a step.
        return upTo(sw).map((p) => {
          const x = dims[2][p];
          return x === undefined ? [] : entriesOf(box, z, (iz - z.phase) / sd, x);
        });
      }),
  );
});

/** Everything that a geometry says about one plane and its filters, as a key. */
export const keyOf = (c: Conv3): string =>
  `${c.kernel} ${c.stride} ${c.dilation} ${c.padding} ${c.input} ${c.output} ${c.outChannels / c.channels}`;

function run(
  ctx: WasmContext,
  c: Conv3,
  { shape, table, key }: Plan,
  x: number,
  w: number,
  bias: number,
  y: number,
  outputs: number,
  multiplier: number,
  sources: number,
  activation: ActivationCode = 0,
): void {
  const { columnSum } = ctx.get<"columnSum">(`${key} ${activation}`, () => [
    columnSumKernel(shape, activation, ctx.relaxed),
  ]);
  const { box, output } = shape;
  const channels = outputs / c.batch;
  const outputBytes = output[0] * output[1] * output[2] * 4;
  ctx.withScratch((scratch) => {
    const at = scratch.take(table.length * 4);
    ctx.after(() => ctx.arena.i32.set(table, at / 4));
    overPlanes(
      ctx,
      columnSum,
      outputs,
      costOf(c),
      (first, count) => [
        count,
        x + Math.floor(first / multiplier) * sources * planeBytes(box),
        w,
        y + first * outputBytes,
        bias,
        first % channels,
        channels,
        first % multiplier,
        multiplier,
        sources,
      ],
      (box.copied ? box.bytes * sources : 0) + shape.tile.rows * shape.tile.vectors * 16,
      [at],
    );
  });
}

/** y = activation(x ⋆ w + bias). */
export function columnForward(
  ctx: WasmContext,
  c: Conv3,
  x: number,
  w: number,
  bias: number | undefined,
  y: number,
  activation: ActivationCode = 0,
): void {
  const outputs = c.batch * c.outChannels;
  if (outputs === 0) return;
  const multiplier = c.outChannels / c.channels;
  run(ctx, c, forwardPlan(c), x, w, bias ?? 0, y, outputs, multiplier, 1, activation);
}

export function columnInputGrad(
  ctx: WasmContext,
  c: Conv3,
  g: number,
  w: number,
  dx: number,
): void {
  const outputs = c.batch * c.channels;
  if (outputs === 0) return;
  const sources = c.outChannels / c.channels;
  run(ctx, c, inputGradPlan(c), g, w, 0, dx, outputs, 1, sources);
}
