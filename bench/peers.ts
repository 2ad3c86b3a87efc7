// Which peers there are, where they are found, and which rows each can run.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Row } from "./options.ts";
import { PeerRunner, peerFile } from "./peer-runner.ts";

export interface PeerPlan {
  readonly name: string;
  readonly version: string;
  /** How its process is started: program and arguments. */
  command(threads: number): readonly string[];
  /** Why it has no such row. */
  refuses(row: Row, threads: number): string | undefined;
}

export interface FoundPeers {
  readonly runners: readonly PeerRunner[];
  /** What is not there, and how it would be. */
  readonly missing: readonly string[];
}

type Refusal = (row: Row, threads: number) => string | undefined;

/** Rows beyond the shared workloads are tapegrad's own. */
const shared: Refusal = ({ workload }) =>
  workload.id.startsWith("W") ? undefined : "not a shared workload";

const inferenceOnly: Refusal = ({ workload: { spec }, pass }) => {
  if (pass !== "fwd") return "inference only";
  return spec.kind === "adds" ? "has no single ops" : undefined;
};

const tfjs: Refusal = ({ workload: { spec }, pass }, threads) => {
  if (threads > 1) return "one thread only in Node";
  const has = pass === "fwd" || spec.kind === "adds";
  return has ? undefined : "its wasm backend has no gradients of convolutions";
};

/** So many FLOP of convolution take it a minute. */
const JAX_FLOPS = 1e9;
const jax: Refusal = ({ workload: { spec, passes }, pass }, threads) => {
  if (threads > 1) return "one thread only in Node";
  if (spec.kind === "gemm" || spec.kind === "adds") return undefined;
  if (spec.kind !== "chain") return "compiles for tens of seconds";
  const slow = spec.convs.length > 2 || (passes[pass]?.flops ?? 0) > JAX_FLOPS;
  return slow ? "takes seconds to minutes a call" : undefined;
};

const channelsLast: Refusal = ({ workload: { spec } }) =>
  spec.kind === "adds" || spec.kind === "gemm" ? "has no layout" : undefined;

/** Packages of the peers written in JavaScript. */
const PACKAGES: readonly (readonly [name: string, module: string, refuses: Refusal])[] = [
  ["tfjs-wasm", "@tensorflow/tfjs-backend-wasm", tfjs],
  ["ort-web", "onnxruntime-web", inferenceOnly],
  ["ort-node", "onnxruntime-node", inferenceOnly],
  ["jax-js", "@jax-js/jax", jax],
];

const both =
  (...refusals: readonly Refusal[]): Refusal =>
  (row, threads) =>
    refusals.map((refuses) => refuses(row, threads)).find((why) => why !== undefined);

const here = dirname(fileURLToPath(import.meta.url));

/** The version of an installed package. */
function versionOf(folder: string, module: string): string | undefined {
  const file = join(folder, "node_modules", module, "package.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : undefined;
}

function torchVersion(python: string): string | undefined {
  const program = "import torch, numpy; print(torch.__version__)";
  const { status, stdout } = spawnSync(python, ["-c", program], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * Those whose name is wanted. Looks in bench/node_modules or TAPEGRAD_PEERS for packages, and for torch in TAPEGRAD_PYTHON or python3.
 * Installs nothing and starts nothing yet.
 */
export function findPeers(
  threads: number,
  wanted: RegExp = /./,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): FoundPeers {
  const folder = resolve(environment.TAPEGRAD_PEERS ?? here);
  const python = environment.TAPEGRAD_PYTHON ?? "python3";
  const plans: PeerPlan[] = [];
  const missing: string[] = [];
  const torch = ["torch", "torch-cl"].some((name) => wanted.test(name)) ? torchVersion(python) : "";
  if (torch !== undefined) {
    for (const [name, layout, refuses] of [
      ["torch", "nchw", shared],
      ["torch-cl", "channels_last", both(shared, channelsLast)],
    ] as const) {
      const command = (n: number) => [python, peerFile("torch_peer.py"), layout, `${n}`];
      if (wanted.test(name)) plans.push({ name, version: torch, command, refuses });
    }
  } else missing.push(`torch: no '${python}' that can import torch and numpy; set TAPEGRAD_PYTHON`);
  for (const [name, module, refuses] of PACKAGES) {
    if (!wanted.test(name)) continue;
    const version = versionOf(folder, module);
    if (version === undefined) {
      missing.push(`${name}: ${module} is not in ${join(folder, "node_modules")}`);
      continue;
    }
    const command = (n: number) => [
      ...[process.execPath, ...process.execArgv],
      ...[peerFile("child.ts"), name, folder, `${n}`],
    ];
    plans.push({ name, version, command, refuses: both(shared, refuses) });
  }
  return { runners: plans.map((plan) => new PeerRunner(plan, threads)), missing };
}
