// What tapegrad wants to reach, as data, and whether a run reached it. A miss is printed, never a failure:
// other work on the machine can make any row slow.
import { type Measured, ratio, type Timed } from "./measure.ts";
import { leastMs } from "./roofs.ts";
import {
  type Cost,
  GROUPS,
  type MemoryOp,
  type Pass,
  TRANSCENDENTAL,
  WORKLOADS,
} from "./workloads.ts";

/** A peer; "torch" is the better of its two layouts, "torch NCHW" the one of them. */
type Against = "torch" | "torch NCHW" | "tfjs-wasm" | "ort-web";
const PARTIES: Readonly<Record<Against, readonly string[]>> = {
  torch: ["torch", "torch-cl"],
  "torch NCHW": ["torch"],
  "tfjs-wasm": ["tfjs-wasm"],
  "ort-web": ["ort-web"],
};

interface PeerTarget {
  readonly rows: readonly string[];
  readonly pass: Pass;
  /** How many times faster than each of these, at equal threads. */
  readonly factors: { readonly [A in Against]?: number };
}

const WASM = (factor: number) => ({ "tfjs-wasm": factor, "ort-web": factor });

export const PEER_TARGETS: readonly PeerTarget[] = [
  { rows: ["W6-512", "W6-1024"], pass: "fwd", factors: WASM(1.4) },
  {
    rows: ["W1a-g1", "W1a-g2", "W1a-g4", "W1b-g1", "W1b-g2", "W1b-g4"],
    pass: "fwd",
    factors: WASM(3),
  },
  { rows: ["W1a-g256", "W1b-g256"], pass: "fwd", factors: { "torch NCHW": 2 } },
  { rows: ["W2a"], pass: "fwd", factors: { "tfjs-wasm": 2.5, "torch NCHW": 2 } },
  { rows: ["W2d3", "W2d5", "W2g"], pass: "fwd", factors: { "tfjs-wasm": 1.5, "torch NCHW": 1 } },
  { rows: ["W2b"], pass: "fwd", factors: { "tfjs-wasm": 3, "torch NCHW": 0.85 } },
  { rows: ["W2c"], pass: "fwd", factors: { "ort-web": 6, "torch NCHW": 0.6 } },
  {
    rows: ["W2a", "W2b", "W2c", "W2e", "W2f"],
    pass: "fwdbwd",
    factors: { "torch NCHW": 3 },
  },
  { rows: ["W2d3", "W2d5", "W2g"], pass: "fwdbwd", factors: { "torch NCHW": 2 } },
  { rows: ["W2b", "W2c", "W2e"], pass: "fwdbwd", factors: { torch: 2 } },
  { rows: ["W2f"], pass: "fwdbwd", factors: { torch: 3 } },
  { rows: ["W2a"], pass: "fwdbwd", factors: { torch: 1 } },
  { rows: ["W3sep", "W3pw"], pass: "fwd", factors: WASM(1.4) },
  { rows: ["W4inf"], pass: "fwd", factors: WASM(1.5) },
  { rows: ["W4t28", "W4t32"], pass: "fwdbwd", factors: { torch: 0.8 } },
];

/** Of the lower of the two roofs, measured beside the row. */
export const ROOF_TARGET = 0.85;
/** How much faster two threads are than one, where there is this much to do. */
export const SPEEDUP_TARGET = { factor: 1.8, flops: 5e6 };
/** Microseconds of a 10-element add, and of one in a chain with its backward. */
export const OVERHEAD_TARGETS: Readonly<Record<string, number>> = { W5fwd: 0.9, W5bwd: 2 };
/** More groups are less work: the time may not rise. Measurements of the same thing differ by this. */
export const SWEEP_TOLERANCE = 1.05;

export interface Verdict {
  readonly id: string;
  readonly pass: Pass;
  readonly what: string;
  readonly wanted: string;
  readonly got: string;
  readonly reached: boolean;
  readonly note?: string;
}

const isMemoryBound = (op: MemoryOp): boolean => !TRANSCENDENTAL.includes(op);

/** The rows held to the roof. */
export const ROOFED: readonly string[] = [
  "W2a",
  ...WORKLOADS.flatMap(({ id, spec }) =>
    spec.kind === "memory" && isMemoryBound(spec.op) ? [id] : [],
  ),
];

