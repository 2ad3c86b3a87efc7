// The benchmark: rows from options, measured one after the other, printed as they come.
import { appendFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { GPU_ROWS, type GpuRowName } from "./gpu-rows.ts";
import { type Measured, type Meters, measureRow, type Runner } from "./measure.ts";
import { type Options, parseOptions, USAGE, UsageError } from "./options.ts";
import { OwnRunner } from "./own-runner.ts";
import type { PeerRunner } from "./peer-runner.ts";
import { findPeers } from "./peers.ts";
import {
  failedLine,
  failedRecord,
  header,
  line,
  ratios,
  record,
  roofLine,
  verdicts,
} from "./report.ts";
import { measureNow, meterFor } from "./roofs.ts";
import { judge } from "./targets.ts";

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** @returns the exit code: 0 done, 1 a row failed, 2 wrong usage */
export async function main(args: readonly string[]): Promise<number> {
  let options: Options | null;
  try {
    options = parseOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\nnpm run bench -- --help shows the options`);
    return 2;
  }
  if (options === null) {
    say(USAGE);
    return 0;
  }
  if (!options.list) {
    return options.gpu === undefined ? run(options) : runGpu(options.gpu, options);
  }
  for (const name of options.gpu ?? []) say(`${name.padEnd(19)} ${GPU_ROWS[name]}`);
  for (const { workload, pass } of options.rows) {
    say(`${workload.id.padEnd(14)} ${pass.padEnd(7)} ${workload.note}`);
  }
  return 0;
}

/** The GPU has rows of its own. */
async function runGpu(names: readonly GpuRowName[], { effort, json }: Options): Promise<number> {
  const { benchGpu } = await import("./gpu.ts");
  const rows = await benchGpu(names, effort, say);
  if (json !== undefined) {
    writeFileSync(json, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }
  return 0;
}

/** The peers that are there; says which are not. */
function peersFor(threads: number, wanted: RegExp): readonly PeerRunner[] {
  const { runners, missing } = findPeers(threads, wanted);
  for (const why of missing) say(`without ${why}`);
  const names = runners.map(({ name, version }) => `${name} ${version}`);
  if (names.length > 0) say(`peers: ${names.join(", ")}`);
  else say("no peers at all: bench/README.md says how they are installed");
  return runners;
}

async function run({ rows, threads, json, peers: wanted, effort }: Options): Promise<number> {
  const cores = availableParallelism();
  say(`${cpus()[0]?.model ?? "unknown processor"}, ${cores} cores; Node ${process.versions.node}`);
  if (effort.clock === "cpu") say("times are the processor's, without what others took of it");
  if (threads > cores) say(`note: ${threads} threads on ${cores} cores wait for each other`);
  if (json !== undefined) writeFileSync(json, "");
  const write = (text: string) => {
    if (json !== undefined) appendFileSync(json, `${text}\n`);
  };
  const own: Runner = new OwnRunner(threads);
  const peers = wanted === undefined ? [] : peersFor(threads, wanted);
  const others: Runner[] = [...(threads > 1 ? [new OwnRunner(1)] : []), ...peers];
  const stopAll = () => {
    for (const peer of peers) peer.stop();
  };
  process.once("exit", stopAll);
  const done: Measured[] = [];
  const conclude = () => {
    const all = judge(done, threads);
    if (all.length > 0) say(`\n${verdicts(all)}`);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      conclude();
      process.exit(130);
    });
  }
  const meter = meterFor(threads, effort.clock);
  const alone = threads > 1 ? meterFor(1, effort.clock) : undefined;
  const meters: Meters = { meter, ...(alone === undefined ? {} : { alone }) };
  try {
    meter.warmUp();
    alone?.warmUp();
    if (alone !== undefined) say(roofLine(measureNow(alone, 20), 1));
    say(`${roofLine(measureNow(meter, 20), threads)}\n`);
    say(header());
    for (const row of rows) {
      try {
        const measured = await measureRow(row, own, others, meters, effort);
        done.push(measured);
        for (const text of [line(measured), ...ratios(measured)]) say(text);
        write(record(measured, threads));
      } catch (error) {
        say(failedLine(row, error as Error));
        write(failedRecord(row, threads, error as Error));
      }
    }
  } finally {
    meter.stop();
    alone?.stop();
    stopAll();
  }
  conclude();
  return done.length === rows.length ? 0 : 1;
}
