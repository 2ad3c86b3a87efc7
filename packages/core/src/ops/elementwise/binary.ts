// What the two-input functions without a scalar kernel share: operands met and promoted, shape, kernel call,
// samples. A number beside a tensor becomes a zero-dim one. Each function keeps its file with its derivative;
// its name is the code of its kernel.
import type { BinaryCode, Meta } from "../../backend.ts";
import { isFloating } from "../../dtype.ts";
import { DTypeError, ShapeError } from "../../errors.ts";
import { defineOp, type Op } from "../../op/define.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { broadcastMeta, floating, isTensor, type Operand, type Scalar, sumTo } from "../promote.ts";
import { onOperands, scalarTensor } from "./operands.ts";
import { numeric } from "./unary.ts";

interface Range {
  readonly low: number;
  readonly high: number;
}

interface BinarySpec<S extends "a" | "b" | "y"> {
  readonly name: BinaryCode;
  readonly doc: string;
  readonly example: readonly [code: string, printed: string];
  /**
   * floats: integers become float32; all: anything; numbers: all but bools; integers: these alone; bits: integers and bools.
   */
  readonly takes: "floats" | "all" | "numbers" | "integers" | "bits";
  readonly saves?: readonly S[];
  /** See defineOp. */
  readonly withoutGradient?: readonly ("a" | "b")[];
  /** The gradients of a and b from that of y, in y's shape. Without it the op has none. */
  vjp?(
    g: Tensor,
    saved: { readonly [K in S]: Tensor },
    need: { readonly a: boolean; readonly b: boolean },
  ): { readonly a?: Tensor | undefined; readonly b?: Tensor | undefined };
  /** Where samples of a and b are drawn. Default [−1, 1) and [0.5, 2). */
  readonly ranges?: readonly [a: Range, b: Range];
}

const RANGES: readonly [Range, Range] = [
  { low: -1, high: 1 },
  { low: 0.5, high: 2 },
];

export function binaryFunction<const S extends "a" | "b" | "y" = never>(
  spec: BinarySpec<S>,
): (a: Operand, b: Operand) => Tensor {
  const { name, doc, example, takes, vjp } = spec;
  const [forA, forB] = spec.ranges ?? RANGES;
  const whole = takes === "integers" || takes === "bits";
  type Pair<T> = { readonly a: T; readonly b: T };
  const rule =
    vjp &&
    ((
      gs: { readonly y: Tensor },
      saved: object,
      _attrs: undefined,
      m: Pair<Meta>,
      need: Pair<boolean>,
    ) => {
      const { a, b } = vjp(gs.y, saved as { readonly [K in S]: Tensor }, need);
      return {
        a: need.a && a ? sumTo(a, m.a.shape) : undefined,
        b: need.b && b ? sumTo(b, m.b.shape) : undefined,
      };
    });
  const op: Op<readonly ["a", "b"], readonly ["y"], undefined> = defineOp()({
    name,
    doc,
    example,
    inputs: ["a", "b"],
    outputs: ["y"],
    saves: (spec.saves ?? []) as readonly ("a" | "b" | "y")[],
    ...(spec.withoutGradient ? { withoutGradient: spec.withoutGradient } : {}),
    shape: (a, b) => broadcastMeta(name, a, b),
    kernel: (k, a, b, y) => k.binary(name, a, b, y),
    ...(rule ? { vjp: rule } : { differentiable: false as const }),
    samples: (rng) => {
      const of = (shape: number[], range: Range): Tensor =>
        whole ? rng.ints(shape, 7).add(1) : rng.tensor(shape, range);
      return [
        [of([2, 3], forA), of([2, 3], forB)],
        [of([2, 1, 3], forA), of([4, 1], forB)],
        [of([], forA), of([2], forB)],
        [of([0, 3], forA), of([3], forB)],
      ];
    },
    errors: (rng) => {
      const four = whole ? rng.ints([4], 3) : rng.tensor([4]);
      const three = whole ? rng.ints([3], 3) : rng.tensor([3]);
      return [
        [() => call(four, three), ShapeError, new RegExp(`${name}: sizes 4 and 3`)],
        ...(whole
          ? ([
              [() => call(rng.tensor([2]), 1), DTypeError, new RegExp(`${name}: takes integers`)],
            ] as const)
          : []),
      ];
    },
  });
  const fit = (x: Tensor): Tensor => {
    if (takes === "floats") return floating(x);
    if (takes === "all") return x;
    if (takes === "numbers") return numeric(name, x);
    return wholeOnly(name, x, takes === "bits");
  };
  const forms = {
    tensors: (a: Tensor, b: Tensor) => op(fit(a), fit(b)),
    right: (a: Tensor, s: Scalar) =>
      composite(() => {
        const x = fit(a);
        return op(x, scalarTensor(s, x));
      }),
    left: (s: Scalar, b: Tensor) =>
      composite(() => {
        const x = fit(b);
        return op(scalarTensor(s, x), x);
      }),
  };
  const call = (a: Operand, b: Operand): Tensor => onOperands(name, a, b, forms);
  return call;
}

/** @throws DTypeError for floats, and for bools where they mean nothing */
export function wholeOnly(op: string, x: Tensor, bools: boolean): Tensor {
  if (isTensor(x) && (isFloating(x.dtype) || (x.dtype === "bool" && !bools))) {
    throw new DTypeError(
      op,
      `takes integers${bools ? " and bools" : ""}, got ${x.dtype}; cast it with to("int64")`,
    );
  }
  return x;
}