const times = (factor: number): string => `${factor.toFixed(2)}×`;
const percent = (fraction: number): string => `${(100 * fraction).toFixed(0)} %`;

function verdict(
  { row: { workload, pass } }: Measured,
  what: string,
  [wanted, got]: readonly [number, number],
  text: (value: number) => string,
  reached = got >= wanted,
): Verdict {
  return { id: workload.id, pass, what, wanted: text(wanted), got: text(got), reached };
}

function againstPeers(m: Measured): Verdict[] {
  const { workload, pass } = m.row;
  return PEER_TARGETS.filter((t) => t.pass === pass && t.rows.includes(workload.id)).flatMap(
    ({ factors }) =>
      (Object.entries(factors) as [Against, number][]).flatMap(([against, wanted]) => {
        const there = m.others.filter(({ name }) => PARTIES[against].includes(name));
        if (there.length === 0) return [];
        const got = Math.min(...there.map((peer) => ratio(m.own, peer)));
        return [verdict(m, against, [wanted, got], times)];
      }),
  );
}

function againstRoof(m: Measured): Verdict[] {
  const { workload, pass } = m.row;
  const held = ROOFED.includes(workload.id) && (workload.id !== "W2a" || pass === "fwd");
  return held ? [verdict(m, "the lower roof", [ROOF_TARGET, m.fraction], percent)] : [];
}

/**
 * How far the second thread moves the lower roof of a row, measured in its turns: two cores that share a memory, or a
 * host with others, do not give twice.
 */
export function roofSpeedup({ row, roofs, aloneRoofs }: Measured): number | undefined {
  const cost = row.workload.passes[row.pass];
  if (aloneRoofs === undefined || cost === undefined) return undefined;
  return leastMs(aloneRoofs, cost) / leastMs(roofs, cost);
}

/** @param alone tapegrad on one thread, in the same turns */
function againstOneThread(m: Measured, threads: number, alone: Timed | undefined): Verdict[] {
  const { flops }: Cost = m.row.workload.passes[m.row.pass] ?? { flops: 0, bytes: 0 };
  if (threads !== 2 || alone === undefined || flops < SPEEDUP_TARGET.flops) return [];
  const { factor } = SPEEDUP_TARGET;
  const got = ratio(m.own, alone);
  const v = verdict(m, "one thread", [factor, got], times);
  const given = roofSpeedup(m);
  return [given === undefined ? v : { ...v, note: `the roof itself ${times(given)}` }];
}

function overhead(m: Measured): Verdict[] {
  const { id, spec } = m.row.workload;
  const wanted = OVERHEAD_TARGETS[id];
  if (wanted === undefined || spec.kind !== "adds") return [];
  const got = (1000 * m.own.ms) / spec.count;
  const text = (us: number) => `${us.toFixed(2)} µs`;
  return [verdict(m, "an add", [wanted, got], text, got <= wanted)];
}

/** Each number of groups against the one before. */
function sweep(all: readonly Measured[], pass: Pass): Verdict[] {
  const at = (groups: number) =>
    all.find(({ row }) => row.workload.id === `G-${groups}` && row.pass === pass);
  return GROUPS.slice(1).flatMap((groups, i) => {
    const before = at(GROUPS[i] as number);
    const m = at(groups);
    if (before === undefined || m === undefined) return [];
    const wanted = before.own.ms * SWEEP_TOLERANCE;
    const text = (ms: number) => `${ms.toFixed(2)} ms`;
    const what = `not above G-${GROUPS[i]}`;
    return [verdict(m, what, [wanted, m.own.ms], text, m.own.ms <= wanted)];
  });
}

/** All targets that this run had what it takes to judge, in the order of its rows. */
export function judge(all: readonly Measured[], threads: number): Verdict[] {
  const each = all.flatMap((m) => [
    ...againstPeers(m),
    ...againstRoof(m),
    ...againstOneThread(
      m,
      threads,
      m.others.find(({ name }) => name === "tapegrad@1"),
    ),
    ...overhead(m),
  ]);
  return [...each, ...sweep(all, "fwd"), ...sweep(all, "fwdbwd")];
}
