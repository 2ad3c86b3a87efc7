// An explanation as people read it: a table, then the totals.

import { grouped, table } from "../terminal/table.ts";
import { threadsText } from "../terminal/threads-text.ts";
import type { ExplainedOp, ExplainedPass, Explanation } from "./explain.ts";

/** The last ones are left out where nothing is known of them. */
const HEADER = [
  ...["layer", "type", "op", "output", "kernel"],
  ...["ms", "rate"],
  ...["of roof", "candidates, ms"],
];
const WITHOUT_TIMES = 5;
const WITHOUT_ROOFS = 7;

/** Three digits. */
export const short = (n: number): string =>
  n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n >= 1 ? n.toFixed(2) : n.toFixed(3);

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

const rate = (op: ExplainedOp): string =>
  op.boundBy === "arithmetic" || (op.boundBy === null && op.multiplyAdds > 0)
    ? `${short(op.gflops)} GFLOP/s`
    : `${short(op.gbs)} GB/s`;

/** The fastest ones, and the pick in any case. */
const SHOWN = 3;

function candidatesText({ candidates, pick, pickedBy }: ExplainedOp): string {
  if (candidates.length < 2) return "";
  const how = pickedBy === "time" ? "tuned" : "by shape";
  const sorted = [...candidates].sort((a, b) => a.ms - b.ms);
  const shown = sorted.filter(({ name }, i) => i < SHOWN || name === pick);
  const texts = shown.map(
    ({ name, ms }) => `${name} ${short(ms)}${name === pick ? ` (${how})` : ""}`,
  );
  const rest = sorted.length - shown.length;
  return [...texts, ...(rest > 0 ? [`${rest} slower`] : [])].join(", ");
}

/** A tuned pick would take this share off the time of the op. */
const WORTH_IT = 0.1;

/** Ops of which another way was clearly faster than the one picked by shape. */
const couldBeFaster = ({ candidates, pick, pickedBy }: ExplainedOp): boolean => {
  const picked = candidates.find((c) => c.name === pick);
  if (picked === undefined || pickedBy === "time") return false;
  return Math.min(...candidates.map((c) => c.ms)) < (1 - WORTH_IT) * picked.ms;
};

function passText(
  name: string,
  { ms, opMs, multiplyAdds, gflops, roofShare }: ExplainedPass,
): string {
  const work = `${grouped(multiplyAdds)} multiply-adds`;
  if (Number.isNaN(ms)) return `${name}: ${work}`;
  const share = roofShare === null ? "" : `, ${percent(roofShare)} of the roof`;
  return `${name}: ${short(ms)} ms, of them ${short(opMs)} ms in kernels: ${work}, ${short(gflops)} GFLOP/s${share}`;
}

type Data = Omit<Explanation, "toString">;

/** Kernels of the CPU take less than half of the time, which wants an explanation. A device's own clock sees no JavaScript. */
const mostlyAround = ({ roofs, forward: { ms, opMs } }: Data): boolean =>
  roofs !== null && opMs < 0.5 * ms;

/** Ops below this share of the time, without arithmetic or a choice, are put together. */
const MINOR = 0.005;

interface Row {
  readonly layer: string;
  readonly type: string;
  /** One, or several minor ones of a layer and direction. */
  readonly ops: readonly ExplainedOp[];
}

function rowsOf(e: Data): Row[] {
  const total = e.forward.opMs + (e.backward?.opMs ?? 0);
  const isMinor = (op: ExplainedOp): boolean =>
    op.ms < MINOR * total && op.multiplyAdds === 0 && op.candidates.length < 2;
  const rows: { layer: string; type: string; ops: ExplainedOp[] }[] = [];
  let minor: (typeof rows)[number] | undefined;
  for (const op of e.ops) {
    const first = minor?.ops[0];
    if (!isMinor(op)) rows.push({ layer: op.layer, type: op.type, ops: [op] });
    else if (first?.layer === op.layer && first.direction === op.direction) minor?.ops.push(op);
    else {
      minor = { layer: op.layer, type: op.type, ops: [op] };
      rows.push(minor);
    }
  }
  return rows;
}

function cells({ ops }: Row, both: boolean): string[] {
  const [op] = ops as [ExplainedOp];
  const arrow = both && op.direction === "backward" ? "← " : "";
  if (ops.length > 1) {
    const ms = ops.reduce((all, { ms }) => all + ms, 0);
    return [`${arrow}${ops.length} small ops`, "", "", short(ms), "", "", ""];
  }
  return [
    `${arrow}${op.op}`,
    `[${op.output.join(", ")}]`,
    op.kernel,
    short(op.ms),
    rate(op),
    percent(op.roofShare ?? 0),
    candidatesText(op),
  ];
}

function roofsText({ gflops, gbs, copies }: NonNullable<Data["roofs"]>): string {
  const inCaches = Math.max(...copies.map((c) => c.gbs));
  return `roofs of this machine: ${short(gflops)} GFLOP/s, copies ${short(gbs)} GB/s (up to ${short(inCaches)} in the caches)`;
}

export function explanationText(e: Data): string {
  const both = e.backward !== null;
  let before: string | undefined;
  const rows = rowsOf(e).map((row) => {
    const isNew = row.layer !== before;
    before = row.layer;
    return [isNew ? row.layer || "(model)" : "", isNew ? row.type : "", ...cells(row, both)];
  });
  const { roofs } = e;
  const noTimes = Number.isNaN(e.forward.ms);
  const columns = noTimes ? WITHOUT_TIMES : roofs === null ? WITHOUT_ROOFS : HEADER.length;
  const place = [
    e.backend,
    ...(roofs === null ? [] : [threadsText(e.threads)]),
    ...(e.deterministic ? ["deterministic mode"] : []),
    ...(e.tuned ? ["picks by time"] : []),
  ];
  const faster = e.ops.filter(couldBeFaster).length;
  return [
    `${e.model}, input [${e.input.join(", ")}], backend ${place.join(", ")}`,
    ...(roofs === null ? [] : [roofsText(roofs)]),
    ...(noTimes
      ? ["without times: this device has no clock, or was not waited for (explainAsync)"]
      : []),
    "",
    table(
      HEADER.slice(0, columns),
      rows.map((row) => row.slice(0, columns)),
    ),
    "",
    passText("forward", e.forward),
    ...(e.backward === null ? [] : [passText("backward", e.backward)]),
    ...(mostlyAround(e)
      ? [
          "the rest is JavaScript around the kernels: calls, checks, memory; it fades with larger batches",
        ]
      : []),
    ...(faster === 0
      ? []
      : [
          `${faster === 1 ? "one op has a way that was" : `${faster} ops have ways that were`} faster here than the pick by shape; tuning takes them (--tune, tune())`,
        ]),
  ].join("\n");
}
