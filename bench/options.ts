// The command line of the benchmark.
import { parseArgs } from "node:util";
import { GPU_ROW_NAMES, type GpuRowName } from "./gpu-rows.ts";
import { EFFORTS, type Effort } from "./timing.ts";
import { type Pass, WORKLOADS, type Workload } from "./workloads.ts";

/** The user asked for something that is not there. */
export class UsageError extends Error {}

export interface Row {
  readonly workload: Workload;
  readonly pass: Pass;
}
export interface Options {
  readonly rows: readonly Row[];
  readonly threads: number;
  readonly json: string | undefined;
  /** Peers whose names match take part. */
  readonly peers: RegExp | undefined;
  readonly effort: Effort;
  readonly list: boolean;
  /** Rows of the GPU's benchmark, instead of the others. */
  readonly gpu: readonly GpuRowName[] | undefined;
}

export const USAGE = `npm run bench -- [options]

  --filter RE     rows whose id matches, e.g. W2a, "^W2", "^(W6|G)-"; default: all
  --pass PASS     fwd, fwdbwd or all (default)
  --threads N     threads of tapegrad and of the peers; default 1
  --json FILE     also write one JSON object a line, as rows come
  --peers         run the installed peers in turns with tapegrad, print ratios and targets
  --against RE    --peers, but only those whose name matches, e.g. torch or "torch|ort-web"
  --device gpu    the kernels of the GPU against hand-written ones, instead of these rows
  --cpu-time      count the processor's time, not the clock's: on a shared host it leaves out what others
                  took; one thread only
  --quick         shorter measurements, less exact
  --list          print the rows instead of running them
  --help          print this`;

const PASSES: Readonly<Record<string, readonly Pass[]>> = {
  fwd: ["fwd"],
  fwdbwd: ["fwdbwd"],
  all: ["fwd", "fwdbwd"],
};

/** @returns null if help was asked for */
export function parseOptions(args: readonly string[]): Options | null {
  const { values } = parsed(args);
  if (values.help) return null;
  const threads = Number(values.threads);
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024) {
    throw new UsageError(`--threads: expected a whole number from 1 on, got '${values.threads}'`);
  }
  if (values.device !== "cpu" && values.device !== "gpu") {
    throw new UsageError(`--device: expected cpu or gpu, got '${values.device}'`);
  }
  if (values["cpu-time"] && threads > 1) {
    throw new UsageError(
      "--cpu-time: threads share the work, but their times add up; use it with --threads 1",
    );
  }
  const effort = values.quick ? EFFORTS.quick : EFFORTS.normal;
  const onGpu = values.device === "gpu";
  return {
    rows: onGpu ? [] : select(values.filter, values.pass),
    gpu: onGpu ? selectGpu(values.filter ?? "") : undefined,
    threads,
    json: values.json,
    peers:
      values.peers || values.against !== undefined
        ? expression("--against", values.against ?? "")
        : undefined,
    effort: { ...effort, clock: values["cpu-time"] ? "cpu" : "wall" },
    list: values.list,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        filter: { type: "string" },
        pass: { type: "string", default: "all" },
        threads: { type: "string", default: "1" },
        json: { type: "string" },
        peers: { type: "boolean", default: false },
        against: { type: "string" },
        device: { type: "string", default: "cpu" },
        "cpu-time": { type: "boolean", default: false },
        quick: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** @throws UsageError if nothing is left */
export function select(filter: string | undefined, pass: string): Row[] {
  const passes = Object.hasOwn(PASSES, pass) ? PASSES[pass] : undefined;
  if (passes === undefined) {
    throw new UsageError(`--pass: expected fwd, fwdbwd or all, got '${pass}'`);
  }
  const pattern = expression("--filter", filter ?? "");
  const found = WORKLOADS.filter(({ id }) => pattern.test(id));
  if (found.length === 0) {
    const ids = WORKLOADS.map(({ id }) => id).join(" ");
    throw new UsageError(`--filter: no row matches /${filter}/; there are\n  ${ids}`);
  }
  const rows = found.flatMap((workload) =>
    passes.filter((p) => workload.passes[p] !== undefined).map((p) => ({ workload, pass: p })),
  );
  if (rows.length === 0) {
    const has = found.map(({ id, passes }) => `${id} (${Object.keys(passes)})`).join(", ");
    throw new UsageError(`--pass ${pass}: the rows that match /${filter}/ have others: ${has}`);
  }
  return rows;
}

function selectGpu(filter: string): GpuRowName[] {
  const pattern = expression("--filter", filter);
  const found = GPU_ROW_NAMES.filter((name) => pattern.test(name));
  if (found.length === 0) {
    throw new UsageError(
      `--filter: no row of the GPU matches /${filter}/; there are\n  ${GPU_ROW_NAMES.join(", ")}`,
    );
  }
  return found;
}

function expression(option: string, text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`);
  }
}
