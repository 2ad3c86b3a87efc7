// C[m × n] (+)= Σₖ A[m, k] · B[k, n], where m, n and k are axes of up to four levels each: plain matrices,
// their transposes, the pixels of a batch, the patches of a convolution. Blocks of A and B are packed
// into panels that stay in the caches (Goto and van de Geijn, doi:10.1145/1356052.1356053); a block
// fits packing straight from where the data lies, so no im2col matrix is ever written.

import type { WasmContext } from "./context.ts";
import { macroFunctions, NR, packFunctions, rowsOfTile } from "./gemm-kernels.ts";
import type { Kernel } from "./module-cache.ts";
import { type Axis, startAt } from "./odometer.ts";

export interface Operand {
  readonly at: number;
  /** Rows of A, columns of B. */
  readonly lanes: Axis;
  readonly k: Axis;
  /** Bytes per step of each batch dim. */
  readonly batch: readonly number[];
}

export interface Contraction {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: readonly number[];
  readonly a: Operand;
  readonly b: Operand;
  readonly c: {
    readonly at: number;
    readonly rowBytes: number;
    /** Columns side by side, and the bytes from the start of one such run to the next. */
    readonly runLength: number;
    readonly runBytes: number;
    readonly batch: readonly number[];
  };
  readonly accumulate: boolean;
  /** One float per row of C, added. Readable for a whole tile beyond the last row. */
  readonly bias?: { readonly at: number; readonly batch: readonly number[] } | undefined;
}

/** Blocks: a panel of B in L1, blocks of A and B in L2. MC is a multiple of both tile heights. */
const KC = 384;
const MC = 384;
const NC = 512;

interface Packer {
  readonly width: number;
  readonly lanes: Kernel;
  readonly packK: Kernel;
  readonly packLanes: Kernel;
}

interface Kernels {
  readonly a: Packer;
  readonly b: Packer;
  readonly macro: Kernel;
}

/** Found once per context: small products are called often. */
const kernelsOf = new WeakMap<WasmContext, Kernels>();

function kernels(ctx: WasmContext): Kernels {
  let found = kernelsOf.get(ctx);
  if (found === undefined) {
    const packer = (width: number): Packer => ({
      width,
      ...ctx.get<"lanes" | "packK" | "packLanes">(`pack ${width}`, () => packFunctions(width)),
    });
    const { macro } = ctx.get<"macro">("macro", () => macroFunctions(ctx.relaxed));
    found = { a: packer(rowsOfTile(ctx.relaxed)), b: packer(NR), macro };
    kernelsOf.set(ctx, found);
  }
  return found;
}

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** The size of `limit`-bounded blocks that are about equal. */
const evenBlock = (n: number, limit: number, step: number): number =>
  Math.min(limit, roundUp(Math.ceil(n / Math.ceil(n / limit)), step));

/**
 * Whether panels are filled k by k (`packLanes`) or four k of a lane at a time (`packK`); both are
 * right for any strides that they are given here, the choice is one of speed.
 */
function packs({ lanes, k }: Operand): "packK" | "packLanes" {
  if (lanes.strides[3] === 4 && lanes.sizes[3] >= NR) return "packLanes";
  return k.strides[3] === 4 && k.sizes[3] >= 4 ? "packK" : "packLanes";
}

function packBlock(
  packer: Packer,
  operand: Operand,
  base: number,
  table: number,
  to: number,
  lanes: number,
  k0: number,
  kc: number,
): void {
  const { width } = packer;
  const panels = Math.ceil(lanes / width);
  const panelBytes = kc * width * 4;
  packer[packs(operand)](panels, table, base, to, panelBytes, kc, ...startAt(operand.k, k0));
}

/** Runs it; k = 0 gives zeros (or the bias, or leaves C as it was when accumulating). */
export function contract(ctx: WasmContext, job: Contraction): void {
  const { m, n, k, batch } = job;
  const jobs = batch.reduce((product, size) => product * size, 1);
  if (m === 0 || n === 0 || jobs === 0) return;
  const { a: packA, b: packB, macro } = kernels(ctx);
  const mr = packA.width;
  const kc = evenBlock(Math.max(k, 1), KC, 4);
  const mc = evenBlock(m, MC, mr);
  const nc = evenBlock(n, NC, NR);
  ctx.withScratch((scratch) => {
    // Panels first: they are read as vectors. Both sizes are multiples of 16 bytes.
    const [bytesA, bytesB] = [mc * kc * 4, nc * kc * 4];
    const tables = (roundUp(m, mr) + roundUp(n, NR)) * 4;
    const panelsA = scratch.take(bytesA + bytesB + mr * NR * 4 + tables);
    const panelsB = panelsA + bytesA;
    const spare = panelsB + bytesB;
    const tableA = spare + mr * NR * 4;
    const tableB = tableA + roundUp(m, mr) * 4;
    packA.lanes(tableA, m, roundUp(m, mr) - m, ...startAt(job.a.lanes, 0));
    packB.lanes(tableB, n, roundUp(n, NR) - n, ...startAt(job.b.lanes, 0));
    // No k at all: one step of zeros, so that the macro kernel has no case of its own for it.
    if (k === 0) {
      const { f32 } = ctx.arena;
      f32.fill(0, panelsA / 4, panelsA / 4 + mc);
      f32.fill(0, panelsB / 4, panelsB / 4 + nc);
    }
    const digits = batch.map(() => 0);
    for (let index = 0; index < jobs; index++) {
      const a = job.a.at + offsetOf(digits, job.a.batch);
      const b = job.b.at + offsetOf(digits, job.b.batch);
      const c = job.c.at + offsetOf(digits, job.c.batch);
      const bias = job.bias === undefined ? 0 : job.bias.at + offsetOf(digits, job.bias.batch);
      for (let j = 0; j < n; j += nc) {
        const columns = Math.min(nc, n - j);
        const position = j % job.c.runLength;
        const column = c + Math.floor(j / job.c.runLength) * job.c.runBytes + position * 4;
        for (let l = 0; l < Math.max(k, 1); l += kc) {
          const depth = k === 0 ? 1 : Math.min(kc, k - l);
          if (k > 0) packBlock(packB, job.b, b, tableB + j * 4, panelsB, columns, l, depth);
          for (let i = 0; i < m; i += mc) {
            const rows = Math.min(mc, m - i);
            if (k > 0) packBlock(packA, job.a, a, tableA + i * 4, panelsA, rows, l, depth);
            macro(
              rows,
              columns,
              depth,
              panelsA,
              panelsB,
              column + i * job.c.rowBytes,
              job.c.rowBytes,
              position,
              job.c.runLength,
              job.c.runBytes,
              job.accumulate || l > 0 ? 1 : 0,
              bias !== 0 && l === 0 ? bias + i * 4 : 0,
              spare,
            );
          }
        }
      }
      nextDigits(digits, batch);
    }
  });
}

function offsetOf(digits: readonly number[], strides: readonly number[]): number {
  let sum = 0;
  for (let d = 0; d < digits.length; d++) sum += (digits[d] as number) * (strides[d] as number);
  return sum;
}

function nextDigits(digits: number[], sizes: readonly number[]): void {
  for (let d = digits.length - 1; d >= 0; d--) {
    digits[d] = (digits[d] as number) + 1;
    if ((digits[d] as number) < (sizes[d] as number)) return;
    digits[d] = 0;
  }
}
