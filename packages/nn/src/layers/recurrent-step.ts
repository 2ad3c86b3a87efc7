// One step of each recurrent net, from what the input gives to the gates and the state before: what cells do, and
// layers that core has no op for, which takes all steps at once (RNN, LSTM with a projection).
import { gruStep, linear, lstmStep, relu, type Tensor, tanh } from "@tapegrad/core";

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
  if (kind === "GRU") return { h: gruStep(given, own, h) };
  const next = lstmStep(given.add(own), state.c as Tensor);
  const { projection } = weights;
  return projection === null ? next : { h: linear(next.h, projection), c: next.c };
}
