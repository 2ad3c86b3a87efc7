// What a dispatch is made of, each made once: pipelines, their layouts, and bind groups, which are found again by the
// buffers they hold. Parameters lie behind a dynamic offset, so a bind group depends on the buffers alone.
import type { Compiled, Program } from "../program/program.ts";
import type { GpuBlock, PoolOwner } from "./pool.ts";

/** Beyond this many the cache of bind groups starts afresh: something makes ever new buffers. */
const MOST_GROUPS = 50_000;
/** Ids of blocks up to here make keys that are numbers: 39 bits for three of them. */
const SMALL_IDS = 8192;
const COMPUTE = 4;

interface Layout {
  readonly id: number;
  readonly groups: GPUBindGroupLayout;
  readonly pipeline: GPUPipelineLayout;
}

export class Pipelines {
  /** Made since the start, or since somebody set these to zero. */
  counts = { pipelines: 0, bindGroups: 0 };
  private readonly owner: PoolOwner;
  private readonly uniforms: GPUBuffer;
  private readonly layouts = new Map<string, Layout>();
  private groups = new Map<number | string, GPUBindGroup>();

  /** @param uniforms the parameters of a batch */
  constructor(owner: PoolOwner, uniforms: GPUBuffer) {
    this.owner = owner;
    this.uniforms = uniforms;
  }

  compile(program: Program): Compiled {
    const { owner } = this;
    owner.check();
    const { key, inputs, outputs, paramBytes } = program;
    const layout = this.layoutFor(inputs, outputs, paramBytes);
    const make = (): GPUComputePipeline =>
      owner.device.createComputePipeline({
        label: key,
        layout: layout.pipeline,
        compute: {
          module: owner.device.createShaderModule({ label: key, code: program.wgsl }),
          entryPoint: program.entry,
        },
      });
    const pipeline = owner.guarded(`kernel ${key}`, make, "validation");
    this.counts.pipelines++;
    const compiled: Compiled = {
      ...{ owner: this, pipeline, layout: layout.groups, layoutId: layout.id, paramBytes },
    };
    program.compiled = compiled;
    return compiled;
  }

  private layoutFor(inputs: number, outputs: number, paramBytes: number): Layout {
    const shape = `${inputs},${outputs},${paramBytes}`;
    const known = this.layouts.get(shape);
    if (known !== undefined) return known;
    const { device } = this.owner;
    const storage = (n: number, type: GPUBufferBindingType, first: number) =>
      Array.from({ length: n }, (_, i) => ({
        binding: first + i,
        visibility: COMPUTE,
        buffer: { type },
      }));
    const groups = device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility: COMPUTE, buffer: { type: "uniform", hasDynamicOffset: true } },
        ...storage(inputs, "read-only-storage", 1),
        ...storage(outputs, "storage", 1 + inputs),
      ],
    });
    const pipeline = device.createPipelineLayout({ bindGroupLayouts: [groups] });
    const made = { id: this.layouts.size + 1, groups, pipeline };
    this.layouts.set(shape, made);
    return made;
  }

  groupFor(compiled: Compiled, blocks: readonly GpuBlock[]): GPUBindGroup {
    let key: number | string = compiled.layoutId;
    if (blocks.length <= 3) {
      for (let i = 0; i < blocks.length; i++) {
        const { id } = blocks[i] as GpuBlock;
        if (id >= SMALL_IDS) {
          key = "";
          break;
        }
        key = (key as number) * SMALL_IDS + id;
      }
    } else key = "";
    if (key === "") {
      key = `${compiled.layoutId}`;
      for (const block of blocks) key += `,${block.id}`;
    }
    const known = this.groups.get(key);
    if (known !== undefined) return known;
    const entries: GPUBindGroupEntry[] = [
      { binding: 0, resource: { buffer: this.uniforms, size: compiled.paramBytes } },
    ];
    blocks.forEach(({ buffer }, i) => {
      entries.push({ binding: i + 1, resource: { buffer } });
    });
    const group = this.owner.device.createBindGroup({ layout: compiled.layout, entries });
    if (this.groups.size >= MOST_GROUPS) this.groups = new Map();
    this.groups.set(key, group);
    for (const block of blocks) block.groups.push(key);
    this.counts.bindGroups++;
    return group;
  }

  /** Its buffer is to be destroyed: bind groups hold it otherwise. */
  forget(block: GpuBlock): void {
    for (const key of block.groups) this.groups.delete(key);
    block.groups = [];
  }
}
