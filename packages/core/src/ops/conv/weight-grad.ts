// Convolution, third of three: the weight that a gradient g of x ⋆ w asks for.
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { checkFit } from "./check.ts";
import { columns, gradientByGroup } from "./columns.ts";
import { conv } from "./conv.ts";
import { type ConvGeometry, convProducts } from "./geometry.ts";
import { convInputGrad } from "./input-grad.ts";
import { convSamples } from "./samples.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /** dw = ∂⟨g, x ⋆ w⟩ / ∂w, summed over the batch. `geometry` is that of the forward. */
    convWeightGrad(g: View, x: View, dw: View, geometry: ConvGeometry): Ran;
  }
}

const convWeightGradOp = defineOp<ConvGeometry>()({
  name: "convWeightGrad",
  doc: "The gradient of ⟨g, conv(x, w)⟩ with respect to w.",
  inputs: ["g", "x"],
  outputs: ["dw"],
  saves: ["g", "x"],
  multiplyAdds: ([g], [dw]) => convProducts(g, dw),
  shape: (g, _x, geometry) => ({ shape: geometry.w, dtype: g.dtype }),
  kernel: (k, g, x, dw, geometry) => k.convWeightGrad?.(g, x, dw, geometry),
  compose: (g, x, geometry) =>
    gradientByGroup(g, geometry)
      .matmul(columns(x, geometry).transpose(2, 3))
      .sum(0)
      .reshape(geometry.w),
  // ⟨dw′, convWeightGrad(g, x)⟩ = ⟨g, x ⋆ dw′⟩
  vjp: (gs, s, geometry, _m, need) => ({
    g: need.g ? conv(s.x, gs.dw, undefined, geometry) : undefined,
    x: need.x ? convInputGrad(s.g, gs.dw, geometry) : undefined,
  }),
  samples: (rng) =>
    convSamples().map(({ geometry }) => [rng.tensor(geometry.y), rng.tensor(geometry.x), geometry]),
});

/**
 * ∂⟨g, conv(x, w)⟩/∂w: g has the shape of conv's output, the result that of its weight.
 * As `torch.nn.grad.conv2d_weight`, any number of spatial dims.
 * @throws ShapeError, DTypeError when an argument is not what the geometry says
 */
export function convWeightGrad(g: Tensor, x: Tensor, geometry: ConvGeometry): Tensor {
  checkFit("convWeightGrad", { y: g, x }, geometry);
  return convWeightGradOp(g, x, geometry);
}
