// Matrix products: batched, any strides on the inputs, and the `matmul` kernel of the backend.
import type { Activation, View } from "@tapegrad/core";
import { type Choosable, runChosen, staticPick } from "../choose.ts";
import type { WasmContext } from "../context.ts";
import { addressOf, contiguousAt } from "../view.ts";
import {
  ACTIVATION_CODES,
  type ActivationCode,
  type Contraction,
  contract,
  type Operand,
} from "./contraction.ts";
import { dots, isDots, suitsDots } from "./dots.ts";
import { isMatrixVector, matrixVector, suitsMatrixVector } from "./matvec.ts";
import { axis } from "./odometer.ts";

/** Addresses are in bytes, strides in elements (float32). C's columns lie side by side. */
export interface Gemm {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: number;
  readonly aRowStride: number;
  readonly aColStride: number;
  readonly b: number;
  readonly bRowStride: number;
  readonly bColStride: number;
  readonly c: number;
  readonly cRowStride: number;
  /** Sizes of the batch dims, outermost first; none is one product. Stride 0 shares an operand. */
  readonly batch?: readonly number[];
  readonly aBatchStride?: readonly number[];
  readonly bBatchStride?: readonly number[];
  readonly cBatchStride?: readonly number[];
  /** C += A·B instead of C = A·B. */
  readonly accumulate?: boolean;
  /** The address of n floats, one per column, added to every row. */
  readonly bias?: number | undefined;
  readonly activation?: ActivationCode;
}

const bytes = (strides: readonly number[] | undefined): readonly number[] =>
  (strides ?? []).map((stride) => stride * 4);

/** Runs C (+)= A·B (+ bias); k = 0 gives zeros. Returns the variant that ran. */
export function gemm(ctx: WasmContext, g: Gemm): string {
  const { m, n, k } = g;
  const batch = g.batch ?? [];
  const jobs = batch.reduce((product, size) => product * size, 1);
  if (m === 0 || n === 0 || jobs === 0) return "gemm-empty";
  const job: Contraction = {
    m,
    n,
    k,
    batch,
    a: {
      at: g.a,
      lanes: axis([m, g.aRowStride * 4]),
      k: axis([k, g.aColStride * 4]),
      batch: bytes(g.aBatchStride),
    },
    b: {
      at: g.b,
      lanes: axis([n, g.bColStride * 4]),
      k: axis([k, g.bRowStride * 4]),
      batch: bytes(g.bBatchStride),
    },
    c: {
      at: g.c,
      rowBytes: g.cRowStride * 4,
      runLength: n,
      runBytes: 0,
      batch: bytes(g.cBatchStride),
    },
    accumulate: g.accumulate ?? false,
    columnBias: g.bias,
    activation: g.activation ?? 0,
  };
  // Adding to C cannot be tried several times.
  const path = job.accumulate
    ? staticPick(MATMUL.paths, job)
    : runChosen(ctx, MATMUL, job, (chosen) => chosen.run(ctx, job));
  if (job.accumulate) path.run(ctx, job);
  return path.name;
}

/** How an operand lies: along its lanes, along k, or neither. */
const layout = ({ lanes, k }: Operand): string =>
  lanes.strides[3] === 4 ? "lanes" : k.strides[3] === 4 ? "k" : "strided";

const MATMUL: Choosable<Contraction, (ctx: WasmContext, job: Contraction) => void> = {
  kernel: "matmul",
  geometry: (job) =>
    `m${job.m} n${job.n} k${job.k} batch${job.batch.join("x") || 1} ` +
    `a along ${layout(job.a)} b along ${layout(job.b)}`,
  paths: [
    { name: "gemm-dots", takes: isDots, suits: suitsDots, run: dots },
    {
      name: "matrix-vector",
      takes: isMatrixVector,
      suits: suitsMatrixVector,
      run: (ctx, job) => {
        matrixVector(ctx, job);
        const { columnBias, activation } = job;
        if (columnBias !== undefined || activation) ctx.after(() => finish(ctx.arena.f32, job));
      },
    },
    { name: "gemm-packed", takes: () => true, suits: () => true, run: contract },
  ],
};

