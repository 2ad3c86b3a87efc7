// Gated recurrent units over a whole sequence as one op, as lstm.ts has it for its kind:
//
//   own = h · Wᵀ + b,   r = σ(given_r + own_r),   z = σ(given_z + own_z),   n = tanh(given_n + r · own_n),
//   h' = n + z (h − n)
//
// Cho et al., https://arxiv.org/abs/1406.1078, with the reset behind the product, as torch.nn.GRU.
import { isGradEnabled } from "../../autograd/tape.ts";
import type { View } from "../../backend.ts";
import { ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { contiguous } from "../elementwise/clone.ts";
import { sub } from "../elementwise/sub.ts";
import { linear } from "../linear/linear.ts";
import { matmul } from "../linear/matmul.ts";
import { cat } from "../views/cat.ts";
import { stack } from "../views/stack.ts";
import {
  checkSequence,
  hiddenGradient,
  inTime,
  type Order,
  perStep,
  products,
  row,
  times,
  withTransposed,
} from "./sequence.ts";

declare module "../../backend.ts" {
  interface FusedKernels {
    /**
     * A step for N rows: `gates` [N, 3·H] holds h · Wᵀ and afterwards r, z, n; own [N, H] is what r is multiplied with,
     * bias included; given [N, 3·H] is the input's share, bias [3·H] the state's, h and next [N, H]. All contiguous.
     */
    gruCell(given: View, gates: View, bias: View | undefined, own: View, h: View, next: View): Ran;
    /**
     * The gradient of a step, from what it left: g, carry (absent: none) and direct add up to that of next, and
     * afterwards direct is what of it goes to h past the product; dgiven and down [N, 3·H] are those of given and of
     * h · Wᵀ. The first step (no carry) does not read direct.
     */
    gruCellGrad(
      gates: View,
      own: View,
      h: View,
      g: View,
      carry: View | undefined,
      direct: View,
      dgiven: View,
      down: View,
    ): Ran;
  }
}

interface Step {
  readonly h: Tensor;
  /** r, z, n. */
  readonly gates: readonly [Tensor, Tensor, Tensor];
  readonly own: Tensor;
}

const third = (t: Tensor, k: number): Tensor => {
  const size = (t.shape[1] as number) / 3;
  return t.narrow(1, k * size, size);
};

/** One step from both shares of the gates, [N, 3·H]. */
function stepOf(given: Tensor, own: Tensor, h: Tensor): Step {
  const reset = third(given, 0).add(third(own, 0)).sigmoid();
  const update = third(given, 1).add(third(own, 1)).sigmoid();
  const kept = third(own, 2);
  const fresh = third(given, 2).add(reset.mul(kept)).tanh();
  return { h: fresh.add(update.mul(h.sub(fresh))), gates: [reset, update, fresh], own: kept };
}

/** The state after one step of a GRU, from the input's and the state's share of the gates, [N, 3·H]. @internal */
export const gruStep = (given: Tensor, own: Tensor, h: Tensor): Tensor => stepOf(given, own, h).h;

interface Inputs {
  readonly given: Tensor;
  readonly h0: Tensor;
  readonly weight: Tensor;
  readonly bias?: Tensor | undefined;
}

/** Of all steps, in the order of the sequence. */
function unrolled({ given, h0, weight, bias }: Inputs, order: Order) {
  const steps: Step[] = [];
  let h = h0;
  for (const t of times(given.shape[0] as number, order)) {
    const own = bias === undefined ? linear(h, weight) : linear(h, weight, bias);
    const step = stepOf(given.select(0, t), own, h);
    steps.push(step);
    h = step.h;
  }
  const all = inTime(steps, order);
  return {
    y: stack(all.map((s) => s.h)),
    gates: stack(all.map((s) => cat(s.gates, { dim: 1 }))),
    own: stack(all.map((s) => s.own)),
  };
}

const gruOp = defineOp<Order>()({
  name: "gruSequence",
  doc: "A GRU over a sequence: given [L, N, 3·H] is the input's share of the gates; weight [3·H, H] and bias make the state's.",
  inputs: ["given", "h0", "weight", "bias?"],
  outputs: ["y", "gates", "own"],
  constant: ["gates", "own"],
  contiguousOnly: true,
  saves: ["given", "h0", "weight", "bias", "y", "gates", "own"],
  multiplyAdds: ([given, h0]) => products(given, h0),
  shape: (given, h0, weight, bias) => {
    checkSequence("gruSequence", 3, given, weight, { h0 });
    if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== weight.shape[0])) {
      throw new ShapeError("gruSequence", "bias must be [3·H]", {
        weight: weight.shape,
        bias: bias.shape,
      });
    }
    const each = perStep(given, h0);
    return { y: each, gates: given, own: each };
  },
  kernel: (k, given, h0, weight, bias, y, gates, own, order) => {
    if (k.gruCell === undefined) return undefined;
    return withTransposed(k, weight, given.shape, (columns) => {
      let h: View = h0;
      let ran: string | undefined = "empty";
      for (const t of times(given.shape[0] as number, order)) {
        const [state, next] = [row(gates, t), row(y, t)];
        if (k.matmul(h, columns, state) === undefined) return undefined;
        ran = k.gruCell?.(row(given, t), state, bias, row(own, t), h, next);
        if (ran === undefined) return undefined;
        h = next;
      }
      return ran;
    });
  },
  compose: (given, h0, weight, bias, order) => unrolled({ given, h0, weight, bias }, order),
  vjp(gs, s, order, m, need) {
    // A derivative of this rule must see that the gates depend on the inputs.
    const kept = isGradEnabled() ? unrolled(s, order) : s;
    const [dgiven, down, dh0] = gruGradOp(
      contiguous(gs.y as Tensor),
      kept.gates,
      kept.own,
      kept.y,
      s.h0,
      s.weight,
      order,
    );
    return {
      given: dgiven,
      h0: dh0,
      weight: hiddenGradient(down, s.h0, kept.y, order),
      bias: need.bias && m.bias ? down.sum([0, 1]) : undefined,
    };
  },
  samples: (rng) =>
    [false, true].map((reverse) => [
      rng.tensor([2, 1, 6]),
      rng.tensor([1, 2]),
      rng.tensor([6, 2]),
      reverse ? undefined : rng.tensor([6]),
      { reverse },
    ]),
  errors: (rng) => [
    [
      () =>
        gruSequence(
          rng.tensor([3, 2, 6]),
          rng.tensor([2, 3]),
          rng.tensor([6, 2]),
          undefined,
          false,
        ),
      ShapeError,
      /gruSequence: .*\[L, N, 3·H\]/,
    ],
    [
      () =>
        gruSequence(
          rng.tensor([3, 2, 6]),
          rng.tensor([2, 2]),
          rng.tensor([6, 2]),
          rng.tensor([2]),
          false,
        ),
      ShapeError,
      /gruSequence: bias must be \[3·H\]/,
    ],
  ],
});

