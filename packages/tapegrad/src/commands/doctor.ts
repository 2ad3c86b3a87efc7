// tapegrad doctor: what this machine offers, and what a backend lacks.
import { cpus, totalmem } from "node:os";
import { hasSimd, measureRoofs, type Roofs, relaxedSimd } from "@tapegrad/backend-cpu";
import type { GpuInfo } from "@tapegrad/backend-gpu";
import {
  areDeterministicAlgorithmsEnabled,
  backendNames,
  DeviceError,
  environment,
  fallbacks,
  getBackend,
  getNumThreads,
  ops,
} from "@tapegrad/core";
import type { Command } from "commander";
import { gapsOf } from "../coverage.ts";
import { threadsText } from "../terminal/threads-text.ts";

const VARIABLES = [
  "TAPEGRAD_BACKEND",
  "TAPEGRAD_THREADS",
  "TAPEGRAD_SHARED",
  "TAPEGRAD_SIMD",
  "TAPEGRAD_WINOGRAD",
  "TAPEGRAD_DETERMINISTIC",
  "TAPEGRAD_CACHE",
  "TAPEGRAD_FALLBACK",
  "TAPEGRAD_TRACE",
];

export function doctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("what this machine offers, which backends work, and which ops they lack")
    .option("--json", "one line of JSON on stdout")
    .action(doctor);
}

interface BackendReport {
  readonly name: string;
  readonly device: string;
  readonly description: string;
  readonly gaps: readonly { readonly op: string; readonly kind: string }[];
}

/** The adapter that `--device gpu` would use, or what was looked for and how to get it. */
async function findGpu(): Promise<{
  readonly found: GpuInfo | null;
  readonly problem: string | null;
}> {
  const { gpu } = await import("../gpu.ts");
  try {
    return { found: await gpu.init(), problem: null };
  } catch (error) {
    if (error instanceof DeviceError) return { found: null, problem: error.message };
    throw error;
  }
}

function gpuLines({ found, problem }: Awaited<ReturnType<typeof findGpu>>): string[] {
  if (found === null) return ["gpu: none", `  ${problem}`];
  const { description, vendor, architecture, device, software, source, features, limits } = found;
  const name = description || [vendor, device || architecture].filter(Boolean).join(" ");
  const megabytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MB`;
  return [
    `backend webgpu (gpu), for --device gpu${software ? "; a processor plays it, so --device auto passes it over" : ""}`,
    `  adapter: ${name || "unnamed"}, by ${source}${vendor && description ? ` (${vendor} ${architecture})` : ""}`,
    `  limits: tensors of ${megabytes(Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize))}, ` +
      `${limits.maxComputeInvocationsPerWorkgroup} threads and ${limits.maxComputeWorkgroupStorageSize} bytes of shared memory a workgroup, ` +
      `${limits.maxStorageBuffersPerShaderStage} arrays a kernel; features: ${features.join(", ") || "none"}`,
  ];
}

async function doctor(flags: { readonly json?: boolean }): Promise<void> {
  const before = fallbacks();
  const backends = backendNames().map((name): BackendReport => {
    const backend = getBackend(name);
    const description = backend.describe?.() ?? "";
    return { name, device: backend.device, description, gaps: gapsOf(name) };
  });
  const machine = {
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Number((totalmem() / 2 ** 30).toFixed(1)),
    simd: hasSimd(),
    relaxedSimd: relaxedSimd(),
    threads: getNumThreads(),
    deterministic: areDeterministicAlgorithmsEnabled(),
  };
  const roofs = hasSimd() ? measureRoofs() : null;
  const gpu = await findGpu();
  const variables = Object.fromEntries(VARIABLES.map((v) => [v, environment(v) ?? null]));
  if (flags.json) {
    const report = {
      ...{ machine, roofs, variables, ops: ops().size, backends, gpu },
      fallbacks: before,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const lines = [
    `Node ${machine.node} (V8 ${machine.v8}), ${machine.platform}`,
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB`,
    `WebAssembly SIMD ${yes(machine.simd)}, relaxed SIMD (fused multiply-add) ${yes(machine.relaxedSimd)}`,
    ...(roofs === null ? [] : [roofText(roofs)]),
    ...(machine.deterministic
      ? ["deterministic mode: no fused multiply-add, no picks by time"]
      : []),
    ...VARIABLES.flatMap((v) => (environment(v) ? [`${v}=${environment(v)}`] : [])),
    "",
    ...backends.flatMap(backendLines),
    ...gpuLines(gpu),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

const roofText = ({ threads, gflops, gbs }: Roofs): string =>
  `measured on ${threadsText(threads)}: at most ${gflops.toFixed(0)} GFLOP/s, copies ${gbs.toFixed(0)} GB/s`;

const yes = (on: boolean): string => (on ? "yes" : "no");

function backendLines({ name, device, description, gaps }: BackendReport, index: number): string[] {
  const composed = gaps.filter((g) => g.kind === "composed").map((g) => g.op);
  const looped = gaps.filter((g) => g.kind === "loops").map((g) => g.op);
  const lacks = (what: string, list: readonly string[]): string[] =>
    list.length === 0 ? [] : [`  ${what}: ${list.join(", ")}`];
  return [
    `backend ${name} (${device})${index === 0 ? ", the default" : ""}: ${description}`,
    ...lacks("composed from other ops", composed),
    ...lacks("float32 in plain loops", looped),
    ...(gaps.length === 0 ? [`  a kernel for each of the ${ops().size} ops that want one`] : []),
  ];
}
