// Where the GPU comes from: navigator.gpu in browsers (and Deno), the package `webgpu` (Dawn) in Node. Which of the
// two was tried, and what it answered, is in every error.
import { DeviceError } from "@tapegrad/core";
import { driversHere } from "./vulkan.ts";

export interface InitOptions {
  /** Which of several GPUs. Default "high-performance". */
  readonly powerPreference?: GPUPowerPreference;
  /** Default: WebGPU, else WebGL2, which is in browsers alone. */
  readonly api?: "webgpu" | "webgl2";
  /** Something that has requestAdapter(), instead of what is found by itself. */
  readonly gpu?: Pick<GPU, "requestAdapter">;
}

/** The limits of a device that decide what fits. */
export interface GpuLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeWorkgroupSizeX: number;
  readonly minUniformBufferOffsetAlignment: number;
}

export interface GpuInfo {
  /** "navigator.gpu", or "webgpu" for the package. */
  readonly source: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** A processor that plays a GPU. */
  readonly software: boolean;
  readonly features: readonly string[];
  readonly limits: GpuLimits;
}

export interface Found {
  readonly device: GPUDevice;
  readonly info: GpuInfo;
}

/** Asked for up to what the adapter has. */
const RAISED = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupSizeX",
] as const;

/** Dawn's instance must outlive its adapters. */
let dawn: GPU | undefined;

const HOW =
  "In Node: npm install webgpu@0.6.2, and a driver (Linux: Vulkan; without a GPU, SwiftShader: " +
  "VK_ICD_FILENAMES=…/vk_swiftshader_icd.json). In a browser: one with WebGPU, on a page from https or localhost.";

async function entry(
  options: InitOptions,
): Promise<{ gpu: Pick<GPU, "requestAdapter">; source: string }> {
  if (options.gpu !== undefined) return { gpu: options.gpu, source: "options.gpu" };
  const offered = (globalThis.navigator as { gpu?: GPU } | undefined)?.gpu;
  if (offered !== undefined) return { gpu: offered, source: "navigator.gpu" };
  if (globalThis.process?.versions?.node === undefined) {
    throw new DeviceError(`gpu.init: this browser has no navigator.gpu. ${HOW}`);
  }
  if (dawn !== undefined) return { gpu: dawn, source: "webgpu" };
  const name = "webgpu"; // not a literal, as a bundler would look for the package
  let loaded: { create(flags: string[]): GPU };
  try {
    loaded = (await import(name)) as typeof loaded;
  } catch (cause) {
    throw new DeviceError(
      `gpu.init: looked for navigator.gpu (absent) and the package 'webgpu' (cannot be loaded: ${(cause as Error).message.split("\n")[0]}). ${HOW}`,
      { cause },
    );
  }
  const drivers = driversHere();
  if (drivers?.found.length === 0) {
    throw new DeviceError(
      `gpu.init: the package 'webgpu' is there, but no Vulkan driver; looked for ${drivers.lookedIn.join(", ")}. ${HOW}`,
    );
  }
  // Times of the device are for its owner here, and no page's to guess secrets by.
  dawn = loaded.create(["disable-dawn-features=timestamp_quantization"]);
  return { gpu: dawn, source: "webgpu" };
}

/** @throws DeviceError when there is no adapter or it gives no device */
export async function findGpu(options: InitOptions): Promise<Found> {
  const { gpu, source } = await entry(options);
  const { powerPreference = "high-performance" } = options;
  const adapter = await gpu.requestAdapter({ powerPreference });
  if (adapter === null) {
    const driver = globalThis.process?.env?.VK_ICD_FILENAMES;
    const asked = driver === undefined ? "" : ` (VK_ICD_FILENAMES=${driver})`;
    throw new DeviceError(`gpu.init: ${source} is there but has no adapter${asked}. ${HOW}`);
  }
  const requiredLimits: Record<string, number> = {};
  for (const name of RAISED) requiredLimits[name] = adapter.limits[name];
  const wanted: GPUFeatureName[] = ["timestamp-query", "subgroups"];
  const requiredFeatures = wanted.filter((f) => adapter.features.has(f));
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({ requiredLimits, requiredFeatures });
  } catch (cause) {
    throw new DeviceError(
      `gpu.init: the adapter of ${source} gives no device: ${(cause as Error).message}. ${HOW}`,
      { cause },
    );
  }
  const { vendor, architecture, device: model, description } = adapter.info;
  const { limits } = device;
  const software =
    (adapter.info as { isFallbackAdapter?: boolean }).isFallbackAdapter === true ||
    /swiftshader|llvmpipe|lavapipe/i.test(`${model} ${description} ${architecture}`);
  const info: GpuInfo = {
    source,
    vendor,
    architecture,
    device: model,
    description,
    software,
    features: [...device.features],
    limits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      minUniformBufferOffsetAlignment: limits.minUniformBufferOffsetAlignment,
    },
  };
  return { device, info };
}
