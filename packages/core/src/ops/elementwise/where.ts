// A choice between two, element by element.
import { type DType, scalarResultType } from "../../dtype.ts";
import { DTypeError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { broadcastShapes } from "../../shape.ts";
import { checkLive, composite, emptyTensor, methods, type Tensor } from "../../tensor.ts";
import { nonzero } from "../index/nonzero.ts";
import { asScalar, isTensor, type Operand, promoted, promotedWith, sumTo } from "../promote.ts";
import { scalarTensor } from "./operands.ts";

const whereOp = defineOp()({
  name: "where",
  doc: "a where cond holds, else b; all three broadcast.",
  example: ["where(tensor([true, false]), tensor([1, 2]), tensor([-1, -2]))", "tensor([ 1., -2.])"],
  inputs: ["cond", "a", "b"],
  outputs: ["y"],
  saves: ["cond"],
  shape: (cond, a, b) => {
    if (cond.dtype !== "bool") {
      throw new DTypeError(
        "where",
        `cond must be bool, got ${cond.dtype}; compare it (x.ne(0)) or use to("bool")`,
      );
    }
    const shape = broadcastShapes("where", cond.shape, broadcastShapes("where", a.shape, b.shape));
    return { shape, dtype: a.dtype };
  },
  kernel: (k, cond, a, b, y) => k.where(cond, a, b, y),
  vjp: (gs, { cond }, _a, m, need) => ({
    a: need.a ? sumTo(where(cond, gs.y, 0), m.a.shape) : undefined,
    b: need.b ? sumTo(where(cond, 0, gs.y), m.b.shape) : undefined,
  }),
  samples: (rng) => [
    [rng.bools([2, 3]), rng.tensor([2, 3]), rng.tensor([2, 3])],
    [rng.bools([3, 1]), rng.tensor([1, 4]), rng.tensor([2, 1, 1])],
    [rng.bools([]), rng.tensor([2]), rng.tensor([])],
    [rng.bools([0, 2]), rng.tensor([2]), rng.tensor([])],
  ],
  errors: (rng) => [
    [
      () => where(rng.bools([2]), rng.tensor([3]), rng.tensor([])),
      ShapeError,
      /where: sizes 2 and 3/,
    ],
    [() => where(rng.ints([2], 2), 1, 0), DTypeError, /where: cond must be bool, got int64/],
  ],
});

/** The dtype of a choice between two numbers: bool, int64 or float32, as in PyTorch. */
function dtypeOfNumbers(a: unknown, b: unknown): DType {
  if (typeof a === "boolean" && typeof b === "boolean") return "bool";
  const whole = scalarResultType("int64", asScalar("where", a)) === "int64";
  return whole ? scalarResultType("int64", asScalar("where", b)) : "float32";
}

/**
 * a where cond (bool) holds, else b; all three broadcast, a and b promote. Numbers on either side are
 * fine; two whole numbers give int64. The gradient of the branch not taken is 0. As `torch.where`; of cond alone the
 * places where it holds, as nonzero(cond, { asTuple: true }) has them.
 * @throws DTypeError unless cond is bool
 */
export function where(cond: Tensor): Tensor[];
export function where(cond: Tensor, a: Operand, b: Operand): Tensor;
export function where(cond: Tensor, a?: Operand, b?: Operand): Tensor | Tensor[] {
  checkLive("where", cond);
  if (a === undefined && b === undefined) return nonzero(cond, { asTuple: true });
  return chosen(cond, a as Operand, b as Operand);
}

function chosen(cond: Tensor, a: Operand, b: Operand): Tensor {
  if (isTensor(a) && isTensor(b)) {
    if (a.dtype === b.dtype) return whereOp(cond, a, b);
    const [p, q] = promoted(a, b);
    return whereOp(cond, p, q);
  }
  // The kernel takes tensors alone; a number goes in as one element, which is let go at once.
  return composite(() => {
    if (isTensor(a)) {
      const s = asScalar("where", b);
      const p = promotedWith(a, s);
      return whereOp(cond, p, scalarTensor(s, p));
    }
    const s = asScalar("where", a);
    if (isTensor(b)) {
      const q = promotedWith(b, s);
      return whereOp(cond, scalarTensor(s, q), q);
    }
    const like = emptyTensor(
      cond.storage.backend,
      { shape: [], dtype: dtypeOfNumbers(a, b) },
      "scalar",
    );
    return whereOp(cond, scalarTensor(s, like), scalarTensor(asScalar("where", b), like));
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    /** This tensor where cond holds, else b. */
    where(cond: Tensor, b: Operand): Tensor;
  }
}
methods({
  where(cond, b) {
    return where(cond, this, b);
  },
});
