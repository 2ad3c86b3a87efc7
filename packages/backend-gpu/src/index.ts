// @tapegrad/backend-gpu: the `webgpu` backend. Importing it loads next to nothing; `gpu.init()` finds an adapter,
// loads kernels and gpu.js, and registers the backend.
import {
  currentBackend,
  DeviceError,
  DeviceLostError,
  registerBackend,
  setBackend,
  synchronize,
} from "@tapegrad/core";
import type { Webgpu } from "./backend.ts";
import { findGpu, type GpuInfo, type InitOptions } from "./find.ts";
import type { Counters, GpuRuntime } from "./runtime/runtime.ts";

export type { GpuInfo, GpuLimits, InitOptions } from "./find.ts";
export type { Counters } from "./runtime/runtime.ts";

/** The name of the backend, and of the one that replaces it in browsers without WebGPU. */
export const NAME = "webgpu";
export { WEBGL2 } from "./webgl2/name.ts";

let started: Webgpu | undefined;
let starting: Promise<GpuInfo> | undefined;

async function start(options: InitOptions): Promise<GpuInfo> {
  const made = await createFor(options);
  const wasCurrent = started !== undefined && currentBackend() === started.backend;
  started = made;
  registerBackend(made.backend.name, () => made.backend, { device: "gpu", priority: 10 });
  // New tensors went to the device that was lost: they go to its successor.
  if (wasCurrent) setBackend(made.backend.name);
  return made.info;
}

/** WebGPU; in a browser without it WebGL2, and a line that says so. */
async function createFor(options: InitOptions): Promise<Webgpu> {
  const webgl2 = async (): Promise<Webgpu> => (await import("./webgl2/backend.ts")).createWebgl2();
  if (options.api === "webgl2") return webgl2();
  try {
    const found = await findGpu(options);
    return (await import("./backend.ts")).createWebgpu(found);
  } catch (error) {
    const spare = options.api === undefined && "WebGL2RenderingContext" in globalThis;
    if (!spare || !(error instanceof DeviceError)) throw error;
    console.info("tapegrad: this browser has no WebGPU adapter; the GPU runs through WebGL2");
    return webgl2();
  }
}

function running(): Webgpu {
  if (started === undefined) {
    throw new DeviceLostError("the GPU has not been started; call await gpu.init() first");
  }
  return started;
}

/** What kernels run on, for tests of kernels. @internal */
export const runtime = (): GpuRuntime => running().runtime;

/** The GPU: starting it, and what it did so far. There is one: `gpu`. */
class Gpu {
  /**
   * Looks for a GPU (`navigator.gpu`; in Node the package `webgpu`) and registers the backend `webgpu` on it, or
   * `webgl2` in a browser that has no WebGPU, and says so on the console.
   * Does nothing while one runs; after a device was lost it starts a new one, on which nothing of the old one is
   * left.
   * @throws DeviceError naming what was looked for and how to get it
   */
  init(options: InitOptions = {}): Promise<GpuInfo> {
    if (started !== undefined && started.lost() === undefined) return Promise.resolve(started.info);
    starting ??= start(options).finally(() => {
      starting = undefined;
    });
    return starting;
  }
  /** Whether a GPU is there to be used: started, and not lost. */
  get ready(): boolean {
    return started !== undefined && started.lost() === undefined;
  }
  /** Adapter, driver and limits. @throws DeviceLostError before init() */
  get info(): GpuInfo {
    return running().info;
  }
  /** Dispatches, submits, uploads and read-backs since the start or the last reset, and live bytes. */
  counters(): Counters {
    return running().counters();
  }
  resetCounters(): void {
    running().resetCounters();
  }
  /** Resolves when all that was recorded so far has run. For measuring. */
  sync(): Promise<void> {
    return synchronize(running().backend.name);
  }
  /** Gives the device back. Tensors on it are lost. */
  destroy(): void {
    running().destroy();
  }
}

export type { Gpu };
export const gpu: Gpu = new Gpu();
