// A pooled arena on one WebAssembly.Memory: blocks in free lists by size class. The reference
// backend and the WASM backend both live on it, so the same plain loops run over the memory of either.
//
// Addresses are unsigned: they pass 2 GiB. Heap views are fetched after an allocation and never kept
// across one, because growing an unshared memory detaches them; nor across work that is handed to threads, which goes
// on after the call that handed it over has returned, and ends when somebody asks for a view (settle()).
import type { Block, Memory } from "../backend.ts";
import { OutOfMemoryError } from "../errors.ts";

/** Block objects stay in the free lists for ever, so taking one allocates nothing in JS. */
export interface ArenaBlock extends Block {
  readonly ptr: number;
  readonly sizeClass: number;
}

const SMALLEST = 64;
const PAGE = 65536;

/**
 * Left free behind blocks of so many bytes. Without it all of them would start at the same place of a page of 4 KiB, and
 * a processor takes a read for one of what was just written if the last 12 bits of the addresses agree: it waits.
 * Measured in the second cache: depthwise convolutions up to 1.06 times as fast, least where blocks are near. Of the
 * multiples of a line this one leaves any five blocks in a row at least 768 bytes apart, and neighbours the most.
 */
const LARGE = 16384;
const GAP = 26 * SMALLEST;

/** Four classes per octave from 64 bytes up: at most 25 % of a block is slack. */
export function sizeClassOf(bytes: number): number {
  if (bytes <= SMALLEST) return 0;
  const units = Math.ceil(bytes / 16) - 1; // 64 bytes and one more is unit 4
  const octave = 31 - Math.clz32(units); // ≥ 2
  return (octave - 2) * 4 + (units >> (octave - 2)) - 4 + 1;
}

export function bytesOfClass(sizeClass: number): number {
  if (sizeClass === 0) return SMALLEST;
  const octave = Math.floor((sizeClass - 1) / 4);
  const quarter = (sizeClass - 1) % 4;
  return (((quarter + 5) * SMALLEST) / 4) * 2 ** octave;
}

export interface ArenaOptions {
  /** One memory for several threads. Growing a shared memory keeps old views valid. */
  readonly shared?: boolean;
  /** The ceiling in 64 KiB pages; smaller ones are tried where it cannot be reserved. Default 65,536 (4 GiB). */
  readonly maxPages?: number;
}

/** The memory as numbers. */
interface Views {
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  readonly u16: Uint16Array;
  readonly u8: Uint8Array;
}

export class Arena implements Memory {
  readonly memory: WebAssembly.Memory;
  readonly maxPages: number;
  readonly shared: boolean;
  private views!: Views;
  /** Ends what other threads are still doing to this memory; see settle(). */
  private underway: (() => void) | undefined;
  private readonly freeLists: ArenaBlock[][] = [];
  private top = SMALLEST; // address 0 stays unused
  private end: number;
  pooledBytes = 0;

  constructor(options: ArenaOptions = {}) {
    this.shared = options.shared ?? false;
    const { memory, maxPages } = reserve(options.maxPages ?? 65536, this.shared);
    this.memory = memory;
    this.maxPages = maxPages;
    this.end = memory.buffer.byteLength;
    this.refresh();
  }

  private refresh(): void {
    const buffer = this.memory.buffer;
    this.end = buffer.byteLength;
    this.views = {
      f32: new Float32Array(buffer),
      f64: new Float64Array(buffer),
      i32: new Int32Array(buffer),
      i64: new BigInt64Array(buffer),
      u16: new Uint16Array(buffer),
      u8: new Uint8Array(buffer),
    };
  }

