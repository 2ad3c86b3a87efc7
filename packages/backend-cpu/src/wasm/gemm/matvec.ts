// Products of a matrix and a vector, or a few of them, y[i] (+)= Σₖ M[i, k]·v[k]. Every element of M is used once, so nothing is
// packed: M streams from memory, along its rows or along its columns, whichever lie side by side.
import {
  type Code,
  countdown,
  countdownOrSkip,
  type Func,
  f32,
  func,
  type IntLocal,
  i32,
  multiplyAdd,
  sumLanes,
  v128,
  when,
} from "../assembler/assembler.ts";
import type { WasmContext } from "../context.ts";
import { pieces, traffic } from "../threads/launch.ts";
import type { Contraction, Operand } from "./contraction.ts";

const PARAMS = {
  rows: "i32",
  k: "i32",
  matrix: "i32",
  matrixStep: "i32",
  v: "i32",
  y: "i32",
  yStep: "i32",
  accumulate: "i32",
} as const;

/** dot: the k of a row lie side by side (matrixStep: bytes per row); four rows share the loads of v. */
function dotKernel(relaxed: boolean): Func {
  const fma = multiplyAdd(relaxed);
  return func("dot", PARAMS, (f, p) => {
    const [left, qv] = [f.local("i32"), f.local("i32")];
    const value = f.local("v128");
    const scratch = f.local("v128");
    const tail = f.local("f32");
    const block = (count: number): Code => {
      const q = f.locals("i32", count);
      const sums = f.locals("v128", count);
      const rests = f.locals("f32", count);
      const at = (r: number): IntLocal => q[r] as IntLocal;
      return [
        q.map((pointer, r) => pointer.set(i32.add(p.matrix, i32.mul(p.matrixStep, r)))),
        sums.map((s) => s.set(v128.zero())),
        rests.map((s) => s.set(f32.const(0))),
        qv.set(p.v),
        left.set(i32.shrU(p.k, 2)),
        countdownOrSkip(left, [
          value.set(v128.load(qv)),
          sums.map((s, r) => [s.set(fma(v128.load(at(r)), value, s)), at(r).add(16)]),
          qv.add(16),
        ]),
        left.set(i32.and(p.k, 3)),
        countdownOrSkip(left, [
          tail.set(f32.load(qv)),
          rests.map((s, r) => [s.set(f32.add(s, f32.mul(tail, f32.load(at(r))))), at(r).add(4)]),
          qv.add(4),
        ]),
        sums.map((s, r) => [
          (rests[r] as (typeof rests)[number]).set(
            f32.add(rests[r] as (typeof rests)[number], sumLanes(s, scratch)),
          ),
          when(
            p.accumulate,
            f32.store(p.y, f32.add(f32.load(p.y), rests[r] as (typeof rests)[number])),
            f32.store(p.y, rests[r] as (typeof rests)[number]),
          ),
          p.y.add(p.yStep),
        ]),
        p.matrix.add(i32.mul(p.matrixStep, count)),
      ];
    };
    const [fours, ones] = [f.local("i32"), f.local("i32")];
    return [
      fours.set(i32.shrU(p.rows, 2)),
      countdownOrSkip(fours, block(4)),
      ones.set(i32.and(p.rows, 3)),
      countdownOrSkip(ones, block(1)),
    ];
  });
}

/** axpy: the rows of a k lie side by side (matrixStep: bytes per k), as do those of y. */
function axpyKernel(relaxed: boolean): Func {
  const fma = multiplyAdd(relaxed);
  return func("axpy", PARAMS, (f, p) => {
    const [left, qv, qm, blocks] = [0, 1, 2, 3].map(() => f.local("i32")) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const splat = f.local("v128");
    const sums = f.locals("v128", 8);
    const one = f.local("f32");
    const walk = (body: Code): Code => [
      qm.set(p.matrix),
      qv.set(p.v),
      left.set(p.k),
      countdown(left, [body, qm.add(p.matrixStep), qv.add(4)]),
    ];
    const block = (vectors: number): Code => {
      const used = sums.slice(0, vectors);
      return [
        when(
          p.accumulate,
          used.map((s, i) => s.set(v128.load(p.y, i * 16))),
          used.map((s) => s.set(v128.zero())),
        ),
        walk([
          splat.set(v128.load32Splat(qv)),
          used.map((s, i) => s.set(fma(splat, v128.load(qm, i * 16), s))),
        ]),
        used.map((s, i) => v128.store(p.y, s, i * 16)),
        p.y.add(vectors * 16),
        p.matrix.add(vectors * 16),
      ];
    };
    return [
      blocks.set(i32.shrU(p.rows, 5)),
      countdownOrSkip(blocks, block(8)),
      blocks.set(i32.and(i32.shrU(p.rows, 2), 7)),
      countdownOrSkip(blocks, block(1)),
      blocks.set(i32.and(p.rows, 3)),
      countdownOrSkip(blocks, [
        when(p.accumulate, one.set(f32.load(p.y)), one.set(f32.const(0))),
        walk(one.set(f32.add(one, f32.mul(f32.load(qv), f32.load(qm))))),
        f32.store(p.y, one),
        p.y.add(4),
        p.matrix.add(4),
      ]),
    ];
  });
}

