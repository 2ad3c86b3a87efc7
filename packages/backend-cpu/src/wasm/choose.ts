// Which of several ways to compute a kernel takes. By shape, as a rule: the first in the list that takes a
// shape and suits it. With tune(), by time: each way that takes the shape is tried on the call's own buffers
// (outputs are written over and over, inputs stay as they are), and the fastest is kept.
import { type Choosing, choosing, keepPick, pickFor, tellChoice } from "@tapegrad/core";
import type { WasmContext } from "./context.ts";
import { awaitThreads } from "./threads/await-threads.ts";

/** One way to compute something of shape S. */
export interface Path<S, Run> {
  readonly name: string;
  /** Whether it is right for this shape. */
  takes(shape: S): boolean;
  /** Whether it is expected to be the fastest of those behind it in the list that take it. */
  suits(shape: S): boolean;
  readonly run: Run;
}

/** The static pick. The last path of a list takes and suits everything. */
export function staticPick<S, Run>(paths: readonly Path<S, Run>[], shape: S): Path<S, Run> {
  return paths.find((path) => path.takes(shape) && path.suits(shape)) as Path<S, Run>;
}

/** A list of paths of one kernel. */
export interface Choosable<S, Run> {
  /** The name of the kernel in the backend contract. */
  readonly kernel: string;
  readonly paths: readonly Path<S, Run>[];
  /** The shape in words: equal for equal shapes, different for different ones. */
  geometry(shape: S): string;
  /** The static pick, where it is remembered. */
  pick?(shape: S): Path<S, Run>;
}

/**
 * Runs the path that is to be taken, and returns it.
 * @param run computes the whole result with a path; it may be called any number of times
 */
export function runChosen<S, Run>(
  ctx: WasmContext,
  list: Choosable<S, Run>,
  shape: S,
  run: (path: Path<S, Run>) => void,
): Path<S, Run> {
  if (choosing !== null) return runMeasured(choosing, ctx, list, shape, run);
  const path = list.pick?.(shape) ?? staticPick(list.paths, shape);
  run(path);
  return path;
}

function runMeasured<S, Run>(
  { byTime, asked }: Choosing,
  ctx: WasmContext,
  { kernel, paths, geometry }: Choosable<S, Run>,
  shape: S,
  run: (path: Path<S, Run>) => void,
): Path<S, Run> {
  const fixed = staticPick(paths, shape);
  const takers = paths.filter((path) => path.takes(shape));
  if (takers.length === 1 && !asked) {
    run(fixed);
    return fixed;
  }
  const words = geometry(shape);
  const question = `wasm ${kernel} ${words}`;
  const circumstances = `${ctx.pool.size} threads, ${ctx.relaxed ? "relaxed SIMD" : "SIMD128"}`;
  const keptName = byTime ? pickFor(question, circumstances) : undefined;
  // A name from a file may be of a path that is gone.
  const kept = takers.find((path) => path.name === keptName);
  let pick = byTime ? kept : fixed;
  if (asked || pick === undefined) {
    awaitThreads(ctx);
    const runs = takers.map((path) => () => {
      run(path);
      ctx.arena.settle();
    });
    const ms = measure(runs);
    if (pick === undefined) {
      pick = fastest(takers, ms, fixed);
      keepPick(question, circumstances, pick.name);
    }
    if (asked) {
      const candidates = takers.map(({ name }, i) => ({ name, ms: ms[i] as number }));
      const by = byTime ? "time" : "shape";
      tellChoice({ kernel, geometry: words, candidates, pick: pick.name, by });
    }
  }
  // Last, so that the result is that of the pick.
  run(pick);
  return pick;
}

/** Another path must be so much faster than the static pick, or noise would decide between equals. */
const CLEARLY = 0.96;

function fastest<P>(paths: readonly P[], ms: readonly number[], fixed: P): P {
  const best = ms.indexOf(Math.min(...ms));
  const before = ms[paths.indexOf(fixed)] as number;
  return (ms[best] as number) < CLEARLY * before ? (paths[best] as P) : fixed;
}

// ---- measuring --------------------------------------------------------------------------------------

/** Engines run new code in a slow form first, and compile it well behind the scenes: ms and runs until then. */
const WARM_MS = 25;
const WARM_RUNS = 2;
/** What is so many times slower than the best while it warms up is given up: no compiler makes up for that. */
const GIVEN_UP = 12;
/** Making code takes about so long; below, it is no sign of anything. */
const CODE_MS = 5;
/** Clocks of browsers tick about so often. */
const CLOCK_MS = 0.1;
/** One sample lasts at least this long (ms), so that the clock can be read; there are so many of each. */
const SAMPLE_MS = 0.4;
const MOST_RUNS = 1000;
const ROUNDS = 15;
/** No more rounds after so many ms, once there are three. */
const ENOUGH_MS = 400;
/** What is so much slower than the best is not sampled any further. */
const HOPELESS = 4;

const msOf = (run: () => void, times: number): number => {
  const start = performance.now();
  for (let i = 0; i < times; i++) run();
  return (performance.now() - start) / times;
};

/** Milliseconds of one run of each, the least of some samples that alternate. */
export function measure(runs: readonly (() => void)[]): number[] {
  const rough = warmUp(runs);
  const best = Math.max(Math.min(...rough), CLOCK_MS);
  // What is shorter than the clock can tell counts from its samples alone, which are longer.
  const ms = rough.map((r) => (r < CLOCK_MS ? Number.POSITIVE_INFINITY : r));
  if (runs.length === 1 && best > ENOUGH_MS) return ms;
  const start = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, run] of runs.entries()) {
      const once = rough[i] as number;
      if (once > HOPELESS * best) continue;
      const times = Math.ceil(Math.min(SAMPLE_MS / once, MOST_RUNS));
      ms[i] = Math.min(ms[i] as number, msOf(run, times));
    }
    if (round >= 2 && performance.now() - start > ENOUGH_MS) break;
  }
  return ms;
}

/** Roughly the milliseconds of one run, once the engine has compiled it well. */
function warmUp(runs: readonly (() => void)[]): number[] {
  let best = Number.POSITIVE_INFINITY;
  return runs.map((run) => {
    const start = performance.now();
    let least = msOf(run, 1); // makes the code, too: may well be longer than the next
    for (let times = 0; times < WARM_RUNS || performance.now() - start < WARM_MS; times++) {
      if (least > GIVEN_UP * Math.max(best, CODE_MS)) break;
      least = Math.min(least, msOf(run, 1));
    }
    best = Math.min(best, least);
    return least;
  });
}
