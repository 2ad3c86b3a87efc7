// What activations with settings share: one tensor in, one of its shape out, numbers beside it. Their rule reads
// x alone, so the tape holds one tensor where the composition would leave several.
import { ArgumentError, DTypeError } from "../../errors.ts";
import { defineOp, type SampleRng } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";

interface SettledSpec<A extends object> {
  readonly name: string;
  readonly doc: string;
  readonly example: readonly [code: string, printed: string];
  compose(x: Tensor, attrs: A): Tensor;
  /** The gradient of x, from that of the result; in public ops. */
  grad(g: Tensor, x: Tensor, attrs: A): Tensor;
  /** Settings, and where x is drawn: clear of kinks. */
  readonly samples: readonly (readonly [attrs: A, low: number, high: number])[];
  /** Refuses integers, under the name of the function. */
  refuses(x: Tensor): unknown;
  readonly errors?: (rng: SampleRng) => Iterable<readonly [() => unknown, RegExp]>;
}

export function settledOp<A extends object>(spec: SettledSpec<A>): (x: Tensor, attrs: A) => Tensor {
  const { name, doc, example } = spec;
  return defineOp<object>()({
    name,
    doc,
    example,
    inputs: ["x"],
    outputs: ["y"],
    saves: ["x"],
    shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
    compose: (x, a) => spec.compose(x, a as A),
    vjp: (gs, { x }, a) => ({ x: spec.grad(gs.y, x, a as A) }),
    samples: (rng) => {
      const [attrs, low, high] = spec.samples[0] as readonly [A, number, number];
      return [
        ...spec.samples.map(([a, from, to]): [Tensor, A] => [
          rng.tensor([2, 3], { low: from, high: to }),
          a,
        ]),
        [rng.tensor([], { low, high }), attrs],
        [rng.tensor([0, 2]), attrs],
      ];
    },
    errors: (rng) => [
      [
        () => spec.refuses(rng.ints([2], 3)),
        DTypeError,
        /: expected a floating-point tensor, got int64/,
      ],
      ...[...(spec.errors?.(rng) ?? [])].map(
        ([call, message]) => [call, ArgumentError, message] as const,
      ),
    ],
  });
}

/** A setting that must be a finite number. */
export function finite(op: string, name: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new ArgumentError(op, `${name} must be a finite number; got ${value}`);
}
