// One step of each recurrent net, from what the input gives to the gates and the state before. Cells and layers share
// them; layers compute the input's share of all steps at once.
import { linear, relu, type Tensor, tanh } from "@tapegrad/core";

export type RecurrentKind = "RNN_TANH" | "RNN_RELU" | "LSTM" | "GRU";

/** How many times the hidden size the gates are together. */
export const GATES: Readonly<Record<RecurrentKind, number>> = {
  RNN_TANH: 1,
  RNN_RELU: 1,
  LSTM: 4,
  GRU: 3,
};

/** The hidden state, [N, H], and the cell state of an LSTM. */
export interface State {
  readonly h: Tensor;
  readonly c?: Tensor;
}

export interface Weights {
  /** [gates·H, H]; with a projection [gates·H, P] */
  readonly hidden: Tensor;
  readonly bias: Tensor | null;
  /** [P, H] */
  readonly projection: Tensor | null;
}

export const affine = (x: Tensor, weight: Tensor, bias: Tensor | null): Tensor =>
  bias === null ? linear(x, weight) : linear(x, weight, bias);

/** given: [N, gates·H], the input's share of the gates. */
export function step(kind: RecurrentKind, given: Tensor, state: State, weights: Weights): State {
  const { h } = state;
  const own = affine(h, weights.hidden, weights.bias);
  if (kind === "RNN_TANH") return { h: tanh(given.add(own)) };
  if (kind === "RNN_RELU") return { h: relu(given.add(own)) };
  const size = (given.shape[1] as number) / GATES[kind];
  const part = (t: Tensor, first: number, count = 1): Tensor =>
    t.narrow(1, first * size, count * size);
  if (kind === "GRU") {
    const both = part(given, 0, 2)
      .add(part(own, 0, 2))
      .sigmoid();
    const [reset, update] = [part(both, 0), part(both, 1)];
    const fresh = tanh(part(given, 2).add(reset.mul(part(own, 2))));
    return { h: fresh.add(update.mul(h.sub(fresh))) };
  }
  const gates = given.add(own);
  const both = part(gates, 0, 2).sigmoid();
  const [enter, forget] = [part(both, 0), part(both, 1)];
  const c = forget.mul(state.c as Tensor).add(enter.mul(tanh(part(gates, 2))));
  const out = part(gates, 3).sigmoid().mul(tanh(c));
  return { h: weights.projection === null ? out : linear(out, weights.projection), c };
}
