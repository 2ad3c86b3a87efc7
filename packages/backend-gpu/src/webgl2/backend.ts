// The `webgl2` backend, for browsers without WebGPU.
import {
  type Backend,
  DeviceError,
  DTypeError,
  newArray,
  Storage,
  sizeOf,
  type TypedArray,
  type View,
} from "@tapegrad/core";
import type { Webgpu } from "../backend.ts";
import type { GpuInfo } from "../find.ts";
import { dense, temporaryLike } from "../kernels/elementwise-wgsl.ts";
import { isFresh } from "../layout.ts";
import type { GpuRuntime } from "../runtime/runtime.ts";
import { bytesPerWord } from "../types.ts";
import { webgl2Kernels } from "./kernels.ts";
import { WEBGL2 } from "./name.ts";
import { GlRuntime, glBlockOf } from "./runtime.ts";

const EXACT = 2 ** 24;

/** @throws DeviceError where the browser has no WebGL2 that draws into float textures */
export function createWebgl2(): Webgpu {
  const gl =
    typeof OffscreenCanvas === "undefined" ? null : new OffscreenCanvas(1, 1).getContext("webgl2");
  if (gl === null) throw new DeviceError("gpu.init: this browser has no WebGL2 either");
  if (gl.getExtension("EXT_color_buffer_float") === null) {
    throw new DeviceError("gpu.init: WebGL2 is there, but without EXT_color_buffer_float");
  }
  const runtime = new GlRuntime(gl, infoOf(gl));
  const rt = runtime as unknown as GpuRuntime;
  const { info } = runtime;
  const backend: Backend = {
    name: WEBGL2,
    device: "gpu",
    memory: runtime,
    kernels: webgl2Kernels(runtime),
    bytesPer: bytesPerWord,
    upload(data: TypedArray, y: View) {
      const floats = asFloats(data, y);
      const to = isFresh(y) ? y : temporaryLike(rt, y, "upload");
      runtime.upload(glBlockOf(to), floats);
      if (to !== y) backend.kernels.copy(to, y);
      runtime.done();
    },
    async read(x: View) {
      const count = sizeOf(x.shape);
      if (count === 0) return newArray(x.dtype, 0);
      const from = dense(rt, x, x.offset !== 0);
      const floats = runtime.read(glBlockOf(from), count);
      runtime.done();
      const read = await floats;
      if (x.dtype === "float32") return read;
      if (x.dtype === "int64") return BigInt64Array.from(read, (v) => BigInt(Math.trunc(v)));
      const out = newArray(x.dtype, count) as Uint8Array;
      out.set(read);
      return out;
    },
    synchronize: () => runtime.finished(),
    describe: () =>
      `${info.description}, by WebGL2; float32, integers up to 2^24, tensors of up to 64 MB`,
  };
  runtime.hold = (block) => new Storage(backend, block, "temporary", -1);
  return {
    backend,
    runtime: rt,
    info,
    lost: () => runtime.lost,
    counters: () => runtime.counters(),
    resetCounters: () => runtime.resetCounters(),
    destroy: () => runtime.destroy(),
  };
}

function asFloats(data: TypedArray, y: View): Float32Array {
  const floats =
    data instanceof Float32Array ? data : Float32Array.from(data as Uint8Array, Number);
  if (y.dtype === "bool") return floats.map((v) => Number(v !== 0));
  if (y.dtype === "float32") return floats;
  const large = data.findIndex((v: number | bigint) => Math.abs(Number(v)) > EXACT);
  if (large < 0) return floats;
  throw new DTypeError(
    WEBGL2,
    `${y.dtype} values are stored as floats, exact up to 2^24; ${data[large]} (element ${large}) does not fit`,
  );
}

function infoOf(gl: WebGL2RenderingContext): GpuInfo {
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = String(gl.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
  const bytes = 4 * EXACT;
  return {
    source: "WebGL2",
    vendor: String(gl.getParameter(names?.UNMASKED_VENDOR_WEBGL ?? gl.VENDOR)),
    architecture: "",
    device: renderer,
    description: renderer,
    software: /swiftshader|llvmpipe/i.test(renderer),
    features: gl.getSupportedExtensions() ?? [],
    limits: {
      maxBufferSize: bytes,
      maxStorageBufferBindingSize: bytes,
      maxStorageBuffersPerShaderStage: Number(gl.getParameter(gl.MAX_TEXTURE_IMAGE_UNITS)),
      maxComputeWorkgroupsPerDimension: 0,
      maxComputeInvocationsPerWorkgroup: 0,
      maxComputeWorkgroupStorageSize: 0,
      maxComputeWorkgroupSizeX: 0,
      minUniformBufferOffsetAlignment: 0,
    },
  };
}