const gruGradOp = defineOp<Order>()({
  name: "gruSequenceGrad",
  doc: "The gradients of gruSequence in given, in the state's share of the gates and in h0 (and what of that came through the product), from g, that of its outputs.",
  inputs: ["g", "gates", "own", "y", "h0", "weight"],
  outputs: ["dgiven", "down", "dh0", "product"],
  contiguousOnly: true,
  multiplyAdds: ([, gates, , , h0]) => products(gates, h0),
  shape: (_g, gates, _own, _y, h0) => ({
    dgiven: gates,
    down: gates,
    dh0: h0,
    product: h0,
  }),
  kernel: (k, g, gates, own, y, h0, weight, dgiven, down, dh0, product, order) => {
    if (k.gruCellGrad === undefined) return undefined;
    const steps = times(g.shape[0] as number, order);
    let carry: View | undefined;
    let ran: string | undefined = "empty";
    for (let i = steps.length - 1; i >= 0; i--) {
      const t = steps[i] as number;
      const h = i === 0 ? h0 : row(y, steps[i - 1] as number);
      const [into, below] = [row(dgiven, t), row(down, t)];
      // dh0 carries what passes the product by, until the first step has been reached.
      ran = k.gruCellGrad(row(gates, t), row(own, t), h, row(g, t), carry, dh0, into, below);
      if (ran === undefined) return undefined;
      if (k.matmul(below, weight, product) === undefined) return undefined;
      carry = product;
    }
    k.binary("add", dh0, product, dh0);
    return ran;
  },
  // dz = d (h − n) z (1 − z), dn = d (1 − z)(1 − n²), dr = dn · own · r (1 − r); past the product goes d z.
  compose: (g, gates, own, y, h0, weight, order) => {
    const steps = times(g.shape[0] as number, order);
    const given: Tensor[] = [];
    const down: Tensor[] = [];
    let carry: Tensor | undefined;
    let product = h0;
    for (let i = steps.length - 1; i >= 0; i--) {
      const t = steps[i] as number;
      const [reset, update, fresh] = [0, 1, 2].map((k) => third(gates.select(0, t), k)) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const h = i === 0 ? h0 : y.select(0, steps[i - 1] as number);
      const d: Tensor = carry === undefined ? g.select(0, t) : g.select(0, t).add(carry);
      const slope = (s: Tensor): Tensor => s.mul(sub(1, s));
      const dn = d.mul(sub(1, update)).mul(sub(1, fresh.square()));
      const dr = dn.mul(own.select(0, t)).mul(slope(reset));
      const dz = d.mul(h.sub(fresh)).mul(slope(update));
      given.push(cat([dr, dz, dn], { dim: 1 }));
      const below = cat([dr, dz, dn.mul(reset)], { dim: 1 });
      down.push(below);
      product = matmul(below, weight);
      carry = d.mul(update).add(product);
    }
    return {
      dgiven: stack(inTime(given.reverse(), order)),
      down: stack(inTime(down.reverse(), order)),
      dh0: carry as Tensor,
      product,
    };
  },
  samples: (rng) =>
    [false, true].map((reverse) => [
      rng.tensor([2, 1, 2]),
      rng.tensor([2, 1, 6], { low: 0.1, high: 0.9 }),
      rng.tensor([2, 1, 2]),
      rng.tensor([2, 1, 2]),
      rng.tensor([1, 2]),
      rng.tensor([6, 2]),
      { reverse },
    ]),
});

/**
 * A GRU over a sequence, as the layers of torch.nn.GRU compute it: hidden states [L, N, H].
 * @param given [L, N, 3·H], the input's share of the gates with its bias
 * @param h0 [N, H]
 * @param weight [3·H, H], which makes the state's share with bias [3·H]
 * @throws ShapeError, DTypeError
 * @internal
 */
export function gruSequence(
  given: Tensor,
  h0: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  reverse: boolean,
): Tensor {
  const [y, gates, own] = gruOp(
    contiguous(given),
    contiguous(h0),
    contiguous(weight),
    bias && contiguous(bias),
    { reverse },
  );
  gates.release();
  own.release();
  return y;
}
