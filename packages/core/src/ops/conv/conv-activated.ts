// A convolution and the activation behind it in one pass over the result. What the activation let through is
// seen in the result, so that is what the tape keeps, in place of what came before it.
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { type Activation, activated, activatedGrad } from "../activation.ts";
import { checkFit } from "./check.ts";
import { conv } from "./conv.ts";
import { type ConvGeometry, convProducts } from "./geometry.ts";
import { convInputGrad } from "./input-grad.ts";
import { convSamples } from "./samples.ts";
import { convWeightGrad } from "./weight-grad.ts";

interface Attributes {
  readonly geometry: ConvGeometry;
  readonly activation: Exclude<Activation, "none">;
}

const convActivatedOp = defineOp<Attributes>()({
  name: "convActivated",
  label: "conv",
  doc: "activation(conv(x, w, bias)): relu or relu6 of a convolution of 1 to 3 spatial dims.",
  example: [
    'conv1d(tensor([[[1, 2, -4]]]), tensor([[[1, 1]]]), { activation: "relu" })',
    "tensor([[[3., 0.]]])",
  ],
  inputs: ["x", "w", "bias?"],
  outputs: ["y"],
  saves: ["x", "w", "y"],
  multiplyAdds: ([, w], [y]) => convProducts(y, w),
  shape: (x, _w, _bias, { geometry }) => ({ shape: geometry.y, dtype: x.dtype }),
  kernel: (k, x, w, bias, y, { geometry, activation }) =>
    k.conv?.(x, w, bias, y, geometry, activation),
  compose: (x, w, bias, { geometry, activation }) =>
    activated(conv(x, w, bias, geometry), activation),
  vjp(gs, s, { geometry, activation }, _m, need) {
    const g = activatedGrad(gs.y, () => s.y, activation);
    return {
      x: need.x ? convInputGrad(g, s.w, geometry) : undefined,
      w: need.w ? convWeightGrad(g, s.x, geometry) : undefined,
      bias: need.bias ? g.sum(geometry.y.map((_, d) => d).filter((d) => d !== 1)) : undefined,
    };
  },
  samples: (rng) =>
    convSamples().map(({ geometry: g, bias }, i) => [
      rng.tensor(g.x),
      rng.tensor(g.w, { low: -3, high: 4 }),
      bias ? rng.tensor([g.w[0] as number]) : undefined,
      { geometry: g, activation: i % 2 === 0 ? "relu" : "relu6" },
    ]),
});

/**
 * activation(x ⋆ w + bias) with the geometry spelled out.
 * @throws ShapeError, DTypeError when an argument is not what the geometry says
 */
export function convActivated(
  x: Tensor,
  w: Tensor,
  bias: Tensor | undefined,
  attributes: Attributes,
): Tensor {
  checkFit("conv", { x, w }, attributes.geometry);
  return convActivatedOp(x, w, bias, attributes);
}
