// Smooth activations without settings: mish and logsigmoid, which save their input alone; softsign and tanhshrink,
// which are two ops each.
import { DTypeError } from "../../errors.ts";
import { defineOp, type SampleRng } from "../../op/define.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { clamp } from "../elementwise/clamp.ts";
import { sigmoid } from "../elementwise/sigmoid.ts";
import { softplus } from "../elementwise/softplus.ts";
import { sub } from "../elementwise/sub.ts";
import { tanh } from "../elementwise/tanh.ts";
import { floatingOnly } from "../elementwise/unary.ts";

const samples = (rng: SampleRng): [Tensor][] => [
  [rng.tensor([2, 3], { low: -3, high: 3 })],
  [rng.tensor([])],
  [rng.tensor([0, 2])],
];

const mishOp = defineOp()({
  name: "mish",
  doc: "x · tanh(softplus(x)). Misra, https://arxiv.org/abs/1908.08681.",
  example: ["mish(tensor([0, 1]))", "tensor([0.0000, 0.8651])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  compose: (x) => x.mul(tanh(softplus(x))),
  // With t = tanh(softplus(x)), dt/dx = (1 − t²) · σ(x).
  vjp: (gs, { x }) => {
    const t = tanh(softplus(x));
    return { x: gs.y.mul(t.add(x.mul(sigmoid(x)).mul(sub(1, t.square())))) };
  },
  samples,
  errors: (rng) => [[() => mish(rng.ints([2], 3)), DTypeError, /mish: expected a floating-point/]],
});
/**
 * x · tanh(log(1 + eˣ)); as `torch.nn.functional.mish`.
 * @throws DTypeError unless x is floating-point
 * @see https://arxiv.org/abs/1908.08681
 */
export const mish = (x: Tensor): Tensor => mishOp(floatingOnly("mish", x));

const logsigmoidOp = defineOp()({
  name: "logsigmoid",
  doc: "log σ(x), elementwise, without the overflow of exp(−x).",
  example: ["logsigmoid(tensor([0, -100]))", "tensor([  -0.6931, -100.0000])"],
  inputs: ["x"],
  outputs: ["y"],
  saves: ["x"],
  shape: (x) => ({ shape: x.shape, dtype: x.dtype }),
  compose: (x) => clamp(x, { max: 0 }).sub(x.abs().neg().exp().log1p()),
  vjp: (gs, { x }) => ({ x: gs.y.mul(sigmoid(x.neg())) }),
  samples,
  errors: (rng) => [
    [() => logsigmoid(rng.ints([2], 3)), DTypeError, /logsigmoid: expected a floating-point/],
  ],
});
/**
 * log(1 / (1 + e⁻ˣ)); as `torch.nn.functional.logsigmoid`.
 * @throws DTypeError unless x is floating-point
 */
export const logsigmoid = (x: Tensor): Tensor => logsigmoidOp(floatingOnly("logsigmoid", x));

/**
 * x / (1 + |x|); as `torch.nn.functional.softsign`.
 * @throws DTypeError unless x is floating-point
 */
export function softsign(x: Tensor): Tensor {
  floatingOnly("softsign", x);
  return composite(() => x.div(x.abs().add(1)));
}

/**
 * x − tanh(x); as `torch.nn.functional.tanhshrink`.
 * @throws DTypeError unless x is floating-point
 */
export function tanhshrink(x: Tensor): Tensor {
  floatingOnly("tanhshrink", x);
  return composite(() => x.sub(tanh(x)));
}
