// GPU memory: buffers by size class, kept in free lists like the arena's blocks. What is given back may be taken at
// once: the queue runs in order, so a later kernel writes the buffer after the earlier ones have read it. Only
// destroying one has to wait until what uses it was submitted.
import {
  type Block,
  bytesOfClass,
  type Memory,
  OutOfMemoryError,
  sizeClassOf,
} from "@tapegrad/core";

const STORAGE = 0x80;
const COPY_SRC = 0x04;
const COPY_DST = 0x08;
const MB = 1 << 20;

export interface GpuBlock extends Block {
  readonly buffer: GPUBuffer;
  /** Small and unique: bind groups are looked up by it. */
  readonly id: number;
  readonly sizeClass: number;
  /** The last batch of commands that names it. */
  batch: number;
  /** Keys of the bind groups that hold it. */
  groups: (number | string)[];
}

/** What the pool needs of its owner. */
export interface PoolOwner {
  readonly device: GPUDevice;
  /** The batch being recorded. */
  readonly batch: number;
  /** Bytes of the largest buffer that a kernel can read. */
  readonly largest: number;
  check(): void;
  /** Creates something that may not fit, or be refused; reports that under the name of the op. */
  guarded<T>(origin: string, make: () => T, filter?: GPUErrorFilter): T;
  forget(block: GpuBlock): void;
}

export class BufferPool implements Memory {
  private readonly owner: PoolOwner;
  private readonly freeLists: GpuBlock[][] = [];
  /** Given back while commands that use them wait to be submitted, and too large to keep. */
  private doomed: GpuBlock[] = [];
  private nextId = 1;
  pooledBytes = 0;
  liveBytes = 0;
  peakBytes = 0;

  constructor(owner: PoolOwner) {
    this.owner = owner;
  }

  take(bytes: number, origin = "alloc"): GpuBlock {
    this.owner.check();
    if (bytes > this.owner.largest) {
      throw new OutOfMemoryError(
        `${origin}: one tensor of ${(bytes / MB).toFixed(1)} MB does not fit into a buffer of this GPU, which holds ` +
          `at most ${(this.owner.largest / MB).toFixed(0)} MB (maxStorageBufferBindingSize); split it`,
      );
    }
    const sizeClass = sizeClassOf(bytes);
    const list = this.freeLists[sizeClass];
    const pooled = list?.pop();
    if (pooled !== undefined) {
      this.pooledBytes -= pooled.bytes;
      this.count(pooled.bytes);
      return pooled;
    }
    const size = Math.min(bytesOfClass(sizeClass), Math.floor(this.owner.largest / 16) * 16);
    const buffer = this.owner.guarded(origin, () =>
      this.owner.device.createBuffer({
        label: origin,
        size,
        usage: STORAGE | COPY_SRC | COPY_DST,
      }),
    );
    this.count(size);
    return { buffer, id: this.nextId++, sizeClass, bytes: size, batch: -1, groups: [] };
  }

  /** A block of the runtime's own, filled with zeros: no tensor's, counted nowhere, never given back. */
  apart(bytes: number, label: string): GpuBlock {
    const usage = STORAGE | COPY_SRC | COPY_DST;
    const buffer = this.owner.device.createBuffer({ label, size: bytes, usage });
    return { buffer, id: this.nextId++, sizeClass: -1, bytes, batch: -1, groups: [] };
  }

  private count(bytes: number): void {
    this.liveBytes += bytes;
    if (this.liveBytes > this.peakBytes) this.peakBytes = this.liveBytes;
  }

  give(given: Block): void {
    const block = given as GpuBlock;
    this.liveBytes -= block.bytes;
    this.pooledBytes += block.bytes;
    let list = this.freeLists[block.sizeClass];
    if (list === undefined) {
      list = [];
      this.freeLists[block.sizeClass] = list;
    }
    list.push(block);
    // A change of batch size or model leaves classes behind that nothing asks for again.
    if (this.pooledBytes > 256 * MB + 2 * this.peakBytes) this.trim();
  }

  /** Destroys what is pooled. */
  trim(): void {
    for (const list of this.freeLists) {
      if (list === undefined) continue;
      for (const block of list) {
        this.owner.forget(block);
        this.doomed.push(block);
      }
      list.length = 0;
    }
    this.pooledBytes = 0;
    this.bury(this.owner.batch);
  }

  /** After a submit: destroys what waited for it. @param batch those used in it wait on */
  bury(batch: number): void {
    if (this.doomed.length === 0) return;
    this.doomed = this.doomed.filter((block) => {
      if (block.batch === batch) return true;
      block.buffer.destroy();
      return false;
    });
  }
}
