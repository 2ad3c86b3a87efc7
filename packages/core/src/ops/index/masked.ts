// maskedFill, maskedSelect, maskedScatter: the elements that a mask of bools names.
import type { Meta } from "../../backend.ts";
import { type DType, isFloating, isIntegral } from "../../dtype.ts";
import { DTypeError, ShapeError } from "../../errors.ts";
import { broadcastShapes, sizeOf } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { full, tensor } from "../creation.ts";
import { where } from "../elementwise/where.ts";
import { asScalar, isTensor, type Operand } from "../promote.ts";
import { expand } from "../views/expand.ts";
import { narrow } from "../views/slice-dim.ts";
import { reshape } from "../views/view.ts";
import { gatherChecked } from "./gather.ts";
import { nonzeroPlaces } from "./nonzero.ts";
import { sameDType, scatter } from "./scatter.ts";

export function checkMask(op: string, mask: Tensor): void {
  checkLive(op, mask);
  if (mask.dtype !== "bool") {
    throw new DTypeError(
      op,
      `mask must be bool, got ${mask.dtype}; compare it (x.ne(0)) or use to("bool")`,
    );
  }
}

const category = (dtype: DType): number => (isFloating(dtype) ? 2 : isIntegral(dtype) ? 1 : 0);

/** A number or zero-dim tensor as a zero-dim tensor of x's dtype. @throws DTypeError where the category is lost */
export function fillValue(op: string, x: Tensor, value: Operand): Tensor {
  const lost = (what: string) =>
    new DTypeError(op, `${what} cannot be stored in a tensor of ${x.dtype}; use where()`);
  if (isTensor(value)) {
    checkLive(op, value);
    if (value.ndim !== 0) {
      throw new ShapeError(op, "the value must be a number or a zero-dim tensor; use where()", {
        value: value.shape,
      });
    }
    if (category(value.dtype) > category(x.dtype)) throw lost(`a value of ${value.dtype}`);
    return value.dtype === x.dtype ? value : value.to(x.dtype);
  }
  const s = asScalar(op, value);
  if (typeof s === "number" && !Number.isInteger(s) && !isFloating(x.dtype)) throw lost(String(s));
  return full([], s, { dtype: x.dtype, device: x.backend });
}

/**
 * As `torch.masked_fill`: x with value (a number or a zero-dim tensor) where mask holds, in x's dtype; x and mask
 * broadcast. The gradient of what was overwritten is 0.
 * @throws DTypeError unless mask is bool, or where the value does not fit into x's dtype; ShapeError
 */
export function maskedFill(x: Tensor, mask: Tensor, value: Operand): Tensor {
  checkLive("maskedFill", x);
  checkMask("maskedFill", mask);
  return composite(() => where(mask, fillValue("maskedFill", x, value), x));
}

const int64 = (places: readonly number[], x: Meta & { readonly backend: string }): Tensor =>
  tensor(
    BigInt64Array.from(places, (p) => BigInt(p)),
    { device: x.backend },
  );

/**
 * As `torch.masked_select`: the elements of x where mask holds, in one dimension; x and mask broadcast. The mask is
 * read at once.
 * @throws DTypeError unless mask is bool; DeviceError on devices that cannot be read at once
 */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  checkLive("maskedSelect", x);
  checkMask("maskedSelect", mask);
  const shape = broadcastShapes("maskedSelect", x.shape, mask.shape);
  return composite(() => {
    const places = nonzeroPlaces(expand(mask, shape));
    return gatherChecked(reshape(expand(x, shape), [sizeOf(shape)]), 0, int64(places, x));
  });
}

/**
 * As `torch.masked_scatter`: x with the elements of source, in their order, where mask holds; x and mask broadcast.
 * @throws ShapeError when source has fewer elements than mask names; DTypeError, DeviceError
 */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  const op = "maskedScatter";
  checkLive(op, x);
  checkMask(op, mask);
  checkLive(op, source);
  sameDType(op, x, source);
  const shape = broadcastShapes(op, x.shape, mask.shape);
  return composite(() => {
    const places = nonzeroPlaces(expand(mask, shape));
    if (places.length > source.numel) {
      throw new ShapeError(
        op,
        `mask names ${places.length} elements and source has only ${source.numel}`,
        { mask: mask.shape, source: source.shape },
      );
    }
    const flat = reshape(expand(x, shape), [sizeOf(shape)]);
    const values = narrow(reshape(source, [source.numel]), 0, 0, places.length);
    return reshape(scatter(flat, 0, int64(places, x), values), shape);
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    maskedFill(mask: Tensor, value: Operand): Tensor;
    maskedSelect(mask: Tensor): Tensor;
    maskedScatter(mask: Tensor, source: Tensor): Tensor;
  }
}
methods({
  maskedFill(mask, value) {
    return maskedFill(this, mask, value);
  },
  maskedSelect(mask) {
    return maskedSelect(this, mask);
  },
  maskedScatter(mask, source) {
    return maskedScatter(this, mask, source);
  },
});
