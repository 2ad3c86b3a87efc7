// The GPU's part of npm run conformance: the cases of fixtures/*.json on webgpu, in float32 with float32's tolerances.
// What the device cannot hold, and what is computed on the CPU by its nature, is named with the reason.
//
//   node --conditions=@tapegrad/source --import=tsx scripts/conformance-gpu.ts 'conv|pool'   prints what fails
//   … scripts/conformance-gpu.ts 'conv|pool' --write   keeps the numbers, too, for npm run conformance
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { DeviceError, DTypeError, scope, withBackend } from "@tapegrad/core";
import { gpu, NAME } from "../packages/backend-gpu/src/index.ts";
import "../packages/backend-gpu/test/gpu.ts"; // names the software adapter that Chromium brings, where it is
import {
  type FunctionCase,
  functionFiles,
  readFixture,
  runCase,
  type Stage,
  settle,
  stagesOf,
} from "../packages/core/test/fixture-runner.ts";

export interface GpuOutcome {
  readonly fn: string;
  readonly name: string;
  readonly stage: Stage;
  /** Absent: it agrees with PyTorch. */
  readonly error?: string;
}
export interface GpuConformance {
  readonly adapter: string;
  readonly outcomes: readonly GpuOutcome[];
  /** Per function why cases of it do not run on webgpu. */
  readonly unsupported: ReadonlyMap<string, string>;
}

/** What the last run of each function came to. It is kept, as few machines that write the page have a GPU. */
export interface GpuRecord {
  readonly adapter: string;
  /** Of the last run. */
  readonly date: string;
  /** Per function and stage, how many cases agreed and how many did not. */
  readonly functions: Readonly<Record<string, Partial<Record<Stage, readonly [number, number]>>>>;
  readonly unsupported: Readonly<Record<string, string>>;
}
const RECORD = new URL("../docs/conformance-gpu.json", import.meta.url);

export const readGpuRecord = (): GpuRecord | undefined =>
  existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, "utf8")) : undefined;

/** Of functions that took no part the record stays. */
function writeGpuRecord({ adapter, outcomes, unsupported }: GpuConformance, only: RegExp): void {
  const before = readGpuRecord();
  const kept = <T>(named: Readonly<Record<string, T>> = {}): Record<string, T> =>
    Object.fromEntries(Object.entries(named).filter(([fn]) => !only.test(fn)));
  const functions: Record<string, Partial<Record<Stage, readonly [number, number]>>> = kept(
    before?.functions,
  );
  for (const { fn, stage, error } of outcomes) {
    const stages = functions[fn] ?? {};
    const [passed, failed] = stages[stage] ?? [0, 0];
    const agrees = error === undefined;
    functions[fn] = { ...stages, [stage]: [passed + Number(agrees), failed + Number(!agrees)] };
  }
  const date = new Date().toISOString().slice(0, 10);
  const inOrder = <T>(named: Readonly<Record<string, T>>): [string, T][] =>
    Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1));
  const record: GpuRecord = {
    ...{ adapter, date },
    functions: Object.fromEntries(inOrder(functions)),
    unsupported: Object.fromEntries(
      inOrder({ ...kept(before?.unsupported), ...Object.fromEntries(unsupported) }),
    ),
  };
  // A line a function: what changes is seen.
  const lines = (named: object): string =>
    Object.entries(named)
      .map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
      .join(",\n");
  const head = `  "adapter": ${JSON.stringify(adapter)},\n  "date": ${JSON.stringify(date)}`;
  const part = (name: "functions" | "unsupported"): string =>
    `  "${name}": {\n${lines(record[name])}\n  }`;
  writeFileSync(RECORD, `{\n${[head, part("functions"), part("unsupported")].join(",\n")}\n}\n`);
}

/** Cases that are under way together: each waits for the device. */
const AT_ONCE = 16;

