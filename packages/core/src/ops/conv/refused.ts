// Calls that the convolutions must refuse, on every backend.
import { ArgumentError, DTypeError, ShapeError } from "../../errors.ts";
import type { ErrorSample, SampleRng } from "../../op/define.ts";
import { conv1d, conv2d, conv3d } from "./conv-nd.ts";
import { convTranspose1d, convTranspose2d } from "./conv-transpose.ts";

export function refusedConvolutions(rng: SampleRng): ErrorSample[] {
  const x = () => rng.tensor([1, 4, 5, 5]);
  const w = () => rng.tensor([6, 4, 3, 3]);
  return [
    [
      () => conv2d(rng.tensor([1, 3, 5, 5]), w()),
      ShapeError,
      /conv2d: input has 3 channels.*4[\s\S]*input: \[1, 3, 5, 5\][\s\S]*weight: \[6, 4, 3, 3\]/,
    ],
    [() => conv2d(x(), w(), { groups: 2 }), ShapeError, /input has 4 channels.*groups=2 = 8/],
    [
      () => conv2d(x(), rng.tensor([5, 2, 3, 3]), { groups: 2 }),
      ShapeError,
      /5 output channels do not divide into groups=2/,
    ],
    [
      () => conv2d(x(), w(), { groups: 0 }),
      ArgumentError,
      /groups must be a whole number ≥ 1; got 0/,
    ],
    [
      () => conv2d(x(), rng.tensor([6, 4, 7, 3])),
      ShapeError,
      /the kernel spans 7 in spatial dim 0 .* padded input has 5/,
    ],
    [() => conv2d(x(), w(), { stride: 0 }), ArgumentError, /conv2d: stride .* ≥ 1.*got 0/],
    [() => conv2d(x(), w(), { stride: [1, -1] }), ArgumentError, /conv2d: stride/],
    [() => conv2d(x(), w(), { padding: -1 }), ArgumentError, /conv2d: padding/],
    [
      () => conv2d(x(), w(), { padding: "same", stride: 2 }),
      ArgumentError,
      /"same" needs stride 1/,
    ],
    [() => conv2d(x(), w(), { dilation: [1, 2, 3] }), ArgumentError, /conv2d: dilation/],
    [() => conv2d(rng.tensor([5, 5]), w()), ShapeError, /input must have 4 dimensions.*or 3/],
    [() => conv3d(rng.tensor([5, 5]), w()), ShapeError, /conv3d: input must have 5 dimensions/],
    [() => conv1d(rng.tensor([1, 4, 5]), w()), ShapeError, /conv1d: weight must have 3 dimensions/],
    [() => conv2d(x(), w().to("int64")), DTypeError, /conv2d: weight is int64/],
    [
      () => conv2d(x(), w(), { bias: rng.tensor([4]) }),
      ShapeError,
      /conv2d: bias must have one value for each of 6/,
    ],
  ];
}

export function refusedTranspositions(rng: SampleRng): ErrorSample[] {
  const x = () => rng.tensor([1, 4, 5, 5]);
  const w = () => rng.tensor([4, 3, 2, 2]);
  return [
    [
      () => convTranspose2d(x(), w(), { outputPadding: 1 }),
      ArgumentError,
      /convTranspose2d: outputPadding must be below stride or dilation/,
    ],
    [() => convTranspose2d(x(), w(), { padding: 4 }), ShapeError, /the output would have size -2/],
    [
      () => convTranspose2d(x(), rng.tensor([3, 2, 2, 2])),
      ShapeError,
      /input has 4 channels, but weight wants 3/,
    ],
    [
      () => convTranspose2d(x(), w(), { groups: 3 }),
      ShapeError,
      /4 input channels do not divide into groups=3/,
    ],
    [
      () => convTranspose2d(x(), w(), { bias: rng.tensor([4]) }),
      ShapeError,
      /bias must have one value for each of 3/,
    ],
    [() => convTranspose1d(x(), w()), ShapeError, /convTranspose1d: input must have 3 dimensions/],
    [() => convTranspose2d(x(), w(), { stride: 0 }), ArgumentError, /convTranspose2d: stride/],
  ];
}
