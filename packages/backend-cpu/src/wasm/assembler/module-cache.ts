// Compiled kernels by key, instantiated against one memory. The cache is bounded: a program that sees
// ever new shapes lets the modules go that it has not used for longest.
import type { Arena, ArenaBlock } from "@tapegrad/core";
import { assemble, type Func } from "./assembler.ts";

declare const kernel: unique symbol;
/** An exported kernel: a task's, or called by way of WasmContext.now(). */
export interface Kernel {
  readonly [kernel]: true;
}
/** Numbers in (addresses unsigned, up to 4 GiB), a number or nothing out. */
export type Call = (...args: number[]) => number;

/** The kernel as a function, for those who know that nobody else works on what it touches. */
export const callable = (kernel: Kernel): Call => kernel as unknown as Call;
export type Exports<K extends string = string> = Readonly<Record<K, Kernel>>;

interface Placed {
  readonly arena: Arena;
  readonly block: ArenaBlock;
}

interface Entry {
  readonly exports: Exports;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What other threads need of it lies in shared memory from the first time that it is asked for. */
  readonly placed: Placed[];
  usedAt: number;
}

/** A kernel's module, its place among the exports, and the address of its descriptor once it has one. */
interface Origin {
  readonly entry: Entry;
  readonly index: number;
  descriptor: number;
}

let descriptors = 0;

export class ModuleCache {
  readonly memory: WebAssembly.Memory;
  private readonly shared: boolean;
  private readonly capacity: number;
  private readonly entries = new Map<string, Entry>();
  private readonly origins = new WeakMap<Kernel, Origin>();
  /** Places of forgotten modules, which the tasks of a launch may still refer to. */
  private readonly retired: Placed[] = [];
  private clock = 0;

  constructor(memory: WebAssembly.Memory, capacity = 512) {
    this.memory = memory;
    this.capacity = capacity;
    // By name: where a page is not cross-origin isolated there is no SharedArrayBuffer to compare with.
    this.shared = Object.prototype.toString.call(memory.buffer) === "[object SharedArrayBuffer]";
  }

  get size(): number {
    return this.entries.size;
  }

  /** The exports of the module of that key; `build` writes its functions the first time. */
  get<K extends string>(key: string, build: () => readonly Func[]): Exports<K> {
    let entry = this.entries.get(key);
    if (entry === undefined) {
      if (this.entries.size >= this.capacity) this.forgetOldest();
      const bytes = assemble(build(), { shared: this.shared, name: key });
      const module = new WebAssembly.Module(bytes);
      const { exports } = new WebAssembly.Instance(module, { env: { memory: this.memory } });
      entry = { exports: exports as unknown as Exports, bytes, placed: [], usedAt: 0 };
      this.entries.set(key, entry);
      let index = 0;
      for (const kernel of Object.values(entry.exports)) {
        this.origins.set(kernel, { entry, index: index++, descriptor: 0 });
      }
    }
    entry.usedAt = ++this.clock;
    return entry.exports;
  }

  /**
   * The address of what another thread needs to make this kernel for itself: a number of its own, address and
   * length of the module's bytes, place among the exports. Valid until sweep().
   */
  place(kernel: Kernel, arena: Arena): number {
    const origin = this.origins.get(kernel);
    if (origin === undefined) throw new Error("a task must be a kernel of this cache");
    if (origin.descriptor === 0) {
      const { bytes, placed } = origin.entry;
      if (placed.length === 0) {
        const block = arena.take(bytes.length);
        arena.u8.set(bytes, block.ptr);
        placed.push({ arena, block });
      }
      const block = arena.take(16);
      placed.push({ arena, block });
      const code = (placed[0] as Placed).block.ptr;
      arena.i32.set([++descriptors, code, bytes.length, origin.index], block.ptr / 4);
      origin.descriptor = block.ptr;
    }
    return origin.descriptor;
  }

  /** Gives back the places of modules that were forgotten, which tasks under way may still look at. */
  sweep(): void {
    for (const { arena, block } of this.retired) {
      arena.settle();
      arena.give(block);
    }
    this.retired.length = 0;
  }

  /** Drops a quarter, so that the sort is rare. */
  private forgetOldest(): void {
    const byAge = [...this.entries].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [key] of byAge.slice(0, Math.ceil(this.capacity / 4))) {
      const entry = this.entries.get(key) as Entry;
      // Drivers may hold a kernel of it still: then it finds a new place.
      this.retired.push(...entry.placed.splice(0));
      for (const kernel of Object.values(entry.exports)) {
        (this.origins.get(kernel) as Origin).descriptor = 0;
      }
      this.entries.delete(key);
    }
  }
}
