// A page that runs opSuite on a GPU backend: every op by its own samples, against the reference backend. Bundled for
// the browser, it runs in Chromium (scripts/browser/gpu.mjs).

import { DeviceError, NoKernelError, ops } from "@tapegrad/core";
import { type Check, opSuite } from "@tapegrad/core/testing";
import { gpu } from "tapegrad/gpu";
import { ON_HOST } from "../../packages/backend-gpu/test/on-host.ts";

export interface GpuPageResult {
  /** Why there is nothing to test; the rest is empty then. */
  readonly absent?: string;
  readonly adapter: string;
  readonly passed: number;
  /** "op: check: what is wrong" */
  readonly failed: readonly string[];
  /** Ops that say that the backend has no kernel for them. */
  readonly withoutKernel: readonly string[];
  /** Ops that say that they run on the CPU alone. */
  readonly onHost: readonly string[];
  readonly milliseconds: number;
}

/** Checks that wait for the GPU together. */
const AT_ONCE = 16;

/**
 * A page has to be quick: an op with a kernel of its own is tried on all of its samples, one that is made of others on
 * its first.
 */
function checksOf(backend: string, name: string, composed: boolean): Check[] {
  const checks = [...opSuite(backend, { only: (op) => op === name, gradients: "float32" })];
  return composed ? checks.filter((c) => /^(sample 0|errors)/.test(c.name)) : checks;
}

/** What is wrong with an op that must say that it runs on the CPU alone. */
async function refusal(backend: string, name: string): Promise<string | undefined> {
  const [check] = opSuite(backend, { only: (op) => op === name, gradients: "float32" });
  try {
    await check?.run();
  } catch (error) {
    return error instanceof DeviceError ? undefined : (error as Error).message;
  }
  return "runs, and should have said that it runs on the CPU alone";
}

export async function run(backend: "webgpu" | "webgl2"): Promise<GpuPageResult> {
  const started = performance.now();
  const none = { adapter: "", passed: 0, failed: [], withoutKernel: [], onHost: [] };
  let adapter: string;
  try {
    // WebGL2 is what init() comes to in a browser without a WebGPU adapter.
    const options = backend === "webgpu" ? { api: backend } : {};
    const { vendor, architecture, device, description } = await gpu.init(options);
    adapter = [vendor, architecture, device, description].filter(Boolean).join(" ");
  } catch (error) {
    return { ...none, absent: (error as Error).message, milliseconds: 0 };
  }
  let passed = 0;
  const failed: string[] = [];
  const without = new Set<string>();
  const onHost = new Set<string>();
  const attempt = async (check: Check): Promise<void> => {
    try {
      await check.run();
      passed++;
    } catch (error) {
      if (error instanceof NoKernelError) without.add(check.op);
      else failed.push(`${check.op}: ${check.name}: ${(error as Error).message}`);
    }
  };
  for (const [name, { spec }] of ops()) {
    if (ON_HOST.has(name)) {
      const wrong = await refusal(backend, name);
      if (wrong === undefined) onHost.add(name);
      else failed.push(`${name}: ${wrong}`);
      continue;
    }
    const checks = checksOf(backend, name, spec.kernel === undefined);
    for (let i = 0; i < checks.length; i += AT_ONCE) {
      await Promise.all(checks.slice(i, i + AT_ONCE).map(attempt));
    }
    void fetch("/alive"); // or it would be taken for dead
  }
  const milliseconds = Math.round(performance.now() - started);
  return {
    ...{ adapter, passed, failed, milliseconds },
    ...{ withoutKernel: [...without], onHost: [...onHost] },
  };
}
