// Products of vectors: every pair (outer, kron), along the last dim (inner, vdot), at right angles (cross).
import { IndexError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { broadcastShapes, normalizeDim } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { mul } from "../elementwise/mul.ts";
import { sub } from "../elementwise/sub.ts";
import { expand } from "../views/expand.ts";
import { roll } from "../views/roll.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { reshape } from "../views/view.ts";
import { dot } from "./products.ts";
import { tensordot } from "./tensordot.ts";

/**
 * a bᵀ of vectors [m] and [n]: [m, n]. As `torch.outer`.
 * @throws ShapeError unless both are vectors
 */
export function outer(a: Tensor, b: Tensor): Tensor {
  checkLive("outer", a);
  checkLive("outer", b);
  if (a.ndim !== 1 || b.ndim !== 1) {
    throw new ShapeError("outer", "expects two vectors", { a: a.shape, b: b.shape });
  }
  return composite(() => mul(unsqueeze(a, 1), b));
}

/** Sums of products along the last dims of a and b, which have one size; a number scales. As `torch.inner`. */
export function inner(a: Tensor, b: Tensor): Tensor {
  checkLive("inner", a);
  checkLive("inner", b);
  if (a.ndim === 0 || b.ndim === 0) return mul(a, b);
  return tensordot(a, b, { dims: [[-1], [-1]] });
}

/** As `torch.vdot`: dot, as there is nothing to conjugate. */
export const vdot = (a: Tensor, b: Tensor): Tensor => dot(a, b);

/** Kronecker's product: a with each element replaced by it times b; ranks are filled up in front. As `torch.kron`. */
export function kron(a: Tensor, b: Tensor): Tensor {
  checkLive("kron", a);
  checkLive("kron", b);
  const rank = Math.max(a.ndim, b.ndim);
  const filled = (x: Tensor): number[] => [...new Array<number>(rank - x.ndim).fill(1), ...x.shape];
  const [p, q] = [filled(a), filled(b)];
  return composite(() => {
    const wide = reshape(
      a,
      p.flatMap((n) => [n, 1]),
    );
    const close = reshape(
      b,
      q.flatMap((n) => [1, n]),
    );
    return reshape(
      mul(wide, close),
      p.map((n, d) => n * (q[d] as number)),
    );
  });
}

export interface CrossOptions {
  /** Where the three coordinates lie. Default: the first dim of size 3. */
  readonly dim?: number | undefined;
}
const CROSS: OptionNames<CrossOptions> = { dim: true };

/**
 * The vector at right angles to a and b, broadcast. As `torch.cross`.
 * @throws ShapeError unless dim has 3 elements
 */
export function cross(a: Tensor, b: Tensor, options: CrossOptions = {}): Tensor {
  const op = "cross";
  checkLive(op, a);
  checkLive(op, b);
  checkOptions(op, options, CROSS);
  const shape = broadcastShapes(op, a.shape, b.shape);
  const dim =
    options.dim === undefined ? shape.indexOf(3) : normalizeDim(op, options.dim, shape.length);
  if (dim < 0) throw new IndexError(op, `no dim of [${shape.join(", ")}] has size 3`);
  if (shape[dim] !== 3)
    throw new ShapeError(op, `dim ${dim} must have size 3`, { a: a.shape, b: b.shape });
  return composite(() => {
    const turned = (x: Tensor, by: number): Tensor => roll(expand(x, shape), -by, { dims: dim });
    return sub(mul(turned(a, 1), turned(b, 2)), mul(turned(a, 2), turned(b, 1)));
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    outer(b: Tensor): Tensor;
    inner(b: Tensor): Tensor;
    vdot(b: Tensor): Tensor;
    kron(b: Tensor): Tensor;
    cross(b: Tensor, options?: CrossOptions): Tensor;
  }
}
methods({
  outer(b) {
    return outer(this, b);
  },
  inner(b) {
    return inner(this, b);
  },
  vdot(b) {
    return vdot(this, b);
  },
  kron(b) {
    return kron(this, b);
  },
  cross(b, options) {
    return cross(this, b, options);
  },
});
