// What in-place functions of one tensor share. A rule that needs the value before cannot save the target,
// which is overwritten: while recording it gets a copy, `old`, as PyTorch makes one.
import { isGradEnabled } from "../../autograd/tape.ts";
import type { UnaryCode } from "../../backend.ts";
import { InPlaceError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";
import { floatingOnly, numeric } from "../elementwise/unary.ts";

interface InPlaceSpec {
  readonly code: UnaryCode;
  readonly doc: string;
  readonly example: readonly [code: string, printed: string];
  /** Integers are refused: their result would be a float, which an integer target cannot hold. */
  readonly floating?: true;
  /** What the rule reads: the result, the value before, or neither. */
  readonly saves?: "y" | "old";
  /** The gradient of the target as it was; `saved` is what `saves` names. */
  vjp(g: Tensor, saved: Tensor): Tensor;
  readonly ranges?: readonly { readonly low: number; readonly high: number }[];
}

/** A copy of x for a rule that reads it after x is overwritten; none where nothing will read it. */
export const before = (x: Tensor, wanted: boolean): Tensor | undefined =>
  wanted && isGradEnabled() ? clone(x) : undefined;

export function inPlaceOp(spec: InPlaceSpec): (x: Tensor) => Tensor {
  const { code, doc, example, saves, vjp } = spec;
  const name = `${code}_`;
  const ranges = spec.ranges ?? [{ low: -1, high: 1 }];
  const op = defineOp()({
    name,
    doc,
    example,
    kind: "inplace",
    inputs: ["x", "old?"],
    outputs: ["y"],
    saves: (saves === undefined ? [] : [saves]) as readonly ("y" | "old")[],
    shape: (x) => x,
    kernel: (k, x, _old, y) => k.unary(code, x, y),
    vjp: (gs, saved) => ({ x: vjp(gs.y, saved[saves ?? "y"] as Tensor) }),
    samples: (rng) =>
      ranges.map((range): [Tensor, Tensor | undefined] => {
        const x = rng.tensor([2, 3], range);
        return [x, saves === "old" ? clone(x) : undefined];
      }),
    errors: (rng) => [
      [
        () => call(rng.tensor([2], ranges[0]).requiresGrad_()),
        InPlaceError,
        /_: the target is a leaf that requires grad/,
      ],
    ],
  });
  const call = (x: Tensor): Tensor => {
    const target = spec.floating ? floatingOnly(name, x) : numeric(name, x);
    return op(target, before(target, saves === "old" && target.source !== null));
  };
  return call;
}