/** @returns the reason where no adapter answers */
export async function conformanceOnGpu(only: RegExp): Promise<GpuConformance | string> {
  let adapter: string;
  try {
    const { description, device, vendor } = await gpu.init();
    adapter = description || device || vendor;
  } catch (error) {
    return (error as Error).message;
  }
  const outcomes: GpuOutcome[] = [];
  const unsupported = new Map<string, string>();
  const one = async (c: FunctionCase): Promise<void> => {
    if (beyond32(c)) {
      unsupported.set(c.fn, "int64 beyond 32 bits, which are what a GPU holds");
      return;
    }
    const result = await outcomesOf(c);
    if (typeof result !== "string" && result.some((o) => o.error) && !comparable(c)) {
      unsupported.set(c.fn, "a case whose numbers in float32 are others than in float64");
      return;
    }
    if (typeof result === "string") unsupported.set(c.fn, result);
    else outcomes.push(...result);
  };
  for (const file of functionFiles) {
    const cases = readFixture<FunctionCase>(file)
      .filter((c) => only.test(c.fn))
      .map(inFloat32);
    for (let i = 0; i < cases.length; i += AT_ONCE) {
      await Promise.all(cases.slice(i, i + AT_ONCE).map(one));
    }
  }
  return { adapter, outcomes, unsupported };
}

/** The same case with float32 wherever it says float64, and no tolerance that float32 cannot keep. */
function inFloat32(c: FunctionCase): FunctionCase {
  const single = (value: unknown): unknown => {
    if (value === "float64") return "float32";
    if (value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map(single);
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, single(v)]));
  };
  return {
    ...(single(c) as FunctionCase),
    rtol: Math.max(c.rtol ?? 0, 1e-4),
    atol: Math.max(c.atol ?? 0, 1e-5),
  };
}

/** Whether the reference agrees with PyTorch's float64 numbers when it is given the same rounded to float32. */
function comparable(c: FunctionCase): boolean {
  try {
    withBackend("reference", () => scope(() => runCase(c)));
    return true;
  } catch {
    return false;
  }
}

/** Numbers that int64 holds here, but not there. */
const beyond32 = (c: FunctionCase): boolean =>
  [...c.inputs, ...c.outputs].some(
    ({ dtype, data }) => dtype === "int64" && data.some((v) => Math.abs(Number(v)) >= 2 ** 31),
  );

/** What became of each stage, or why the case does not run there. All is recorded before the first wait. */
async function outcomesOf(c: FunctionCase): Promise<GpuOutcome[] | string> {
  const { fn, name } = c;
  const begun: { stage: Stage; ends: Promise<void>[] }[] = [];
  let stopped: { stage: Stage; error: unknown } | undefined;
  withBackend(NAME, () =>
    scope(() => {
      for (const [stage, run] of stagesOf(c)) {
        try {
          const ends = run().map(async (comparison) => {
            settle(comparison, (await comparison.actual?.data()) ?? []);
          });
          begun.push({ stage, ends });
        } catch (error) {
          stopped = { stage, error };
          return;
        }
      }
    }),
  );
  const outcomes: GpuOutcome[] = [];
  for (const { stage, ends } of begun) {
    const failed = (await Promise.allSettled(ends)).find((e) => e.status === "rejected");
    if (failed === undefined) outcomes.push({ fn, name, stage });
    else outcomes.push({ fn, name, stage, error: String(failed.reason) });
  }
  if (stopped === undefined) return outcomes;
  const { stage, error } = stopped;
  if (error instanceof DeviceError)
    return "values have to be read at once, which a GPU cannot: on the CPU alone";
  if (error instanceof DTypeError && /GPUs? ha|on the GPU/.test(error.message)) {
    const dtype = /float16|bfloat16|float64/.exec(error.message)?.[0];
    return dtype === undefined
      ? "int64 beyond 32 bits, which are what a GPU holds"
      : `${dtype} is not held there`;
  }
  return [...outcomes, { fn, name, stage, error: String(error) }];
}

if (pathToFileURL(process.argv[1] ?? "").href === import.meta.url) {
  const { values, positionals } = parseArgs({
    options: { write: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const only = new RegExp(positionals[0] ?? "");
  const result = await conformanceOnGpu(only);
  if (typeof result === "string") {
    console.log(`no GPU: ${result}`);
    process.exit(0);
  }
  const failed = result.outcomes.filter((o) => o.error !== undefined);
  for (const { fn, stage, name, error } of failed)
    console.error(`${fn}, ${stage}: ${name}\n    ${error}`);
  for (const [fn, why] of result.unsupported) console.log(`${fn}: ${why}`);
  console.log(
    `webgpu (${result.adapter}): ${result.outcomes.length - failed.length} stages agree with PyTorch, ` +
      `${failed.length} do not; ${result.unsupported.size} functions have cases that do not run there`,
  );
  if (values.write) writeGpuRecord(result, only);
  process.exit(failed.length === 0 ? 0 : 1);
}
