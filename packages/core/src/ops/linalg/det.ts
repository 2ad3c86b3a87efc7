// Determinants.
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { composite, methods, type Tensor } from "../../tensor.ts";
import { arange, onesLike, tensor } from "../creation.ts";
import { lt } from "../elementwise/lt.ts";
import { mul } from "../elementwise/mul.ts";
import { where } from "../elementwise/where.ts";
import { indexSelect } from "../index/index-select.ts";
import { cat } from "../views/cat.ts";
import { stack } from "../views/stack.ts";
import { unsqueeze } from "../views/unsqueeze.ts";
import { lu } from "./decompose.ts";
import { eachMatrix, squareSize } from "./host.ts";
import { inverse, mt, regular } from "./solve.ts";

/** The product of the diagonal of LU, as sign and size: the size in logarithms does not overflow. */
function factors(a: Float64Array, n: number): { sign: number; det: number; logabsdet: number } {
  const { lu: both, sign: parity } = lu(a, n);
  let [sign, det, logabsdet] = [parity, parity, 0];
  for (let i = 0; i < n; i++) {
    const d = both[i * n + i] as number;
    sign *= Math.sign(d);
    det *= d;
    logabsdet += Math.log(Math.abs(d));
  }
  return { sign, det, logabsdet };
}

/** g [...] beside matrices [..., n, n]. */
const beside = (g: Tensor): Tensor => unsqueeze(unsqueeze(g, -1), -1);

const detOp = defineOp()({
  name: "det",
  label: "linalg.det",
  doc: "The determinants of matrices [..., n, n], by LU in float64.",
  example: ["linalg.det(tensor([[1, 2], [3, 4]]))", "tensor(-2.)"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x", "y"],
  compose: (x) => {
    const n = x.shape[x.ndim - 1] as number;
    return eachMatrix("linalg.det", [x], [[]], ([a]) => [
      Float64Array.of(factors(a as Float64Array, n).det),
    ])[0] as Tensor;
  },
  // The matrix of cofactors: det · A⁻ᵀ where there is an inverse, else the determinants of what is left.
  vjp: (gs, { x, y }) => {
    const singular = Array.from(y.dataSync() as ArrayLike<number>).some((d) => d === 0);
    return {
      x: singular ? mul(beside(gs.y), cofactors(x)) : mul(beside(mul(gs.y, y)), mt(inverse(x))),
    };
  },
  samples: (rng) => [
    [regular(rng.tensor([3, 3]))],
    [regular(rng.tensor([2, 2, 2]))],
    [mul(rng.tensor([2, 2]), 0)],
  ],
  errors: (rng) => [
    [() => det(rng.tensor([2, 3])), ShapeError, /linalg.det: expects square matrices/],
    [() => slogdet(rng.tensor([3])), ShapeError, /linalg.slogdet: expects matrices/],
  ],
});

function cofactors(x: Tensor): Tensor {
  const n = x.shape[x.ndim - 1] as number;
  if (n === 1) return onesLike(x);
  const device = x.backend;
  const without = (k: number): Tensor =>
    cat([
      arange(0, k, 1, { dtype: "int64", device }),
      arange(k + 1, n, 1, { dtype: "int64", device }),
    ]);
  const rows = Array.from({ length: n }, (_, i) => {
    const left = indexSelect(x, x.ndim - 2, without(i));
    const row = Array.from({ length: n }, (_, j) => {
      const minor = detOp(indexSelect(left, x.ndim - 1, without(j)));
      return (i + j) % 2 === 0 ? minor : mul(minor, -1);
    });
    return stack(row, { dim: -1 });
  });
  return stack(rows, { dim: -2 });
}

const slogdetOp = defineOp()({
  name: "slogdet",
  label: "linalg.slogdet",
  doc: "The sign and the logarithm of the size of determinants; of singular matrices 0 and −∞.",
  example: ["linalg.slogdet(tensor([[1, 2], [3, 4]])).logabsdet", "tensor(0.6931)"],
  inputs: ["x"],
  outputs: ["sign", "logabsdet"],
  saves: ["x"],
  compose: (x) => {
    const n = x.shape[x.ndim - 1] as number;
    const [sign, logabsdet] = eachMatrix("linalg.slogdet", [x], [[], []], ([a]) => {
      const f = factors(a as Float64Array, n);
      return [Float64Array.of(f.sign), Float64Array.of(f.logabsdet)];
    });
    return { sign: sign as Tensor, logabsdet: logabsdet as Tensor };
  },
  // The sign is flat.
  vjp: (gs, { x }) =>
    gs.logabsdet === undefined ? {} : { x: mul(beside(gs.logabsdet), mt(inverse(x))) },
  samples: (rng) => [[regular(rng.tensor([3, 3]))], [regular(rng.tensor([2, 2, 2]))]],
});

/** The determinants of matrices [..., n, n]; the gradient is that of the cofactors, also where it is 0. As `torch.det`. */
export function det(x: Tensor): Tensor {
  squareSize("linalg.det", x);
  return detOp(x);
}

/** The sign of a determinant, and the logarithm of its size. */
export interface SignAndLog {
  readonly sign: Tensor;
  readonly logabsdet: Tensor;
}

/** { sign, logabsdet } of the determinants of matrices [..., n, n]. As `torch.slogdet`. */
export function slogdet(x: Tensor): SignAndLog {
  squareSize("linalg.slogdet", x);
  const [sign, logabsdet] = slogdetOp(x);
  return { sign, logabsdet };
}

/** The logarithms of the determinants of matrices [..., n, n]; NaN where one is negative. As `torch.logdet`. */
export function logdet(x: Tensor): Tensor {
  squareSize("logdet", x);
  return composite(() => {
    const { sign, logabsdet } = slogdet(x);
    const missing = tensor(Number.NaN, { dtype: x.dtype, device: x.backend });
    return where(lt(sign, 0), missing, logabsdet);
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    det(): Tensor;
    slogdet(): SignAndLog;
    logdet(): Tensor;
  }
}
methods({
  det() {
    return det(this);
  },
  slogdet() {
    return slogdet(this);
  },
  logdet() {
    return logdet(this);
  },
});
