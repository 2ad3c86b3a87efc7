// Convolution, first of three. ⟨g, x ⋆ w⟩ is linear in each of g, x and w, so there are three ops, one
// for each of them left out: conv (of x and w), convInputGrad (of g and w), convWeightGrad (of g and x).
// The derivative of each is the other two; that is why every order of derivative exists. groups is
// geometry: nothing here loops over groups, and depthwise is groups = channels.
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import type { Activation } from "../activation.ts";
import { checkFit } from "./check.ts";
import { byGroup, columns } from "./columns.ts";
import { type ConvGeometry, convProducts } from "./geometry.ts";
import { convInputGrad } from "./input-grad.ts";
import { refusedConvolutions } from "./refused.ts";
import { convSamples } from "./samples.ts";
import { convWeightGrad } from "./weight-grad.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /** y = activation(x ⋆ w, plus bias per output channel). All strided, y contiguous. */
    conv(
      x: View,
      w: View,
      bias: View | undefined,
      y: View,
      g: ConvGeometry,
      activation: Activation,
    ): Ran;
  }
}

const convOp = defineOp<ConvGeometry>()({
  name: "conv",
  doc: "Cross-correlation of x [N, C, …] with w [O, C / groups, …], plus bias [O]; 1 to 3 spatial dims.",
  example: ["conv1d(tensor([[[1, 2, 4]]]), tensor([[[1, 10]]]))", "tensor([[[21., 42.]]])"],
  inputs: ["x", "w", "bias?"],
  outputs: ["y"],
  saves: ["x", "w"],
  multiplyAdds: ([, w], [y]) => convProducts(y, w),
  shape: (x, _w, _bias, g) => ({ shape: g.y, dtype: x.dtype }),
  kernel: (k, x, w, bias, y, g) => k.conv?.(x, w, bias, y, g, "none"),
  // im2col: w [G, O/G, C/G·K] × columns [N, G, C/G·K, positions]
  compose(x, w, bias, g) {
    const y = byGroup(w, g).matmul(columns(x, g)).reshape(g.y);
    return bias === undefined
      ? y
      : y.add(bias.reshape([g.y[1] as number, ...g.stride.map(() => 1)]));
  },
  vjp: (gs, s, g, _m, need) => ({
    x: need.x ? convInputGrad(gs.y, s.w, g) : undefined,
    w: need.w ? convWeightGrad(gs.y, s.x, g) : undefined,
    bias: need.bias ? gs.y.sum(g.y.map((_, d) => d).filter((d) => d !== 1)) : undefined,
  }),
  samples: (rng) =>
    convSamples().map(({ geometry: g, bias }) => [
      rng.tensor(g.x),
      rng.tensor(g.w),
      bias ? rng.tensor([g.w[0] as number]) : undefined,
      g,
    ]),
  errors: refusedConvolutions,
});

/**
 * x ⋆ w + bias with the geometry spelled out; what conv1d, conv2d and conv3d call.
 * @throws ShapeError, DTypeError when an argument is not what the geometry says
 */
export function conv(
  x: Tensor,
  w: Tensor,
  bias: Tensor | undefined,
  geometry: ConvGeometry,
): Tensor {
  checkFit("conv", { x, w }, geometry);
  return convOp(x, w, bias, geometry);
}
