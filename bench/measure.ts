// One row: everybody who takes part is made ready, then they have their turns, A B C A B C …, the roofs among
// them. What is compared was measured within a second or so, whatever else the machine was doing.
import type { RoofMeter } from "../packages/backend-cpu/src/index.ts";
import type { Row } from "./options.ts";
import { leastMs, measureNow, type Roofs } from "./roofs.ts";
import { type Effort, median } from "./timing.ts";

/** Who takes part: tapegrad, or a peer. One row at a time. */
export interface Runner {
  readonly name: string;
  /** @returns why it has no such row, or undefined */
  refuses(row: Row): string | undefined;
  /** Ready and warm. */
  prepare(row: Row, effort: Effort): Promise<Ready>;
  /** Samples of milliseconds per call. */
  turn(): Promise<number[]>;
  /** Lets go of what it holds for the row. */
  finish(): Promise<void>;
}
export interface Ready {
  /** Means of the absolute values of the results: see own.ts. */
  readonly probe: readonly number[];
  readonly kernels: readonly string[];
}

export interface Timed extends Ready {
  readonly name: string;
  /** Of the rounds: a fast round has more samples, but no more weight. */
  readonly ms: number;
  /** The median of each round. */
  readonly rounds: readonly number[];
  readonly samples: number;
}
export interface Absent {
  readonly name: string;
  readonly why: string;
  /** Not a row it never has: it should have run. */
  readonly unexpected: boolean;
}
export interface Measured {
  readonly row: Row;
  readonly own: Timed;
  readonly others: readonly Timed[];
  /** Who could not, and why. */
  readonly failed: readonly Absent[];
  /** In the turns of this row. */
  readonly roofs: Roofs;
  /** Those of one thread, where tapegrad on one thread takes part: what the machine's second core gives at all. */
  readonly aloneRoofs?: Roofs;
  /** Of the lower roof; 0 where a row has neither arithmetic nor bytes to speak of. */
  readonly fraction: number;
}

export interface Meters {
  readonly meter: RoofMeter;
  /** Of one thread, if the rows are on more. */
  readonly alone?: RoofMeter;
}

interface Entry {
  readonly runner: Runner;
  readonly ready: Ready;
  readonly rounds: number[][];
}

/** Samples of the roofs in each round. */
const ROOF_SAMPLES = 3;
/** Who has used this much has no more turns. */
const MOST_MS = 5000;
/**
 * Rows of tiny ops time the code around kernels. The engine compiles that for a second or more on a busy host; and every
 * 100,000 tensors or so are collected, which takes as long as ten calls: a turn of few calls is one collection by chance.
 */
const TINY: Pick<Effort, "warmUpMs" | "timedMs"> = { warmUpMs: 1500, timedMs: 600 };
/** Results of the same float32 arithmetic in another order differ by less. */
const SAME = 1e-3;

const medians = (roofs: readonly Roofs[]): Roofs => ({
  gflops: median(roofs.map((r) => r.gflops)),
  gbs: median(roofs.map((r) => r.gbs)),
});

const forTiny = (effort: Effort): Effort =>
  effort.timedMs === 0
    ? effort // each row once
    : {
        ...effort,
        warmUpMs: Math.max(effort.warmUpMs, TINY.warmUpMs),
        timedMs: Math.max(effort.timedMs, TINY.timedMs),
      };

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Whether two have computed the same; true where there is nothing to compare. */
export const agree = (a: Ready, b: Ready): boolean =>
  a.probe.every((value, i) => {
    const other = b.probe[i] ?? value;
    return Math.abs(value - other) <= SAME * Math.abs(value);
  });

export async function measureRow(
  row: Row,
  own: Runner,
  others: readonly Runner[],
  { meter, alone }: Meters,
  given: Effort,
): Promise<Measured> {
  const effort = row.workload.spec.kind === "adds" ? forTiny(given) : given;
  const failed: Absent[] = [];
  const entries: Entry[] = [];
  for (const runner of [own, ...others]) {
    const why = runner.refuses(row);
    if (why !== undefined) {
      failed.push({ name: runner.name, why, unexpected: false });
      continue;
    }
    try {
      entries.push({ runner, ready: await runner.prepare(row, effort), rounds: [] });
    } catch (error) {
      if (runner === own) throw error;
      failed.push({ name: runner.name, why: (error as Error).message, unexpected: true });
    }
  }
  const roofs: Roofs[] = [];
  const aloneRoofs: Roofs[] = [];
  for (let round = 0; round < effort.rounds; round++) {
    for (const entry of [...entries]) {
      if (sum(entry.rounds.flat()) > MOST_MS) {
        entry.rounds.push([]);
        continue;
      }
      try {
        entry.rounds.push(await entry.runner.turn());
      } catch (error) {
        if (entry.runner === own) throw error;
        failed.push({ name: entry.runner.name, why: (error as Error).message, unexpected: true });
        entries.splice(entries.indexOf(entry), 1);
      }
    }
    roofs.push(measureNow(meter, ROOF_SAMPLES));
    if (alone !== undefined) aloneRoofs.push(measureNow(alone, ROOF_SAMPLES));
  }
  for (const { runner } of entries) await runner.finish();

  const [first, ...rest] = entries.map(({ runner, ready, rounds }): Timed => {
    const medians = rounds.map(median);
    const samples = rounds.flat().length;
    return { ...ready, name: runner.name, ms: median(medians), rounds: medians, samples };
  });
  if (first === undefined) throw new Error(`${row.workload.id}: tapegrad did not run`);
  const here = medians(roofs);
  const cost = row.workload.passes[row.pass];
  const fraction = cost === undefined ? 0 : leastMs(here, cost) / first.ms;
  return {
    row,
    own: first,
    others: rest,
    failed,
    roofs: here,
    ...(alone === undefined ? {} : { aloneRoofs: medians(aloneRoofs) }),
    fraction,
  };
}

/** How many times longer b takes than a: the median over the rounds, which drift together. */
export const ratio = (a: Timed, b: Timed): number =>
  median(a.rounds.map((ms, i) => (b.rounds[i] ?? Number.NaN) / ms));