/** Bias and activation of the few rows or columns that a matrix-vector product gives. */
function finish(f32: Float32Array, { m, n, batch, c, columnBias, activation }: Contraction): void {
  const most = activation === 2 ? 6 : Number.POSITIVE_INFINITY;
  const rows = batch.reduce((product, size) => product * size, m);
  for (let row = 0; row < rows; row++) {
    let rest = Math.floor(row / m);
    let at = c.at + (row % m) * c.rowBytes;
    for (let d = batch.length - 1; d >= 0; d--) {
      const size = batch[d] as number;
      at += (rest % size) * (c.batch[d] as number);
      rest = Math.floor(rest / size);
    }
    for (let j = 0; j < n; j++) {
      const sum =
        (f32[at / 4 + j] as number) + (columnBias ? (f32[columnBias / 4 + j] as number) : 0);
      f32[at / 4 + j] = activation ? Math.min(Math.max(sum, 0), most) : sum;
    }
  }
}

/** Counted from the end, as matrices are: 1 is columns, 2 rows. */
const sizeAt = (view: View, d: number): number => view.shape[view.shape.length - d] as number;
const strideAt = (view: View, d: number): number => view.strides[view.shape.length - d] as number;

const batchStrides = (view: View, dims: readonly number[]): number[] =>
  dims.map((d) => (view.shape[d] === 1 ? 0 : (view.strides[d] as number)));

/** The required kernel: [..., m, k] × [..., k, n] → [..., m, n], y contiguous, all float32. */
export const matmul = (ctx: WasmContext, a: View, b: View, y: View): string =>
  matmulBias(ctx, a, b, undefined, y, "none");

/** The same plus bias [n], then the activation. */
export function matmulBias(
  ctx: WasmContext,
  a: View,
  b: View,
  bias: View | undefined,
  y: View,
  activation: Activation,
): string {
  if (bias !== undefined && !bias.contiguous) {
    return ctx.withScratch((scratch) => {
      const at = contiguousAt(ctx, scratch, bias);
      return product(ctx, a, b, at, y, activation);
    });
  }
  return product(ctx, a, b, bias === undefined ? undefined : addressOf(bias), y, activation);
}

function product(
  ctx: WasmContext,
  a: View,
  b: View,
  bias: number | undefined,
  y: View,
  activation: Activation,
): string {
  const rank = y.shape.length;
  const dims = Array.from({ length: rank - 2 }, (_, d) => d);
  // A batch dim along which b stays the same continues the rows of a, if a's memory allows it:
  // [32, 10, 64] × [64, 8] is one product of 320 rows.
  const inner = rank - 3;
  const m = sizeAt(y, 2);
  const joins =
    inner >= 0 &&
    (y.shape[inner] as number) > 1 &&
    b.strides[inner] === 0 &&
    a.strides[inner] === m * strideAt(a, 2) &&
    y.strides[inner] === m * strideAt(y, 2);
  const batched = joins ? dims.slice(0, -1) : dims;
  return gemm(ctx, {
    m: joins ? m * (y.shape[inner] as number) : m,
    n: sizeAt(y, 1),
    k: sizeAt(a, 1),
    a: addressOf(a),
    aRowStride: strideAt(a, 2),
    aColStride: strideAt(a, 1),
    b: addressOf(b),
    bRowStride: strideAt(b, 2),
    bColStride: strideAt(b, 1),
    c: addressOf(y),
    cRowStride: strideAt(y, 2),
    batch: batched.map((d) => y.shape[d] as number),
    aBatchStride: batchStrides(a, batched),
    bBatchStride: batchStrides(b, batched),
    cBatchStride: batchStrides(y, batched),
    bias,
    activation: ACTIVATION_CODES[activation],
  });
}
