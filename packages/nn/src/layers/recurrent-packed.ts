// A recurrent layer over packed sequences: runs of steps that equally many sequences have are one call each, between
// which sequences end, or, read backwards, begin.
import { cat, type Tensor } from "@tapegrad/core";
import type { State } from "./recurrent-step.ts";

/** What one direction of one layer makes of its input. */
export interface Passed {
  readonly output: Tensor;
  readonly last: State;
}

/** `pass` over packed rows, segment by segment; sequences end, or read backwards begin, between two of them. */
export function inSegments(
  segments: readonly { readonly steps: number; readonly rows: number }[],
  data: Tensor,
  from: State,
  reverse: boolean,
  pass: (x: Tensor, from: State) => Passed,
): Passed {
  const narrowed = (s: State, start: number, rows: number): State => ({
    h: s.h.narrow(0, start, rows),
    ...(s.c && { c: s.c.narrow(0, start, rows) }),
  });
  const joined = (list: readonly State[]): State => ({
    h: cat(list.map((s) => s.h)),
    ...(list[0]?.c && { c: cat(list.map((s) => s.c as Tensor)) }),
  });
  const starts: number[] = [];
  segments.reduce((at, { steps, rows }) => {
    starts.push(at);
    return at + steps * rows;
  }, 0);
  const order = segments.map((_, i) => (reverse ? segments.length - 1 - i : i));
  const outputs: Tensor[] = [];
  const ended: State[] = [];
  let state = narrowed(from, 0, segments[order[0] as number]?.rows as number);
  let active = state.h.shape[0] as number;
  for (const i of order) {
    const { steps, rows } = segments[i] as { steps: number; rows: number };
    if (rows < active) {
      ended.unshift(narrowed(state, rows, active - rows));
      state = narrowed(state, 0, rows);
    } else if (rows > active) state = joined([state, narrowed(from, active, rows - active)]);
    active = rows;
    const part = data.narrow(0, starts[i] as number, steps * rows);
    const { output, last } = pass(part.reshape([steps, rows, -1]), state);
    outputs[i] = output.reshape([steps * rows, -1]);
    state = last;
  }
  return { output: cat(outputs), last: ended.length > 0 ? joined([state, ...ended]) : state };
}
