// What recurrent ops over whole sequences share: the order of the steps, the rows of a step, checks, and the gradient
// of the weights of the state, which is one product for all steps.
import type { Kernels, Meta, View } from "../../backend.ts";
import { DTypeError, ShapeError } from "../../errors.ts";
import { type Shape, sameShape, sizeOf } from "../../shape.ts";
import { emptyTensor, type Tensor } from "../../tensor.ts";
import { productOfRows } from "../linear/matmul.ts";
import { cat } from "../views/cat.ts";
import { windowOn } from "../views/window.ts";

export interface Order {
  /** The last step comes first. */
  readonly reverse: boolean;
}

/** The steps in the order they are taken. */
export const times = (length: number, { reverse }: Order): number[] =>
  Array.from({ length }, (_, i) => (reverse ? length - 1 - i : i));

/** What was made step by step, in the order of the sequence. */
export const inTime = <T>(steps: readonly T[], { reverse }: Order): readonly T[] =>
  reverse ? [...steps].reverse() : steps;

/** v[t] of a contiguous v. */
export function row(v: View, t: number): View {
  const shape = v.shape.slice(1);
  return windowOn(v, shape, v.strides.slice(1), v.offset + t * sizeOf(shape));
}

/** Steps, and rows of each, from which on it pays to transpose the weights once for all of them. */
const SEVERAL = 4;

/** Calls `body` with weightᵀ: copied where products would have to sort it anew at each of many steps. */
export function withTransposed<R>(
  k: Kernels,
  weight: View,
  [length, rows]: Shape,
  body: (weight: View) => R,
): R {
  const lying = windowOn(
    weight,
    [weight.shape[1] as number, weight.shape[0] as number],
    [weight.strides[1] as number, weight.strides[0] as number],
    weight.offset,
  );
  if (Math.min(length as number, rows as number) < SEVERAL) return body(lying);
  const copy = emptyTensor(weight.storage.backend, lying, "transposed");
  try {
    k.copy(lying, copy);
    return body(copy);
  } finally {
    copy.release();
  }
}

/** A state for each step. */
export const perStep = (given: Meta, h0: Meta): Meta => ({
  shape: [given.shape[0] as number, ...h0.shape],
  dtype: given.dtype,
});

/** The products of all steps: each gate of each row with the state. */
export const products = (gates: Meta | undefined, state: Meta | undefined): number =>
  sizeOf(gates?.shape ?? [0]) * (state?.shape[1] ?? 0);

/** @throws ShapeError unless given is [L, N, gates·H], weight [gates·H, H], each state [N, H]; DTypeError */
export function checkSequence(
  op: string,
  gates: number,
  given: Meta,
  weight: Meta,
  states: Readonly<Record<string, Meta>>,
): void {
  const [length, batch, wide] = given.shape as [number, number, number];
  const size = wide / gates;
  const all = { given, weight, ...states };
  const shapes = Object.fromEntries(Object.entries(all).map(([name, m]) => [name, m.shape]));
  const fits =
    given.shape.length === 3 &&
    length > 0 &&
    sameShape(weight.shape, [wide, size]) &&
    Object.values(states).every((s) => sameShape(s.shape, [batch, size]));
  if (!fits) {
    throw new ShapeError(
      op,
      `expects given [L, N, ${gates}·H], L ≥ 1, weight [${gates}·H, H] and states [N, H]`,
      shapes,
    );
  }
  for (const [name, m] of Object.entries(all)) {
    if (m.dtype !== given.dtype) {
      throw new DTypeError(op, `given is ${given.dtype} but ${name} is ${m.dtype}; cast one`);
    }
  }
}

/** Σ over all steps of down[t]ᵀ · (the state before it): y moved by a step, h0 in front. */
export function hiddenGradient(down: Tensor, h0: Tensor, y: Tensor, { reverse }: Order): Tensor {
  const length = y.shape[0] as number;
  const first = h0.unsqueeze(0);
  const others = y.narrow(0, reverse ? 1 : 0, length - 1);
  return productOfRows(down, cat(reverse ? [others, first] : [first, others]));
}
