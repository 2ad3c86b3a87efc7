// Medians of calls. A short call is timed several at once, so that the clock does not matter.
export interface Effort {
  /** Before anything counts: the engine compiles its kernels twice. */
  readonly warmUpMs: number;
  /** Spent on a row by each who takes part, over all rounds. */
  readonly timedMs: number;
  /** Turns that those who take part have, A B C A B C …. */
  readonly rounds: number;
  /** What is counted. The processor's time leaves out what a shared host gives to others; it adds threads up. */
  readonly clock: keyof typeof CLOCKS;
}

/** Milliseconds since some time in the past. */
export const CLOCKS = {
  wall: () => performance.now(),
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
} as const satisfies Record<string, () => number>;

export const EFFORTS = {
  normal: { warmUpMs: 250, timedMs: 500, rounds: 5, clock: "wall" },
  quick: { warmUpMs: 60, timedMs: 80, rounds: 3, clock: "wall" },
  /** Each row once, for tests. */
  least: { warmUpMs: 0, timedMs: 0, rounds: 1, clock: "wall" },
} as const satisfies Record<string, Effort>;

/** No sample is shorter than this. */
const SHORTEST_MS = 0.25;
/** The first call of a turn finds cold caches and parked threads; it is not counted where it is cheap. */
const CHEAP_MS = 150;

/** NaN for none; those that are NaN do not count. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

type Run = () => void | Promise<void>;

/** Milliseconds of `calls` calls and of `end`, which waits for what they left. A synchronous function is never awaited. */
async function timed(run: Run, calls: number, clock: Effort["clock"], end?: Run): Promise<number> {
  const now = CLOCKS[clock];
  const start = now();
  for (let i = 0; i < calls; i++) {
    const pending = run();
    if (pending !== undefined) await pending;
  }
  const left = end?.();
  if (left !== undefined) await left;
  return now() - start;
}

/** Calls until it is warm. @returns milliseconds of a call, the last ones */
export async function warmUp(run: Run, effort: Effort, end?: Run): Promise<number> {
  if (effort.warmUpMs === 0) return SHORTEST_MS;
  const start = performance.now();
  let last = await timed(run, 1, "wall", end);
  let calls = 1;
  while (performance.now() - start < effort.warmUpMs || (calls < 3 && last < 500)) {
    const many = Math.max(1, Math.min(1000, Math.floor(5 / last)));
    last = (await timed(run, many, "wall", end)) / many;
    calls += many;
  }
  return last;
}

/**
 * One turn: samples of milliseconds per call, for about `effort.timedMs / effort.rounds`.
 * @param perCall milliseconds, as warmUp() says
 * @param end waits at the end of each sample
 */
export async function turn(
  run: Run,
  perCall: number,
  effort: Effort,
  end?: Run,
): Promise<number[]> {
  const inner = Math.max(1, Math.ceil(SHORTEST_MS / Math.max(perCall, 1e-6)));
  if (effort.timedMs > 0 && perCall < CHEAP_MS) await timed(run, inner, effort.clock, end);
  const until = performance.now() + effort.timedMs / effort.rounds;
  const samples: number[] = [];
  do {
    samples.push((await timed(run, inner, effort.clock, end)) / inner);
  } while (performance.now() < until && samples.length < 400);
  return samples;
}
