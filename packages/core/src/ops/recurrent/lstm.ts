// Long short-term memory over a whole sequence as one op: the input's share of the gates is computed before, by one
// product for all steps; each step adds the state's share, and the gates' arithmetic is one kernel.
//
//   [i, f, g, o] = given + h · Wᵀ,   c' = σ(f) c + σ(i) tanh(g),   h' = σ(o) tanh(c')
//
// Hochreiter and Schmidhuber, https://doi.org/10.1162/neco.1997.9.8.1735, with the forget gates of Gers et al., 2000.
import { isGradEnabled } from "../../autograd/tape.ts";
import type { View } from "../../backend.ts";
import { DTypeError, ShapeError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import type { Tensor } from "../../tensor.ts";
import { zerosLike } from "../creation.ts";
import { contiguous } from "../elementwise/clone.ts";
import { sub } from "../elementwise/sub.ts";
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
     * A step for N rows: `gates` [N, 4·H] holds the state's share of the gates and afterwards σ(i), σ(f), tanh(g),
     * σ(o); given [N, 4·H] is the input's share; c, next, h [N, H]. All contiguous.
     */
    lstmCell(given: View, gates: View, c: View, next: View, h: View): Ran;
    /**
     * The gradient of a step, from what it left: g and carry (absent: none) add up to that of h; dc is that of next,
     * and afterwards that of c; dgates [N, 4·H] is written.
     */
    lstmCellGrad(
      gates: View,
      c: View,
      next: View,
      g: View,
      carry: View | undefined,
      dc: View,
      dgates: View,
    ): Ran;
  }
}

interface Step {
  readonly h: Tensor;
  readonly c: Tensor;
  /** σ(i), σ(f), tanh(g), σ(o). */
  readonly gates: readonly [Tensor, Tensor, Tensor, Tensor];
}

/** One step from the sum of both shares of the gates, [N, 4·H]. */
function stepOf(sum: Tensor, c: Tensor): Step {
  const size = (sum.shape[1] as number) / 4;
  const part = (k: number): Tensor => sum.narrow(1, k * size, size);
  const gates = [part(0).sigmoid(), part(1).sigmoid(), part(2).tanh(), part(3).sigmoid()] as const;
  const [enter, forget, fresh, out] = gates;
  const next = forget.mul(c).add(enter.mul(fresh));
  return { h: out.mul(next.tanh()), c: next, gates };
}

/** The state after one step of an LSTM: gates [N, 4·H] are the sum of the input's and the state's share. @internal */
export function lstmStep(gates: Tensor, c: Tensor): { readonly h: Tensor; readonly c: Tensor } {
  return stepOf(gates, c);
}

/** All steps, in the order they are taken. */
function unrolled(given: Tensor, h0: Tensor, c0: Tensor, weight: Tensor, order: Order): Step[] {
  const steps: Step[] = [];
  let [h, c] = [h0, c0];
  for (const t of times(given.shape[0] as number, order)) {
    const step = stepOf(given.select(0, t).add(matmul(h, weight.t())), c);
    steps.push(step);
    ({ h, c } = step);
  }
  return steps;
}

const lstmOp = defineOp<Order>()({
  name: "lstmSequence",
  doc: "An LSTM over a sequence: given [L, N, 4·H] is the input's share of the gates, weight [4·H, H] makes the state's.",
  inputs: ["given", "h0", "c0", "weight"],
  outputs: ["y", "last", "gates", "cells"],
  constant: ["gates", "cells"],
  contiguousOnly: true,
  saves: ["given", "h0", "c0", "weight", "y", "gates", "cells"],
  multiplyAdds: ([given, h0]) => products(given, h0),
  shape: (given, h0, c0, weight) => {
    checkSequence("lstmSequence", 4, given, weight, { h0, c0 });
    const each = perStep(given, h0);
    return { y: each, last: c0, gates: given, cells: each };
  },
  kernel: (k, given, h0, c0, weight, y, last, gates, cells, order) => {
    if (k.lstmCell === undefined) return undefined;
    return withTransposed(k, weight, given.shape, (columns) => {
      let h: View = h0;
      let c: View = c0;
      let ran: string | undefined = "empty";
      for (const t of times(given.shape[0] as number, order)) {
        const [own, next, out] = [row(gates, t), row(cells, t), row(y, t)];
        if (k.matmul(h, columns, own) === undefined) return undefined;
        ran = k.lstmCell?.(row(given, t), own, c, next, out);
        if (ran === undefined) return undefined;
        h = out;
        c = next;
      }
      k.copy(c, last);
      return ran;
    });
  },
  compose: (given, h0, c0, weight, order) => {
    const steps = unrolled(given, h0, c0, weight, order);
    const all = inTime(steps, order);
    return {
      y: stack(all.map((s) => s.h)),
      last: (steps.at(-1) as Step).c.clone(),
      gates: stack(all.map((s) => joined(s.gates))),
      cells: stack(all.map((s) => s.c)),
    };
  },
  vjp(gs, s, order) {
    // A derivative of this rule must see that gates and cells depend on the inputs.
    const kept = isGradEnabled() ? recomputed(s, order) : s;
    const [dgates, dh0, dc0] = lstmGradOp(
      contiguous(gs.y ?? zerosLike(s.y)),
      contiguous(gs.last ?? zerosLike(s.c0)),
      kept.gates,
      kept.cells,
      s.c0,
      s.weight,
      order,
    );
    return {
      given: dgates,
      h0: dh0,
      c0: dc0,
      weight: hiddenGradient(dgates, s.h0, kept.y, order),
    };
  },
  samples: (rng) =>
    [false, true].map((reverse) => [
      rng.tensor([2, 1, 8]),
      rng.tensor([1, 2]),
      rng.tensor([1, 2]),
      rng.tensor([8, 2]),
      { reverse },
    ]),
  errors: (rng) => [
    [
      () =>
        lstmSequence(
          rng.tensor([3, 2, 6]),
          rng.tensor([2, 2]),
          rng.tensor([2, 2]),
          rng.tensor([8, 2]),
          false,
        ),
      ShapeError,
      /lstmSequence: .*\[L, N, 4·H\]/,
    ],
    [
      () =>
        lstmSequence(
          rng.tensor([3, 2, 8]),
          rng.tensor([2, 2]),
          rng.ints([2, 2], 3),
          rng.tensor([8, 2]),
          false,
        ),
      DTypeError,
      /lstmSequence: .* c0 is int64/,
    ],
  ],
});

