// bilinear: what two vectors make together, x1ᵀ·W·x2 for each output.
import { ShapeError } from "../../errors.ts";
import { sameShape } from "../../shape.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";

/**
 * x1ᵀ · W[o] · x2 + bias[o] for each output o; as `torch.nn.functional.bilinear`.
 * @param x1 [..., in1]
 * @param x2 [..., in2], the same leading dims
 * @param weight [out, in1, in2]
 * @param bias [out]
 * @returns [..., out]
 * @throws ShapeError shapes that do not fit; DTypeError mixed or integer dtypes
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.bilinear.html
 */
export function bilinear(x1: Tensor, x2: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const op = "bilinear";
  checkDtypes(op, { x1, x2, weight }, { bias });
  const [out, in1, in2] = weight.shape as [number, number, number];
  const lead = x1.shape.slice(0, -1);
  const fits =
    weight.ndim === 3 &&
    sameShape(x1.shape, [...lead, in1]) &&
    sameShape(x2.shape, [...lead, in2]) &&
    (bias === undefined || sameShape(bias.shape, [out]));
  if (!fits) {
    throw new ShapeError(
      op,
      "expected x1 [..., in1], x2 [..., in2], weight [out, in1, in2] and bias [out]",
      {
        x1: x1.shape,
        x2: x2.shape,
        weight: weight.shape,
        ...(bias === undefined ? {} : { bias: bias.shape }),
      },
    );
  }
  return composite(() => {
    // [B, in1] · [in1, out · in2], then each output's row with x2.
    const left = x1.reshape([-1, in1]).matmul(weight.permute([1, 0, 2]).reshape([in1, out * in2]));
    const y = left
      .reshape([-1, out, in2])
      .matmul(x2.reshape([-1, in2, 1]))
      .reshape([...lead, out]);
    return bias === undefined ? y : y.add(bias);
  });
}
