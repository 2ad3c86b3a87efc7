// How long the ops of a pass take: by the clock of JavaScript, which a CPU's ops run in, or by that of the device.
import { currentBackend } from "@tapegrad/core";
import { type Direction, recordPass } from "./record.ts";

export type Pass = (onDirection: (d: Direction) => void) => void;

/** Milliseconds: medians over some runs, of each op, and of each direction from its start to its end. */
export interface Times {
  readonly opMs: readonly number[];
  readonly passMs: Readonly<Record<Direction, number>>;
}

/** A device that nobody waits for. */
export const NO_TIMES: Times = { opMs: [], passMs: { forward: Number.NaN, backward: Number.NaN } };

/** Runs until the engine has compiled what is often called; then those that are timed, at least so many. */
const WARM_MS = 300;
const LEAST_RUNS = 7;
const TIME_MS = 700;
const MOST_RUNS = 200;
/** Devices need no warming up: what they run is compiled. */
const LEAST_DEVICE_RUNS = 3;

const sinceThen = (start: number): number => {
  currentBackend().synchronize?.();
  return performance.now() - start;
};

export function timed(pass: Pass, count: number): Times {
  const samples = new Samples(count);
  const warm = performance.now();
  while (performance.now() - warm < WARM_MS) pass(() => {});
  const start = performance.now();
  for (let run = 0; run < MOST_RUNS; run++) {
    if (run >= LEAST_RUNS && performance.now() - start > TIME_MS) break;
    for (const [i, { ms }] of recordPass(pass).entries()) samples.ofOp[i]?.push(ms);
    // Without a listener, which costs a little at each op.
    let [direction, since] = ["forward" as Direction, performance.now()];
    pass((next) => {
      const ms = sinceThen(since);
      if (next !== direction) samples.ofPass[direction].push(ms);
      [direction, since] = [next, performance.now()];
    });
    samples.ofPass[direction].push(sinceThen(since));
  }
  return samples.medians();
}

/** By the device's own clock; NO_TIMES where it has none. */
export async function timedByDevice(pass: Pass, count: number): Promise<Times> {
  const backend = currentBackend();
  const samples = new Samples(count);
  const start = performance.now();
  for (let run = 0; run < MOST_RUNS; run++) {
    if (run >= LEAST_DEVICE_RUNS && performance.now() - start > TIME_MS) break;
    let directions: readonly Direction[] = [];
    const spans = await backend.timed?.((mark) => {
      directions = recordPass(pass, { each: mark }).map((event) => event.direction);
    });
    if (spans === undefined) return NO_TIMES;
    for (const [i, { ms }] of spans.entries()) samples.ofOp[i]?.push(ms);
    for (const direction of ["forward", "backward"] as const) {
      // A copy by the engine for copies has no time of its own.
      const own = spans.filter((span, i) => directions[i] === direction && span.ms > 0);
      const [first, last] = [own[0], own.at(-1)];
      if (first && last) samples.ofPass[direction].push(last.end - first.start);
    }
  }
  return samples.medians();
}

class Samples {
  readonly ofOp: readonly number[][];
  readonly ofPass: Readonly<Record<Direction, number[]>> = { forward: [], backward: [] };

  constructor(ops: number) {
    this.ofOp = Array.from({ length: ops }, () => []);
  }

  medians(): Times {
    const { forward, backward } = this.ofPass;
    const passMs = { forward: median(forward), backward: median(backward) };
    return { opMs: this.ofOp.map(median), passMs };
  }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
