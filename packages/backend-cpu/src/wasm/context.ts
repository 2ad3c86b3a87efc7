// What every kernel driver is given: the memory, the kind of SIMD, and the compiled kernels.
import { type Arena, type ArenaBlock, takeBlock } from "@tapegrad/core";
import type { Func } from "./assembler/assembler.ts";
import { relaxedSimd, usesWinograd } from "./assembler/features.ts";
import {
  type Call,
  callable,
  type Exports,
  type Kernel,
  ModuleCache,
} from "./assembler/module-cache.ts";
import type { Tasks } from "./threads/launch.ts";
import { ThreadPool } from "./threads/thread-pool.ts";

/** Scratch memory of one call: blocks are given back together. */
export class Scratch {
  private readonly arena: Arena;
  private readonly blocks: ArenaBlock[] = [];

  constructor(arena: Arena) {
    this.arena = arena;
  }

  /** The address of a block of at least so many bytes. */
  take(bytes: number): number {
    const block = takeBlock(this.arena, bytes, "scratch memory");
    this.blocks.push(block);
    return block.ptr;
  }

  give(): void {
    for (const block of this.blocks) this.arena.give(block);
    this.blocks.length = 0;
  }
}

export interface ContextOptions {
  readonly relaxed?: boolean;
  readonly winograd?: boolean;
  /** Compiled modules kept. */
  readonly cacheSize?: number;
  /** The threads of the arena; contexts on one arena share them. */
  readonly pool?: ThreadPool;
}

export class WasmContext {
  readonly arena: Arena;
  /** Kernels use fused multiply-add; keys of modules need not say so, a context has one kind. */
  readonly relaxed: boolean;
  /** Convolutions may use Winograd's algorithm: faster, with a larger rounding error; see conv/winograd/winograd.ts. */
  readonly winograd: boolean;
  readonly pool: ThreadPool;
  private readonly cache: ModuleCache;

  constructor(arena: Arena, options: ContextOptions = {}) {
    this.arena = arena;
    this.relaxed = options.relaxed ?? relaxedSimd();
    this.winograd = options.winograd ?? usesWinograd();
    this.pool = options.pool ?? new ThreadPool(arena);
    this.cache = new ModuleCache(arena.memory, options.cacheSize);
  }

  /** The exports of the module of that key; `build` writes its functions the first time. */
  get<K extends string>(key: string, build: () => readonly Func[]): Exports<K> {
    return this.cache.get<K>(key, build);
  }

  get moduleCount(): number {
    return this.cache.size;
  }

  /** The kernel to call here and now: nothing else works on the memory until the next launch. */
  now(kernel: Kernel): Call {
    this.arena.settle();
    return callable(kernel);
  }

  /**
   * Runs `body` when what is under way is done, and before anything that comes later; at once if nothing is. For small
   * works whose results only kernels read: the thread need not wait for its workers to get there.
   */
  after(body: () => void): void {
    this.pool.after(body);
  }

  /**
   * Runs the tasks that `body` adds, on all threads if the work is worth it; see threads/launch.ts.
   * @param cost nanoseconds of one thread, roughly: arithmetic(), traffic()
   */
  launch(cost: number, body: (tasks: Tasks) => void): void {
    this.pool.launch(this.cache, cost, body);
  }

  /** Runs `body` with scratch memory that goes back to the arena afterwards, also after a throw. */
  withScratch<R>(body: (scratch: Scratch) => R): R {
    const scratch = new Scratch(this.arena);
    try {
      return body(scratch);
    } finally {
      scratch.give();
    }
  }
}
