// Strides: which dimensions of several views can be walked as one.
import { type Shape, sameShape, sizeOf, type View } from "@tapegrad/core";

/** A walk over `shape` by several operands: as few dimensions as possible, none of size 1. */
export interface Walk {
  readonly count: number;
  readonly sizes: readonly number[];
  /** Per operand a stride per dimension. */
  readonly steps: readonly (readonly number[])[];
}

/** The strides of v seen as `shape`: 0 where it is repeated. */
export function stridesIn(v: View, shape: Shape): number[] {
  const lead = shape.length - v.shape.length;
  return shape.map((_, d) =>
    d < lead || v.shape[d - lead] === 1 ? 0 : (v.strides[d - lead] as number),
  );
}

/** Walks `shape` with operands of these strides; neighbours that lie in a row for all of them become one. */
export function walk(shape: Shape, ...operands: readonly (readonly number[])[]): Walk {
  const sizes: number[] = [];
  const steps: number[][] = operands.map(() => []);
  for (let d = 0; d < shape.length; d++) {
    const n = shape[d] as number;
    if (n === 1) continue;
    const last = sizes.length - 1;
    const merges =
      last >= 0 &&
      operands.every((s, k) => ((steps[k] as number[])[last] as number) === (s[d] as number) * n);
    if (merges) {
      sizes[last] = (sizes[last] as number) * n;
      operands.forEach((s, k) => {
        (steps[k] as number[])[last] = s[d] as number;
      });
    } else {
      sizes.push(n);
      operands.forEach((s, k) => {
        (steps[k] as number[]).push(s[d] as number);
      });
    }
  }
  if (sizes.length === 0) {
    sizes.push(1);
    for (const s of steps) s.push(0);
  }
  return { count: sizeOf(shape), sizes, steps };
}

const ONE: readonly number[] = [1];
const NONE: readonly number[] = [0];

/** How the inputs, broadcast to y, are walked; y itself is the last operand where `withOutput` says so. */
export function walkOver(y: View, inputs: readonly View[], withOutput: boolean): Walk {
  // Most calls: everything dense and of one shape, or a single number. No strides have to be looked at.
  if (y.contiguous) {
    const steps: (readonly number[])[] = [];
    for (let k = 0; k < inputs.length; k++) {
      const x = inputs[k] as View;
      if (x.contiguous && sameShape(x.shape, y.shape)) steps.push(ONE);
      else if (sizeOf(x.shape) === 1) steps.push(NONE);
      else break;
    }
    if (steps.length === inputs.length) {
      if (withOutput) steps.push(ONE);
      const count = sizeOf(y.shape);
      return { count, sizes: [count], steps };
    }
  }
  const strides = inputs.map((x) => stridesIn(x, y.shape));
  if (withOutput) strides.push(y.strides as number[]);
  return walk(y.shape, ...strides);
}

/** A dense view that begins at element 0 of its buffer: a fresh output. */
export const isFresh = (y: View): boolean => y.contiguous && y.offset === 0;

/**
 * WGSL that computes where element `i` lies in each operand: `let at_0 = …`. Sizes are the parameters n1 …, strides
 * s<operand>_<dim>, beginnings o<operand>; all u32, where negative strides wrap to the right sums.
 */
export function indexCode(rank: number, operands: number): string {
  const lines: string[] = [];
  for (let k = 0; k < operands; k++) lines.push(`  var at_${k} = p.o${k};`);
  if (rank === 1) {
    for (let k = 0; k < operands; k++) lines.push(`  at_${k} += i * p.s${k}_0;`);
    return lines.join("\n");
  }
  lines.push("  var rest = i;");
  for (let d = rank - 1; d >= 0; d--) {
    if (d > 0) lines.push(`  let c${d} = rest % p.n${d}; rest = rest / p.n${d};`);
    const c = d > 0 ? `c${d}` : "rest";
    for (let k = 0; k < operands; k++) lines.push(`  at_${k} += ${c} * p.s${k}_${d};`);
  }
  return lines.join("\n");
}

/** The parameters that indexCode reads, in order. */
export function indexParams(rank: number, operands: number): Record<string, "u32"> {
  const params: Record<string, "u32"> = {};
  for (let k = 0; k < operands; k++) params[`o${k}`] = "u32";
  for (let d = 1; d < rank; d++) params[`n${d}`] = "u32";
  for (let k = 0; k < operands; k++) for (let d = 0; d < rank; d++) params[`s${k}_${d}`] = "u32";
  return params;
}

/** Their values. */
export function indexValues(offsets: readonly number[], w: Walk): number[] {
  const values = offsets.slice();
  for (let d = 1; d < w.sizes.length; d++) values.push(w.sizes[d] as number);
  for (const s of w.steps) for (let d = 0; d < s.length; d++) values.push(s[d] as number);
  return values;
}