  get f32(): Float32Array {
    if (this.underway !== undefined) this.settle();
    return this.views.f32;
  }
  get f64(): Float64Array {
    if (this.underway !== undefined) this.settle();
    return this.views.f64;
  }
  get i32(): Int32Array {
    if (this.underway !== undefined) this.settle();
    return this.views.i32;
  }
  get i64(): BigInt64Array {
    if (this.underway !== undefined) this.settle();
    return this.views.i64;
  }
  get u16(): Uint16Array {
    if (this.underway !== undefined) this.settle();
    return this.views.u16;
  }
  get u8(): Uint8Array {
    if (this.underway !== undefined) this.settle();
    return this.views.u8;
  }
  /** The memory while threads work on it: for the places through which they are told what to do, and nothing else. */
  get unsettled(): Views {
    return this.views;
  }

  /**
   * Other threads work on this memory from now on, until `finish` has returned. It is called by whoever needs the
   * memory next: whoever asks for a view, and whoever calls settle(). Work follows on work: what was underway is
   * finished first.
   */
  begin(finish: () => void): void {
    this.settle();
    this.underway = finish;
  }

  /** Returns when no other thread works on this memory. @throws what went wrong there */
  settle(): void {
    const finish = this.underway;
    if (finish === undefined) return;
    this.underway = undefined;
    finish();
  }

  /** Bytes of memory that the engine has given so far. */
  get reservedBytes(): number {
    return this.end;
  }

  take(bytes: number): ArenaBlock {
    // Before the size class, whose 32-bit arithmetic would wrap around to a small one.
    const limit = this.maxPages * PAGE;
    if (bytes > limit) throw new ArenaFullError(bytes, limit);
    const sizeClass = sizeClassOf(bytes);
    const list = this.freeLists[sizeClass];
    if (list !== undefined && list.length > 0) {
      const block = list.pop() as ArenaBlock;
      this.pooledBytes -= block.bytes;
      return block;
    }
    const block = { ptr: this.top, bytes: bytesOfClass(sizeClass), sizeClass };
    const top = Math.ceil((this.top + block.bytes) / SMALLEST) * SMALLEST;
    if (top > this.end) this.grow(top, bytes);
    this.top = block.bytes < LARGE ? top : top + GAP;
    return block;
  }

  give(block: Block): void {
    const { sizeClass } = block as ArenaBlock;
    this.pooledBytes += block.bytes;
    let list = this.freeLists[sizeClass];
    if (list === undefined) {
      list = [];
      this.freeLists[sizeClass] = list;
    }
    list.push(block as ArenaBlock);
  }

  private grow(wanted: number, bytes: number): void {
    const limit = this.maxPages * PAGE;
    if (wanted > limit) throw new ArenaFullError(bytes, limit);
    // Half as much again, so that a growing program does not ask at each tensor.
    const target = Math.min(limit, Math.max(wanted, this.end * 1.5, 16 << 20));
    const grew =
      tryGrow(this.memory, Math.ceil((target - this.end) / PAGE)) ||
      tryGrow(this.memory, Math.ceil((wanted - this.end) / PAGE));
    if (!grew) throw new ArenaFullError(bytes, limit);
    this.refresh();
  }
}

/** Caught by storage.ts, which knows what is alive and says it. */
export class ArenaFullError extends OutOfMemoryError {
  constructor(bytes: number, limit: number) {
    super(`the arena of at most ${limit} bytes is full (asked for ${bytes} bytes)`);
  }
}

function tryGrow(memory: WebAssembly.Memory, pages: number): boolean {
  try {
    memory.grow(pages);
    return true;
  } catch {
    return false; // the engine has no more address space or memory: the caller reports it
  }
}

function reserve(maxPages: number, shared: boolean) {
  for (let maximum = maxPages; ; maximum = Math.floor(maximum / 2)) {
    try {
      const memory = new WebAssembly.Memory({ initial: 16, maximum, shared });
      return { memory, maxPages: maximum };
    } catch (cause) {
      if (maximum < 1024) {
        throw new OutOfMemoryError("not even 64 MiB of WebAssembly memory can be reserved", {
          cause,
        });
      }
    }
  }
}
