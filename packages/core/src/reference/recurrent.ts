// Steps of recurrent nets, one row and one unit at a time. All views are contiguous.
import type { FusedKernels, View } from "../backend.ts";
import { numbers } from "./elements.ts";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
type Numbers = ReturnType<typeof numbers>;

/** Calls f for each unit: its number in [N, H], and that of its first gate; the others follow at distance H. */
function eachUnit(h: View, gates: number, f: (unit: number, first: number, size: number) => void) {
  const [rows, size] = h.shape as [number, number];
  for (let n = 0; n < rows; n++) {
    for (let j = 0; j < size; j++) f(n * size + j, n * gates * size + j, size);
  }
}

export const recurrentKernels: Pick<
  FusedKernels,
  "lstmCell" | "lstmCellGrad" | "gruCell" | "gruCellGrad"
> = {
  lstmCell(...views) {
    const [given, gates, c, next, h] = views.map((v) => numbers(v)) as [
      Numbers,
      Numbers,
      Numbers,
      Numbers,
      Numbers,
    ];
    eachUnit(views[4], 4, (unit, first, size) => {
      const sum = (k: number): number => given.get(first + k * size) + gates.get(first + k * size);
      const [enter, forget] = [sigmoid(sum(0)), sigmoid(sum(1))];
      const [fresh, out] = [Math.tanh(sum(2)), sigmoid(sum(3))];
      const state = forget * c.get(unit) + enter * fresh;
      [enter, forget, fresh, out].forEach((v, k) => {
        gates.set(first + k * size, v);
      });
      next.set(unit, state);
      h.set(unit, out * Math.tanh(state));
    });
    return "loop";
  },
  lstmCellGrad(gates, c, next, g, carry, dc, dgates) {
    const [acts, cells, nexts, up, total, down] = [gates, c, next, g, dc, dgates].map((v) =>
      numbers(v),
    ) as [Numbers, Numbers, Numbers, Numbers, Numbers, Numbers];
    const more = carry && numbers(carry);
    eachUnit(c, 4, (unit, first, size) => {
      const at = (k: number): number => acts.get(first + k * size);
      const [enter, forget, fresh, out] = [at(0), at(1), at(2), at(3)];
      const d = up.get(unit) + (more?.get(unit) ?? 0);
      const squashed = Math.tanh(nexts.get(unit));
      const all = total.get(unit) + d * out * (1 - squashed * squashed);
      [
        all * fresh * enter * (1 - enter),
        all * cells.get(unit) * forget * (1 - forget),
        all * enter * (1 - fresh * fresh),
        d * squashed * out * (1 - out),
      ].forEach((v, k) => {
        down.set(first + k * size, v);
      });
      total.set(unit, all * forget);
    });
    return "loop";
  },
  gruCell(given, gates, bias, own, h, next) {
    const [share, acts, kept, before, after] = [given, gates, own, h, next].map((v) =>
      numbers(v),
    ) as [Numbers, Numbers, Numbers, Numbers, Numbers];
    const offsets = bias && numbers(bias);
    const size = h.shape[1] as number;
    eachUnit(h, 3, (unit, first) => {
      const state = (k: number): number =>
        acts.get(first + k * size) + (offsets?.get((unit % size) + k * size) ?? 0);
      const input = (k: number): number => share.get(first + k * size);
      const reset = sigmoid(input(0) + state(0));
      const update = sigmoid(input(1) + state(1));
      const last = state(2);
      const fresh = Math.tanh(input(2) + reset * last);
      [reset, update, fresh].forEach((v, k) => {
        acts.set(first + k * size, v);
      });
      kept.set(unit, last);
      after.set(unit, fresh + update * (before.get(unit) - fresh));
    });
    return "loop";
  },
  gruCellGrad(gates, own, h, g, carry, direct, dgiven, down) {
    const [acts, kept, before, up, past, given, below] = [
      ...[gates, own, h, g],
      ...[direct, dgiven, down],
    ].map((v) => numbers(v)) as [Numbers, Numbers, Numbers, Numbers, Numbers, Numbers, Numbers];
    const more = carry && numbers(carry);
    eachUnit(h, 3, (unit, first, size) => {
      const at = (k: number): number => acts.get(first + k * size);
      const [reset, update, fresh] = [at(0), at(1), at(2)];
      const d = up.get(unit) + (more === undefined ? 0 : more.get(unit) + past.get(unit));
      const dn = d * (1 - update) * (1 - fresh * fresh);
      const dr = dn * kept.get(unit) * reset * (1 - reset);
      const dz = d * (before.get(unit) - fresh) * update * (1 - update);
      [dr, dz, dn].forEach((v, k) => {
        given.set(first + k * size, v);
        below.set(first + k * size, k === 2 ? v * reset : v);
      });
      past.set(unit, d * update);
    });
    return "loop";
  },
};
