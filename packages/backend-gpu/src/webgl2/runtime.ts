// The runtime where WebGPU is missing: every kernel of gpu.js is a fragment shader that is drawn into the texture of its
// output. Nothing waits but reading. All dtypes are floats there: integers are exact below 2^24.
import {
  type Block,
  bytesOfClass,
  DeviceLostError,
  type Memory,
  OutOfMemoryError,
  type Storage,
  sizeClassOf,
  type View,
} from "@tapegrad/core";
import type { GpuInfo } from "../find.ts";
import type { GpuJsSpec } from "../program/gpu-js.ts";
import type { Program } from "../program/program.ts";
import type { ArrayPlace, Counters, GpuBlock, GpuRuntime } from "../runtime/runtime.ts";
import { fragmentShader } from "./glsl.ts";

export interface GlBlock extends Block {
  texture: WebGLTexture;
  readonly width: number;
  readonly height: number;
  readonly sizeClass: number;
}

const WIDTH = 2048;
/** Local variables of kernels are floats: an element's number must be exact. */
const MOST = 2 ** 24;
/** A triangle that covers everything. */
const VERTICES = `#version 300 es
void main() { gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0); }`;

interface Compiled {
  readonly program: WebGLProgram;
  readonly arrays: readonly {
    readonly texture: WebGLUniformLocation | null;
    readonly from: WebGLUniformLocation | null;
    readonly dims: WebGLUniformLocation | null;
  }[];
  readonly scalars: readonly {
    readonly at: WebGLUniformLocation | null;
    readonly float: boolean;
  }[];
  readonly outputDim: WebGLUniformLocation | null;
  readonly texSize: WebGLUniformLocation | null;
}

/** What kernels use of a runtime. */
type Used = Pick<GpuRuntime, "dispatch" | "temporary" | "done" | "hold" | "info" | "pointwise">;

export class GlRuntime implements Used, Memory {
  readonly info: GpuInfo;
  readonly gl: WebGL2RenderingContext;
  private readonly frame: WebGLFramebuffer;
  private readonly compiled = new Map<string, Compiled>();
  private readonly free: GlBlock[][] = [];
  private temporaries: GlBlock[] = [];
  private lostReason: string | undefined;
  private readonly counts = { dispatches: 0, uploads: 0, readbacks: 0, copies: 0, pipelines: 0 };
  liveBytes = 0;
  peakBytes = 0;
  pooledBytes = 0;
  hold: (block: GpuBlock) => Storage = () => {
    throw new Error("the runtime has no backend yet");
  };
  pointwise: NonNullable<GpuRuntime["pointwise"]> = () => {
    throw new Error("the runtime has no kernels yet");
  };

  constructor(gl: WebGL2RenderingContext, info: GpuInfo) {
    this.gl = gl;
    this.info = info;
    this.frame = gl.createFramebuffer();
    gl.canvas.addEventListener("webglcontextlost", () => {
      this.lostReason ??= "the browser took the WebGL context back";
    });
  }

  get lost(): string | undefined {
    return this.lostReason;
  }

  private check(): void {
    if (this.lostReason === undefined) return;
    throw new DeviceLostError(
      `the GPU was lost (${this.lostReason}); its tensors are gone. await gpu.init() starts it again`,
    );
  }

  // ---- memory -------------------------------------------------------------------------------------------

  take(bytes: number, origin = "alloc"): GlBlock {
    this.check();
    if (bytes > 4 * MOST) {
      throw new OutOfMemoryError(
        `${origin}: one tensor of ${bytes / 4} elements; WebGL2 takes at most ${MOST}, split it`,
      );
    }
    const sizeClass = sizeClassOf(bytes);
    const size = Math.min(bytesOfClass(sizeClass), 4 * MOST);
    this.liveBytes += size;
    if (this.liveBytes > this.peakBytes) this.peakBytes = this.liveBytes;
    const pooled = this.free[sizeClass]?.pop();
    if (pooled !== undefined) {
      this.pooledBytes -= size;
      return pooled;
    }
    const elements = Math.ceil(size / 4);
    const width = Math.min(WIDTH, elements);
    const height = Math.ceil(elements / width);
    return { bytes: size, sizeClass, width, height, texture: this.texture(width, height) };
  }