const stepOf = (a: Operand["k"]): number => a.strides[3];

/** Up to so many vectors are taken one by one; the matrix is read again for each. */
const FEW_VECTORS = 4;

/** Pieces are multiples of it, so that each row is summed by the same code wherever it is cut. */
const ROWS_AT_ONCE = 32;

/** More than this many are never worth it. */
const MOST_VECTORS = 16;

interface Plan {
  readonly name: "dot" | "axpy";
  readonly matrix: Operand;
  readonly vector: Operand;
  /** Bytes from one element of the result to the next. */
  readonly yStep: number;
}

/** How to run the job as a matrix times vectors, if its strides suit a kernel; k ≥ 1. */
function planOf(job: Contraction): Plan | undefined {
  const { m, n, k } = job;
  if (k === 0 || Math.min(m, n) > MOST_VECTORS) return undefined;
  const rowsFew = m <= n;
  const [matrix, vector]: [Operand, Operand] = rowsFew ? [job.b, job.a] : [job.a, job.b];
  const yStep = rowsFew ? 4 : job.c.rowBytes;
  if (k > 1 && stepOf(vector.k) !== 4) return undefined;
  if (k === 1 || stepOf(matrix.k) === 4) return { name: "dot", matrix, vector, yStep };
  const sideBySide = Math.max(m, n) === 1 || stepOf(matrix.lanes) === 4;
  return sideBySide && yStep === 4 ? { name: "axpy", matrix, vector, yStep } : undefined;
}

/** Whether matrixVector() can run it. */
export const isMatrixVector = (job: Contraction): boolean => planOf(job) !== undefined;

/** Whether that is expected to be the fastest way. */
export function suitsMatrixVector({ m, n }: Contraction): boolean {
  const few = Math.min(m, n);
  return few <= FEW_VECTORS && (few === 1 || Math.max(m, n) >= 64);
}

/** Runs a job of which isMatrixVector() says that it can. */
export function matrixVector(ctx: WasmContext, job: Contraction): void {
  const { m, n, k, batch } = job;
  const { name, matrix, vector, yStep } = planOf(job) as Plan;
  const [few, rows] = [Math.min(m, n), Math.max(m, n)];
  const alongK = name === "dot";
  const nextVector = { v: vector.lanes.strides[3], y: m <= n ? job.c.rowBytes : 4 };
  const kernel = ctx.get<"dot" | "axpy">(name, () => [
    alongK ? dotKernel(ctx.relaxed) : axpyKernel(ctx.relaxed),
  ])[name];
  const step = alongK ? stepOf(matrix.lanes) : stepOf(matrix.k);
  const jobs = batch.reduce((product, size) => product * size, 1);
  const cost = traffic(rows * k * 4);
  const rowBytes = alongK ? step : 4;
  ctx.launch(cost * jobs, (tasks) => {
    for (let index = 0; index < jobs; index++) {
      const at = { matrix: matrix.at, vector: vector.at, c: job.c.at };
      let rest = index;
      for (let d = batch.length - 1; d >= 0; d--) {
        const digit = rest % (batch[d] as number);
        rest = Math.floor(rest / (batch[d] as number));
        at.matrix += digit * (matrix.batch[d] as number);
        at.vector += digit * (vector.batch[d] as number);
        at.c += digit * (job.c.batch[d] as number);
      }
      pieces(
        rows,
        cost,
        (first, size) => {
          const from = at.matrix + first * rowBytes;
          for (let i = 0; i < few; i++) {
            const v = at.vector + i * nextVector.v;
            const y = at.c + i * nextVector.y + first * yStep;
            const add = job.accumulate ? 1 : 0;
            if (i === 0) tasks.add(kernel, size, k, from, step, v, y, yStep, add);
            else tasks.also(kernel, size, k, from, step, v, y, yStep, add);
          }
        },
        ROWS_AT_ONCE,
      );
    }
  });
}
