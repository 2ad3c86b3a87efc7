// A device that does nothing: kernels are generated and recorded on it, nothing runs. For the snapshot of the
// generated WGSL, and for measuring what recording costs.
import { registerBackend } from "@tapegrad/core";
import { createWebgpu, type Webgpu } from "../src/backend.ts";
import type { Found } from "../src/find.ts";

export const DRY = "dry-webgpu";

const LIMITS = {
  maxBufferSize: 2 ** 31 - 4,
  maxStorageBufferBindingSize: 2 ** 31 - 4,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupsPerDimension: 65_535,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeWorkgroupSizeX: 256,
  minUniformBufferOffsetAlignment: 256,
};

/** What was dispatched: workgroups in three dimensions. */
export type Dispatches = [number, number, number][];

export function dryDevice(dispatches: Dispatches = []): Found {
  const nothing = (): void => undefined;
  const pass = {
    setPipeline: nothing,
    setBindGroup: nothing,
    dispatchWorkgroups: (x: number, y: number, z: number) => dispatches.push([x, y, z]),
    end: nothing,
  };
  const encoder = {
    beginComputePass: () => pass,
    copyBufferToBuffer: nothing,
    finish: () => ({}),
  };
  const device = {
    lost: new Promise(nothing),
    queue: { writeBuffer: nothing, submit: nothing, onSubmittedWorkDone: async () => undefined },
    addEventListener: nothing,
    pushErrorScope: nothing,
    popErrorScope: async () => null,
    createBuffer: () => ({ destroy: nothing }),
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({}),
    createComputePipeline: () => ({}),
    createBindGroup: () => ({}),
    createCommandEncoder: () => encoder,
    destroy: nothing,
  };
  return {
    device: device as unknown as GPUDevice,
    info: {
      source: "dry",
      vendor: "",
      architecture: "",
      device: "",
      description: "does nothing",
      software: true,
      features: ["subgroups"],
      limits: LIMITS,
    },
  };
}

/** A backend on such a device, registered as DRY. */
export function dryBackend(dispatches?: Dispatches): Webgpu {
  const made = createWebgpu(dryDevice(dispatches));
  registerBackend(DRY, () => made.backend, { device: "gpu", priority: -1 });
  return made;
}
