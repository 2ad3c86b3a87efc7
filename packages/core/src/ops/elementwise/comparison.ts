// Questions about two operands: eq, lt, logicalAnd and the like. The answer is bool and has no gradient.
import type { BinaryCode } from "../../backend.ts";
import { ShapeError } from "../../errors.ts";
import { defineOp, type Op } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { broadcastMeta, type Operand, type Scalar } from "../promote.ts";
import { onOperands } from "./operands.ts";

interface ComparisonSpec {
  readonly name: BinaryCode;
  /** The code that asks the same with a and b exchanged. */
  readonly mirrored: BinaryCode;
  readonly doc: string;
  readonly example: readonly [code: string, printed: string];
}

interface ScalarAttrs {
  readonly code: BinaryCode;
  readonly scalar: Scalar;
}

export function comparison(spec: ComparisonSpec): (a: Operand, b: Operand) => Tensor {
  const { name, mirrored, doc, example } = spec;
  const tensorOp: Op<readonly ["a", "b"], readonly ["y"], undefined> = defineOp()({
    name,
    doc,
    example,
    inputs: ["a", "b"],
    outputs: ["y"],
    shape: (a, b) => broadcastMeta(name, a, b, "bool"),
    kernel: (k, a, b, y) => k.binary(name, a, b, y),
    differentiable: false,
    samples: (rng) => [
      [rng.ints([2, 3], 3, rng.dtype), rng.ints([2, 3], 3, rng.dtype)],
      [rng.ints([2, 1, 3], 3, rng.dtype), rng.ints([4, 1], 3, rng.dtype)],
      [rng.tensor([]), rng.tensor([2])],
      [rng.tensor([0, 3]), rng.tensor([3])],
    ],
    errors: (rng) => [
      [
        () => tensorOp(rng.tensor([4]), rng.tensor([3])),
        ShapeError,
        new RegExp(`${name}: sizes 4 and 3`),
      ],
    ],
  });
  const scalarOp = defineOp<ScalarAttrs>()({
    name: `${name}Scalar`,
    doc: `${doc} With a number on one side.`,
    inputs: ["x"],
    outputs: ["y"],
    shape: (x) => ({ shape: x.shape, dtype: "bool" }),
    kernel: (k, x, y, { code, scalar }) => k.binaryScalar(code, x, scalar, y),
    differentiable: false,
    samples: (rng) => [
      [rng.ints([2, 3], 3, rng.dtype), { code: name, scalar: 1 }],
      [rng.tensor([]), { code: mirrored, scalar: 0.25 }],
    ],
  });
  const forms = {
    tensors: (a: Tensor, b: Tensor) => tensorOp(a, b),
    right: (a: Tensor, s: Scalar) => scalarOp(a, { code: name, scalar: inDtype(a, s) }),
    left: (s: Scalar, b: Tensor) => scalarOp(b, { code: mirrored, scalar: inDtype(b, s) }),
  };
  return (a, b) => onOperands(name, a, b, forms);
}

/** A float32 tensor that holds 0.1 equals the number 0.1, as in PyTorch: the number is rounded too. */
const inDtype = (x: Tensor, s: Scalar): Scalar =>
  x.dtype === "float32" && typeof s === "number" ? Math.fround(s) : s;