  private texture(width: number, height: number): WebGLTexture {
    const { gl } = this;
    const texture = gl.createTexture();
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.R32F, width, height);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
    }
    return texture;
  }

  give(given: Block): void {
    const block = given as GlBlock;
    this.liveBytes -= block.bytes;
    this.pooledBytes += block.bytes;
    const list = this.free[block.sizeClass] ?? [];
    this.free[block.sizeClass] = list;
    list.push(block);
    if (this.pooledBytes > 2 ** 28 + 2 * this.peakBytes) this.trim();
  }

  private trim(): void {
    for (const list of this.free) {
      for (const { texture } of list ?? []) this.gl.deleteTexture(texture);
      if (list !== undefined) list.length = 0;
    }
    this.pooledBytes = 0;
  }

  temporary(bytes: number, origin: string): GpuBlock {
    const block = this.take(bytes, origin);
    this.temporaries.push(block);
    return block as unknown as GpuBlock;
  }
  done(): void {
    for (const block of this.temporaries) this.give(block);
    this.temporaries.length = 0;
  }

  // ---- drawing ------------------------------------------------------------------------------------------

  /** The GpuRuntime's contract; the output may be among the inputs. */
  dispatch(
    program: Program,
    blocks: readonly GpuBlock[],
    params: readonly number[],
    count: number | readonly [number, number, number],
    places?: readonly ArrayPlace[],
  ): void {
    const { spec } = program;
    if (spec === undefined) throw new Error(`${program.key}: WebGL2 runs kernels of gpu.js alone`);
    const [x, y, z] = typeof count === "number" ? [count, 1, 1] : count;
    const total = x * y * z;
    if (total <= 0) return;
    this.check();
    const { gl } = this;
    const made = this.compiled.get(program.key) ?? this.compile(program.key, spec);
    const list = blocks as unknown as readonly GlBlock[];
    const target = list[list.length - 1] as GlBlock;
    const reads = list.slice(0, -1).includes(target);
    const into = reads ? this.copyOf(target) : target.texture;
    gl.useProgram(made.program);
    made.arrays.forEach(({ texture, from, dims }, i) => {
      const place = places?.[i];
      gl.activeTexture(gl.TEXTURE0 + i);
      gl.bindTexture(gl.TEXTURE_2D, (list[i] as GlBlock).texture);
      gl.uniform1i(texture, i);
      gl.uniform2i(from, place?.offset ?? 0, 0);
      gl.uniform3i(dims, place?.dims?.[0] ?? 1, place?.dims?.[1] ?? 1, place?.dims?.[2] ?? 1);
    });
    made.scalars.forEach(({ at, float }, i) => {
      if (float) gl.uniform1f(at, params[i] as number);
      else gl.uniform1i(at, params[i] as number);
    });
    gl.uniform3i(made.outputDim, x, y, z);
    gl.uniform2i(made.texSize, target.width, target.height);
    this.drawOn(into);
    gl.viewport(0, 0, target.width, Math.ceil(total / target.width));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    if (reads) {
      gl.deleteTexture(target.texture);
      target.texture = into;
    }
    this.counts.dispatches++;
  }

  private drawOn(texture: WebGLTexture): void {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.frame);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  }

  private copyOf(block: GlBlock): WebGLTexture {
    const { gl } = this;
    const { width, height } = block;
    const copy = this.texture(width, height);
    this.drawOn(block.texture);
    gl.copyTexSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 0, 0, width, height);
    this.counts.copies++;
    return copy;
  }

  private compile(key: string, spec: GpuJsSpec): Compiled {
    const { gl } = this;
    const program = gl.createProgram();
    const shader = (type: GLenum, text: string): void => {
      const made = gl.createShader(type) as WebGLShader;
      gl.shaderSource(made, text);
      gl.compileShader(made);
      if (!gl.getShaderParameter(made, gl.COMPILE_STATUS)) {
        throw new Error(`kernel ${key}: ${gl.getShaderInfoLog(made)}`);
      }
      gl.attachShader(program, made);
    };
    shader(gl.VERTEX_SHADER, VERTICES);
    shader(gl.FRAGMENT_SHADER, fragmentShader(spec));
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
      throw new Error(`kernel ${key}: ${gl.getProgramInfoLog(program)}`);
    }
    // gpu.js spells underscores differently, of which GLSL reserves two in a row.
    const at = (name: string) =>
      gl.getUniformLocation(
        program,
        name.replace(/(?<=user_.*)(__|_)/, (_) => (_ === "_" ? "u_u" : "U_U")),
      );
    const made: Compiled = {
      program,
      arrays: spec.inputs.map((name) => ({
        texture: at(`user_${name}`),
        from: at(`user_${name}Size`),
        dims: at(`user_${name}Dim`),
      })),
      scalars: Object.entries(spec.scalars ?? {}).map(([name, type]) => ({
        at: at(`user_${name}`),
        float: type === "Number",
      })),
      outputDim: at("uOutputDim"),
      texSize: at("uTexSize"),
    };
    this.compiled.set(key, made);
    this.counts.pipelines++;
    return made;
  }

  // ---- host data ----------------------------------------------------------------------------------------

  /** Writes into a dense view that begins at element 0. */
  upload(block: GlBlock, data: Float32Array): void {
    this.check();
    if (data.length === 0) return;
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, block.texture);
    const rows = Math.floor(data.length / block.width);
    const put = (row: number, width: number, height: number) => {
      if (width * height === 0) return;
      const from = row * block.width;
      const part = data.subarray(from, from + width * height);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, row, width, height, gl.RED, gl.FLOAT, part);
    };
    put(0, block.width, rows);
    put(rows, data.length - rows * block.width, 1);
    this.counts.uploads++;
  }

  /** The elements of a dense view that begins at element 0; the copy is recorded before this returns. */
  async read(block: GlBlock, count: number): Promise<Float32Array> {
    this.check();
    this.counts.readbacks++;
    const { gl } = this;
    const [width, height] = [block.width, Math.ceil(count / block.width)];
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    // Four channels: the one format that every browser reads.
    const pixels = new Float32Array(4 * width * height);
    gl.bufferData(gl.PIXEL_PACK_BUFFER, pixels.byteLength, gl.STREAM_READ);
    this.drawOn(block.texture);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, 0);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    await this.finished();
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, buffer);
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, pixels);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    gl.deleteBuffer(buffer);
    this.check();
    return Float32Array.from({ length: count }, (_, i) => pixels[4 * i] as number);
  }

  /** Resolves when all that was drawn so far is there. */
  async finished(): Promise<void> {
    const { gl } = this;
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0) as WebGLSync;
    gl.flush();
    while (this.lostReason === undefined) {
      const status = gl.clientWaitSync(fence, 0, 0);
      if (status === gl.ALREADY_SIGNALED || status === gl.CONDITION_SATISFIED) break;
      await new Promise((done) => setTimeout(done, 0));
    }
    gl.deleteSync(fence);
  }

  counters(): Counters {
    const { liveBytes, pooledBytes, peakBytes } = this;
    return { ...this.counts, submits: 0, bindGroups: 0, liveBytes, pooledBytes, peakBytes };
  }
  resetCounters(): void {
    for (const name of Object.keys(this.counts) as (keyof typeof this.counts)[])
      this.counts[name] = 0;
    this.peakBytes = this.liveBytes;
  }
  destroy(): void {
    this.lostReason ??= "gpu.destroy() was called";
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

export const glBlockOf = (v: View): GlBlock => v.storage.block as GlBlock;
