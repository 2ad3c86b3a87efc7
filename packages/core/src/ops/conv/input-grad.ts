// Convolution, second of three: the x that a gradient g of x ⋆ w asks for. Seen from the other side it
// is transposed convolution.
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { checkFit } from "./check.ts";
import { byGroup, fromColumns, gradientByGroup } from "./columns.ts";
import { conv } from "./conv.ts";
import { type ConvGeometry, convProducts } from "./geometry.ts";
import { refusedTranspositions } from "./refused.ts";
import { convSamples, transposedSamples } from "./samples.ts";
import { convWeightGrad } from "./weight-grad.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /** dx = ∂⟨g, x ⋆ w⟩ / ∂x. `geometry` is that of the forward. */
    convInputGrad(g: View, w: View, dx: View, geometry: ConvGeometry): Ran;
  }
}

const convInputGradOp = defineOp<ConvGeometry>()({
  name: "convInputGrad",
  doc: "The gradient of ⟨g, conv(x, w)⟩ with respect to x; transposed convolution of g with w.",
  example: [
    "convTranspose1d(tensor([[[1, 2]]]), tensor([[[1, 10]]]))",
    "tensor([[[ 1., 12., 20.]]])",
  ],
  inputs: ["g", "w"],
  outputs: ["dx"],
  saves: ["g", "w"],
  multiplyAdds: ([g, w]) => convProducts(g, w),
  shape: (g, _w, geometry) => ({ shape: geometry.x, dtype: g.dtype }),
  kernel: (k, g, w, dx, geometry) => k.convInputGrad?.(g, w, dx, geometry),
  compose: (g, w, geometry) =>
    fromColumns(
      byGroup(w, geometry).transpose(1, 2).matmul(gradientByGroup(g, geometry)),
      geometry,
    ),
  // ⟨dx′, convInputGrad(g, w)⟩ = ⟨g, dx′ ⋆ w⟩
  vjp: (gs, s, geometry, _m, need) => ({
    g: need.g ? conv(gs.dx, s.w, undefined, geometry) : undefined,
    w: need.w ? convWeightGrad(s.g, gs.dx, geometry) : undefined,
  }),
  samples: (rng) =>
    [...convSamples(), ...transposedSamples()].map(({ geometry }) => [
      rng.tensor(geometry.y),
      rng.tensor(geometry.w),
      geometry,
    ]),
  errors: refusedTranspositions,
});

/**
 * ∂⟨g, conv(x, w)⟩/∂x: g has the shape of conv's output, the result that of its input.
 * As `torch.nn.grad.conv2d_input`, any number of spatial dims.
 * @throws ShapeError, DTypeError when an argument is not what the geometry says
 */
export function convInputGrad(g: Tensor, w: Tensor, geometry: ConvGeometry): Tensor {
  checkFit("convInputGrad", { y: g, w }, geometry);
  return convInputGradOp(g, w, geometry);
}
