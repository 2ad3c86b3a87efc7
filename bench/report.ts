// What is printed and what is written: a line for each row.
import { agree, type Measured, ratio } from "./measure.ts";
import type { Row } from "./options.ts";
import type { Roofs } from "./roofs.ts";
import type { Verdict } from "./targets.ts";

const COLUMNS = { id: 14, pass: 7, ms: 9, gflops: 9, gbs: 8, roof: 6 } as const;
/** Of kernel names, on the terminal; the file has all. */
const WIDEST = 72;

/** Three significant digits. */
export function number(value: number): string {
  if (!Number.isFinite(value) || value === 0) return "–";
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value >= 1 ? value.toFixed(2) : value.toFixed(3);
}
const percent = (fraction: number): string =>
  fraction === 0 ? "–" : `${(100 * fraction).toFixed(0)} %`;

function perSecond({ row: { workload, pass }, own }: Measured): { gflops: number; gbs: number } {
  const cost = workload.passes[pass] ?? { flops: 0, bytes: 0 };
  return { gflops: cost.flops / own.ms / 1e6, gbs: cost.bytes / own.ms / 1e6 };
}

/** Microseconds of one addition, where that is what a row is about. */
function microsecondsPerAdd({ row, own }: Measured): number | undefined {
  const { spec } = row.workload;
  return spec.kind === "adds" ? (1000 * own.ms) / spec.count : undefined;
}

export function roofLine(roofs: Roofs, threads: number): string {
  const on = threads === 1 ? "1 thread" : `${threads} threads`;
  return `roofs on ${on}: ${number(roofs.gflops)} GFLOP/s of multiply-adds, ${number(roofs.gbs)} GB/s copying 8 MiB`;
}

export function header(): string {
  return [
    "row".padEnd(COLUMNS.id),
    "pass".padEnd(COLUMNS.pass),
    "ms".padStart(COLUMNS.ms),
    "GFLOP/s".padStart(COLUMNS.gflops),
    "GB/s".padStart(COLUMNS.gbs),
    "roof".padStart(COLUMNS.roof),
    " kernels",
  ].join(" ");
}

export function line(measured: Measured): string {
  const { row, own, fraction } = measured;
  const { gflops, gbs } = perSecond(measured);
  const perAdd = microsecondsPerAdd(measured);
  const names = perAdd === undefined ? [] : [`${number(perAdd)} µs per add`];
  return [
    row.workload.id.padEnd(COLUMNS.id),
    row.pass.padEnd(COLUMNS.pass),
    number(own.ms).padStart(COLUMNS.ms),
    number(gflops).padStart(COLUMNS.gflops),
    number(gbs).padStart(COLUMNS.gbs),
    percent(fraction).padStart(COLUMNS.roof),
    ` ${cut([...names, ...own.kernels].join(", "))}`,
  ].join(" ");
}

/** How many times as long the others take, beneath the row. */
export function ratios({ row, own, others, failed }: Measured): string[] {
  const indent = " ".repeat(COLUMNS.id + COLUMNS.pass + 2);
  const names = others.map((o) => `${o.name} ${number(o.ms)} ms = ${ratio(own, o).toFixed(2)}×`);
  const notes = [
    ...others.filter((o) => !agree(own, o)).map((o) => `${o.name} computes something else`),
    // What a peer never has is in the README and in the file.
    ...failed.filter((f) => f.unexpected).map(({ name, why }) => `${name}: ${why}`),
  ].map((note) => `${indent}! ${row.workload.id}: ${note}`);
  return [...(names.length === 0 ? [] : [`${indent}${names.join(", ")}`]), ...notes];
}

/** All targets that could be judged. */
export function verdicts(all: readonly Verdict[]): string {
  const missed = all.filter((v) => !v.reached);
  const rows = [...missed, ...all.filter((v) => v.reached)].map((v) =>
    [
      v.reached ? "reached" : "MISSED ",
      v.id.padEnd(COLUMNS.id),
      v.pass.padEnd(COLUMNS.pass),
      v.what.padEnd(16),
      v.wanted.padStart(9),
      v.got.padStart(9),
      ...(v.note === undefined ? [] : [` ${v.note}`]),
    ].join(" "),
  );
  const titles = ["target ", "row".padEnd(COLUMNS.id), "pass".padEnd(COLUMNS.pass)];
  const head = [...titles, "against".padEnd(16), "wanted".padStart(9), "got".padStart(9)].join(" ");
  return [head, ...rows, `${all.length - missed.length} of ${all.length} targets reached`].join(
    "\n",
  );
}

const cut = (text: string): string =>
  text.length <= WIDEST ? text : `${text.slice(0, WIDEST - 1)}…`;

const digits = (value: number): number => Number(value.toPrecision(5));

/** One line of the JSON file. */
export function record(measured: Measured, threads: number): string {
  const { row, own, others, failed, roofs, fraction } = measured;
  const { gflops, gbs } = perSecond(measured);
  const perAdd = microsecondsPerAdd(measured);
  return JSON.stringify({
    id: row.workload.id,
    pass: row.pass,
    threads,
    msMedian: digits(own.ms),
    gflops: digits(gflops),
    gbs: digits(gbs),
    kernels: own.kernels,
    samples: own.samples,
    ...(perAdd === undefined ? {} : { usPerAdd: digits(perAdd) }),
    roofGflops: digits(roofs.gflops),
    roofGbs: digits(roofs.gbs),
    roofFraction: digits(fraction),
    ...(others.length === 0
      ? {}
      : {
          peers: others.map((o) => ({
            name: o.name,
            msMedian: digits(o.ms),
            samples: o.samples,
            ratio: digits(ratio(own, o)),
            agrees: agree(own, o),
          })),
        }),
    ...(failed.length === 0 ? {} : { without: failed.map(({ name, why }) => ({ name, why })) }),
  });
}

export const failedLine = ({ workload, pass }: Row, { message }: Error): string =>
  `${workload.id.padEnd(COLUMNS.id)} ${pass.padEnd(COLUMNS.pass)} failed: ${message}`;

export const failedRecord = (row: Row, threads: number, { message }: Error): string =>
  JSON.stringify({ id: row.workload.id, pass: row.pass, threads, error: message });
