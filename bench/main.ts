// The benchmark: rows from options, measured one after the other, printed as they come.
import { appendFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { measureRow, type Runner } from "./measure.ts";
import { type Options, parseOptions, USAGE, UsageError } from "./options.ts";
import { OwnRunner } from "./own-runner.ts";
import { header, line, record, roofLine } from "./report.ts";
import { RoofMeter } from "./roofs.ts";

const say = (text: string): void => console.log(text);

/** @returns the exit code: 0 done, 2 wrong usage */
export async function main(args: readonly string[]): Promise<number> {
  let options: Options | null;
  try {
    options = parseOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\nnpm run bench -- --help shows the options`);
    return 2;
  }
  if (options === null) say(USAGE);
  else if (options.list) {
    for (const { workload, pass } of options.rows) {
      say(`${workload.id.padEnd(11)} ${pass.padEnd(7)} ${workload.note}`);
    }
  } else await run(options);
  return 0;
}

async function run({ rows, threads, json, effort }: Options): Promise<void> {
  const cores = availableParallelism();
  say(`${cpus()[0]?.model ?? "unknown processor"}, ${cores} cores; Node ${process.versions.node}`);
  if (threads > cores) say(`note: ${threads} threads on ${cores} cores wait for each other`);
  if (json !== undefined) writeFileSync(json, "");
  const meter = new RoofMeter(threads);
  try {
    await meter.warmUp();
    say(`${roofLine(meter.measure(20), threads)}\n`);
    say(header());
    const own: Runner = new OwnRunner(threads);
    const others: Runner[] = threads > 1 ? [new OwnRunner(1)] : [];
    for (const row of rows) {
      const measured = await measureRow(row, own, others, meter, effort);
      say(line(measured));
      if (json !== undefined) appendFileSync(json, `${record(measured, threads)}\n`);
    }
  } finally {
    meter.stop();
  }
}
