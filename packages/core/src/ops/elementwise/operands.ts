// How a two-argument function meets its operands: tensors are promoted, a JS number goes to the scalar
// form of the op, so that no tensor is made for it.
import { ArgumentError } from "../../errors.ts";
import { emptyTensor, type Tensor } from "../../tensor.ts";
import {
  asScalar,
  isTensor,
  type Operand,
  promoted,
  promotedWith,
  type Scalar,
} from "../promote.ts";

interface Forms {
  tensors(a: Tensor, b: Tensor): Tensor;
  /** a op scalar. */
  right(a: Tensor, scalar: Scalar): Tensor;
  /** scalar op b. */
  left(scalar: Scalar, b: Tensor): Tensor;
}

/** Calls the form that fits; its tensors have the dtype of the result. */
export function onOperands(op: string, a: Operand, b: Operand, forms: Forms): Tensor {
  if (isTensor(a)) {
    if (isTensor(b)) {
      if (a.dtype === b.dtype) return forms.tensors(a, b);
      const [p, q] = promoted(a, b);
      return forms.tensors(p, q);
    }
    const s = asScalar(op, b);
    return forms.right(promotedWith(a, s), s);
  }
  const s = asScalar(op, a);
  if (!isTensor(b)) {
    throw new ArgumentError(op, "at least one operand must be a Tensor; make one with tensor(…)");
  }
  return forms.left(s, promotedWith(b, s));
}

/** A zero-dim tensor for a number, where a kernel takes nothing but tensors. */
export function scalarTensor(value: Scalar, like: Tensor): Tensor {
  const { backend } = like.storage;
  const t = emptyTensor(backend, { shape: [], dtype: like.dtype }, "scalar");
  backend.kernels.fill(t, value);
  return t;
}
