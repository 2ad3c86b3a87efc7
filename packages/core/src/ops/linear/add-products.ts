// A tensor plus a product of matrices: addmm and its relatives, beta · x + alpha · (a · b).
import { ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { add } from "../elementwise/add.ts";
import { mul } from "../elementwise/mul.ts";
import { sum } from "../reduce/sum.ts";
import { expand } from "../views/expand.ts";
import { outer } from "./outer.ts";
import { bmm, mm, mv } from "./products.ts";

export interface AddProductOptions {
  /** A factor of the first tensor; 0 leaves it out, NaN and all. Default 1. */
  readonly beta?: number | undefined;
  /** A factor of the product. Default 1. */
  readonly alpha?: number | undefined;
}
const OPTIONS: OptionNames<AddProductOptions> = { beta: true, alpha: true };

type AddProduct = (x: Tensor, a: Tensor, b: Tensor, options?: AddProductOptions) => Tensor;

function plus(op: string, product: (a: Tensor, b: Tensor) => Tensor): AddProduct {
  return (x, a, b, options = {}) => {
    checkLive(op, x);
    checkOptions(op, options, OPTIONS);
    const { beta = 1, alpha = 1 } = options;
    return composite(() => {
      const y = product(a, b);
      const scaled = alpha === 1 ? y : mul(y, alpha);
      if (x.ndim > y.ndim) {
        throw new ShapeError(op, "the first tensor does not broadcast to the product", {
          input: x.shape,
          product: y.shape,
        });
      }
      if (beta === 0) return scaled;
      return add(expand(beta === 1 ? x : mul(x, beta), y.shape), scaled);
    });
  };
}

/** beta · x + alpha · (a · b), a [m, k], b [k, n], x broadcast to [m, n]. As `torch.addmm`. */
export const addmm: AddProduct = plus("addmm", mm);
/** beta · x + alpha · (a · b), a [m, k], b [k], x broadcast to [m]. As `torch.addmv`. */
export const addmv: AddProduct = plus("addmv", mv);
/** beta · x + alpha · (a · b), a [B, m, k], b [B, k, n], x broadcast to [B, m, n]. As `torch.baddbmm`. */
export const baddbmm: AddProduct = plus("baddbmm", bmm);
/** beta · x + alpha · Σ a[i] · b[i], a [B, m, k], b [B, k, n], x broadcast to [m, n]. As `torch.addbmm`. */
export const addbmm: AddProduct = plus("addbmm", (a, b) => sum(bmm(a, b), 0));
/** beta · x + alpha · a bᵀ, a [m], b [n], x broadcast to [m, n]. As `torch.addr`. */
export const addr: AddProduct = plus("addr", outer);

declare module "../../tensor.ts" {
  interface TensorMethods {
    addmm(a: Tensor, b: Tensor, options?: AddProductOptions): Tensor;
    addmv(a: Tensor, b: Tensor, options?: AddProductOptions): Tensor;
    baddbmm(a: Tensor, b: Tensor, options?: AddProductOptions): Tensor;
    addbmm(a: Tensor, b: Tensor, options?: AddProductOptions): Tensor;
    addr(a: Tensor, b: Tensor, options?: AddProductOptions): Tensor;
  }
}
methods({
  addmm(a, b, options) {
    return addmm(this, a, b, options);
  },
  addmv(a, b, options) {
    return addmv(this, a, b, options);
  },
  baddbmm(a, b, options) {
    return baddbmm(this, a, b, options);
  },
  addbmm(a, b, options) {
    return addbmm(this, a, b, options);
  },
  addr(a, b, options) {
    return addr(this, a, b, options);
  },
});