const joined = (gates: readonly Tensor[]): Tensor => cat(gates, { dim: 1 });

function recomputed(s: Readonly<Record<"given" | "h0" | "c0" | "weight", Tensor>>, order: Order) {
  const all = inTime(unrolled(s.given, s.h0, s.c0, s.weight, order), order);
  return {
    y: stack(all.map((step) => step.h)),
    gates: stack(all.map((step) => joined(step.gates))),
    cells: stack(all.map((step) => step.c)),
  };
}

const lstmGradOp = defineOp<Order>()({
  name: "lstmSequenceGrad",
  doc: "The gradients of lstmSequence in the gates and the first states, from g, that of its outputs, and glast, that of the last cells.",
  inputs: ["g", "glast", "gates", "cells", "c0", "weight"],
  outputs: ["dgates", "dh0", "dc0"],
  contiguousOnly: true,
  multiplyAdds: ([, , gates, , c0]) => products(gates, c0),
  shape: (_g, _glast, gates, _cells, c0) => ({ dgates: gates, dh0: c0, dc0: c0 }),
  kernel: (k, g, glast, gates, cells, c0, weight, dgates, dh0, dc0, order) => {
    if (k.lstmCellGrad === undefined) return undefined;
    k.copy(glast, dc0);
    let carry: View | undefined;
    let ran: string | undefined = "empty";
    const steps = times(g.shape[0] as number, order);
    for (let i = steps.length - 1; i >= 0; i--) {
      const t = steps[i] as number;
      const c = i === 0 ? c0 : row(cells, steps[i - 1] as number);
      const down = row(dgates, t);
      ran = k.lstmCellGrad(row(gates, t), c, row(cells, t), row(g, t), carry, dc0, down);
      if (ran === undefined || k.matmul(down, weight, dh0) === undefined) return undefined;
      carry = dh0;
    }
    return ran;
  },
  // With s = σ(o): dc += g·s·(1 − tanh²c'); then di = dc·tanh(g), df = dc·c, dg = dc·σ(i), do = g·tanh(c'), each times
  // the slope of its gate; what goes on is dc·σ(f), and dgates · W for the hidden state.
  compose: (g, glast, gates, cells, c0, weight, order) => {
    const steps = times(g.shape[0] as number, order);
    const size = c0.shape[1] as number;
    const down: Tensor[] = [];
    let dc = glast;
    let dh: Tensor | undefined;
    for (let i = steps.length - 1; i >= 0; i--) {
      const t = steps[i] as number;
      const part = (k: number): Tensor => gates.select(0, t).narrow(1, k * size, size);
      const [enter, forget, fresh, out] = [part(0), part(1), part(2), part(3)];
      const c = i === 0 ? c0 : cells.select(0, steps[i - 1] as number);
      const up = dh === undefined ? g.select(0, t) : g.select(0, t).add(dh);
      const squashed = cells.select(0, t).tanh();
      const sigmoidal = (d: Tensor, s: Tensor): Tensor => d.mul(s).mul(sub(1, s));
      const rest = (y: Tensor): Tensor => sub(1, y.square());
      const total = dc.add(up.mul(out).mul(rest(squashed)));
      const dgates = joined([
        sigmoidal(total.mul(fresh), enter),
        sigmoidal(total.mul(c), forget),
        total.mul(enter).mul(rest(fresh)),
        sigmoidal(up.mul(squashed), out),
      ]);
      down.push(dgates);
      dc = total.mul(forget);
      dh = matmul(dgates, weight);
    }
    return { dgates: stack(inTime(down.reverse(), order)), dh0: dh as Tensor, dc0: dc };
  },
  samples: (rng) =>
    [false, true].map((reverse) => [
      rng.tensor([2, 1, 2]),
      rng.tensor([1, 2]),
      rng.tensor([2, 1, 8], { low: 0.1, high: 0.9 }),
      rng.tensor([2, 1, 2]),
      rng.tensor([1, 2]),
      rng.tensor([8, 2]),
      { reverse },
    ]),
});

/**
 * An LSTM over a sequence, as the layers of torch.nn.LSTM compute it: hidden states [L, N, H], and the last cell state.
 * @param given [L, N, 4·H], the input's share of the gates with all biases
 * @param h0 [N, H]; c0 too
 * @param weight [4·H, H], which makes the state's share
 * @throws ShapeError, DTypeError
 * @internal
 */
export function lstmSequence(
  given: Tensor,
  h0: Tensor,
  c0: Tensor,
  weight: Tensor,
  reverse: boolean,
): { readonly y: Tensor; readonly c: Tensor } {
  const [y, last, gates, cells] = lstmOp(
    contiguous(given),
    contiguous(h0),
    contiguous(c0),
    contiguous(weight),
    { reverse },
  );
  gates.release();
  cells.release();
  return { y, c: last };
}
