// A = Q · R: orthonormal columns times an upper triangle.
import { ArgumentError, AutogradError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import type { Tensor } from "../../tensor.ts";
import { zeros } from "../creation.ts";
import { add } from "../elementwise/add.ts";
import { sub } from "../elementwise/sub.ts";
import { tril } from "../index/triangle.ts";
import { matmul } from "../linear/matmul.ts";
import { cat } from "../views/cat.ts";
import { sliceDim } from "../views/slice-dim.ts";
import { householder } from "./decompose.ts";
import { eachMatrix, matrixSizes } from "./host.ts";
import { mt, solveTriangular } from "./solve.ts";

interface QrAttrs {
  readonly complete: boolean;
}

const qrOp = defineOp<QrAttrs>()({
  name: "qr",
  label: "linalg.qr",
  doc: "A [..., m, n] = Q · R by Householder's reflections: Q with orthonormal columns, R an upper triangle.",
  example: ["linalg.qr(tensor([[3, 0], [4, 5]])).R", "tensor([[-5., -4.],\n        [ 0.,  3.]])"],
  inputs: ["x"],
  outputs: ["q", "r"],
  saves: ["q", "r"],
  compose: (x, { complete }) => {
    const [m, n] = x.shape.slice(-2) as [number, number];
    const columns = complete ? m : Math.min(m, n);
    const [q, r] = eachMatrix(
      "linalg.qr",
      [x],
      [
        [m, columns],
        [columns, n],
      ],
      ([a]) => {
        const parts = householder(a as Float64Array, m, n, columns);
        return [parts.q, parts.r];
      },
    );
    return { q: q as Tensor, r: r as Tensor };
  },
  // Walter, Lehmann and Lamour, 2012, as PyTorch's qr_backward: with M = R gRᵀ − gQᵀ Q and its lower half mirrored,
  // gA = (gQ + Q · mirrored(M)) R⁻ᵀ. A wide A = [X | Y] with R = [U | V] is Q U and Q V side by side.
  vjp: (gs, { q, r }, { complete }, m) => {
    const [rows, columns] = m.x.shape.slice(-2) as [number, number];
    if (complete && rows > columns) {
      throw new AutogradError(
        'linalg.qr: the extra columns that mode "complete" gives Q are any base of what is left, so A has no gradient; use "reduced"',
      );
    }
    const gq = gs.q ?? zeros(q.shape, { dtype: q.dtype, device: q.backend });
    const gr = gs.r ?? zeros(r.shape, { dtype: r.dtype, device: r.backend });
    const wide = columns > rows;
    const last = q.ndim - 1;
    const part = (t: Tensor, from: number, to: number): Tensor => sliceDim(t, last, from, to);
    const u = wide ? part(r, 0, rows) : r;
    const gu = wide ? part(gr, 0, rows) : gr;
    const gv = wide ? part(gr, rows, columns) : undefined;
    // Y = Q V: gQ gets Y gVᵀ = Q V gVᵀ.
    const whole = gv ? add(gq, matmul(matmul(q, part(r, rows, columns)), mt(gv))) : gq;
    const mixed = sub(matmul(u, mt(gu)), matmul(mt(whole), q));
    const mirrored = add(tril(mixed), mt(tril(mixed, { diagonal: -1 })));
    const gx = solveTriangular(mt(u), add(whole, matmul(q, mirrored)), {
      upper: false,
      left: false,
    });
    return { x: gv ? cat([gx, matmul(q, gv)], { dim: last }) : gx };
  },
  samples: (rng) => [
    [rng.distinct([3, 2]), { complete: false }],
    [rng.distinct([2, 2, 2]), { complete: true }],
    [rng.distinct([2, 3]), { complete: false }],
  ],
  errors: (rng) => [
    [() => qr(rng.tensor([3])), ShapeError, /linalg.qr: expects matrices/],
    [
      () => qr(rng.tensor([2, 2]), { mode: "full" as "r" }),
      ArgumentError,
      /linalg.qr: mode is one of/,
    ],
  ],
});

const MODES = ["reduced", "complete", "r"];
export interface QrOptions {
  /** "reduced": Q [m, k], k the smaller of m and n; "complete": Q [m, m]; "r": R alone, Q empty. Default "reduced". */
  readonly mode?: "reduced" | "complete" | "r" | undefined;
}
const OPTIONS: OptionNames<QrOptions> = { mode: true };

/**
 * { Q, R } with A = Q · R: Q has orthonormal columns, R is an upper triangle, signs as LAPACK's. The gradient needs a
 * regular left part. As `torch.linalg.qr`.
 */
export function qr(x: Tensor, options: QrOptions = {}): { readonly Q: Tensor; readonly R: Tensor } {
  const op = "linalg.qr";
  matrixSizes(op, x);
  checkOptions(op, options, OPTIONS);
  const { mode = "reduced" } = options;
  if (!MODES.includes(mode))
    throw new ArgumentError(op, `mode is one of ${MODES.join(", ")}; got ${mode}`);
  const [Q, R] = qrOp(x, { complete: mode === "complete" });
  return mode === "r" ? { Q: zeros([0], { dtype: x.dtype, device: x.backend }), R } : { Q, R };
}
