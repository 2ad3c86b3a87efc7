// What the one-input ops share: shape, dtype, kernel call and samples. Each op keeps its own file with
// its derivative; the op's name is the code of its kernel.
import type { BinaryCode, UnaryCode } from "../../backend.ts";
import { isFloating } from "../../dtype.ts";
import { DTypeError } from "../../errors.ts";
import { defineOp, type Op } from "../../op/define.ts";
import { checkLive, type Tensor } from "../../tensor.ts";

type Unary = Op<readonly ["x"], readonly ["y"], undefined>;

interface UnarySpec<S extends "x" | "y"> {
  readonly name: UnaryCode;
  readonly doc: string;
  readonly example: readonly [code: string, printed: string];
  /** What the derivative reads: the input, the output, or neither. */
  readonly saves?: readonly S[];
  /** The gradient of x, from that of y. */
  vjp(g: Tensor, saved: { readonly [K in S]: Tensor }): Tensor;
  /** Where samples are drawn: inside the domain, clear of kinks. Default [−1, 1). */
  readonly ranges?: readonly { readonly low: number; readonly high: number }[];
}

export function unaryOp<const S extends "x" | "y" = never>(spec: UnarySpec<S>): Unary {
  const { name, doc, example, vjp } = spec;
  const ranges = spec.ranges ?? [{ low: -1, high: 1 }];
  return defineOp()({
    name,
    doc,
    example,
    inputs: ["x"],
    outputs: ["y"],
    saves: (spec.saves ?? []) as readonly ("x" | "y")[],
    shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
    kernel: (k, x, y) => k.unary(name, x, y),
    vjp: (gs, saved) => ({ x: vjp(gs.y, saved) }),
    samples: (rng) => [
      ...ranges.map((range): [Tensor] => [rng.tensor([2, 3], range)]),
      [rng.tensor([], ranges[0])],
      [rng.tensor([0, 2], ranges[0])],
    ],
  });
}

/** A question asked of each element; the answer is bool and has no gradient. */
export function testOp(spec: Pick<UnarySpec<never>, "name" | "doc" | "example">): Unary {
  const { name, doc, example } = spec;
  return defineOp()({
    name,
    doc,
    example,
    inputs: ["x"],
    outputs: ["y"],
    shape: (x) => ({ shape: x.shape, dtype: "bool" }),
    kernel: (k, x, y) => k.unary(name, x, y),
    differentiable: false,
    samples: (rng) => [[rng.tensor([2, 3])], [rng.ints([4], 2, rng.dtype)], [rng.tensor([])]],
  });
}

type Gradient = Op<readonly ["g", "x"], readonly ["y"], undefined>;

interface GradientSpec {
  readonly name: BinaryCode;
  readonly doc: string;
  /** The gradient by its formula. Recorded in its place when there is no vjp. */
  compose(g: Tensor, x: Tensor): Tensor;
  /** The gradients of g and x from that of the gradient. */
  vjp?(gg: Tensor, g: Tensor, x: Tensor): { readonly g: Tensor; readonly x: Tensor };
  readonly ranges?: readonly { readonly low: number; readonly high: number }[];
}

/**
 * The gradient of an activation in one pass over memory: g is the gradient of its output, x what the
 * activation saved. An op of its own, so that gradients of higher order exist.
 */
export function gradientOp(spec: GradientSpec): Gradient {
  const { name, doc, compose, vjp } = spec;
  const ranges = spec.ranges ?? [{ low: -2, high: 2 }];
  return defineOp()({
    name,
    doc,
    inputs: ["g", "x"],
    outputs: ["y"],
    saves: vjp === undefined ? [] : ["g", "x"],
    shape: (_g, x) => ({ shape: x.shape, dtype: x.dtype }),
    kernel: (k, g, x, y) => k.binary(name, g, x, y),
    compose,
    ...(vjp && {
      vjp: (gs: { y: Tensor }, s: { g: Tensor; x: Tensor }) => vjp(gs.y, s.g, s.x),
    }),
    samples: (rng) => ranges.map((range) => [rng.tensor([2, 3]), rng.tensor([2, 3], range)]),
  }) as Gradient;
}

/** Refuses bools where PyTorch does; integers keep their dtype. */
export function numeric(op: string, x: Tensor): Tensor {
  checkLive(op, x);
  if (x.dtype === "bool") {
    throw new DTypeError(op, 'has no meaning for a bool tensor; use logicalNot, or to("int64")');
  }
  return x;
}

/** Refuses integers and bools where PyTorch does not promote them. */
export function floatingOnly(op: string, x: Tensor): Tensor {
  checkLive(op, x);
  if (!isFloating(x.dtype)) {
    throw new DTypeError(
      op,
      `expected a floating-point tensor, got ${x.dtype}; use to("float32") first`,
    );
  }
  return x;
}
