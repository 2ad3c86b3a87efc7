// What every kernel driver is given: the memory, the kind of SIMD, and the compiled kernels.
import type { Arena } from "@tapegrad/core";
import type { Func } from "./assembler.ts";
import { relaxedSimd } from "./features.ts";
import { type Exports, ModuleCache } from "./module-cache.ts";

/** The addresses of scratch blocks, given back together. */
export interface Scratch {
  take(bytes: number): number;
}

export class WasmContext {
  readonly arena: Arena;
  /** Kernels use fused multiply-add; keys of modules need not say so, a context has one kind. */
  readonly relaxed: boolean;
  private readonly cache: ModuleCache;

  constructor(arena: Arena, options: { relaxed?: boolean; cacheSize?: number } = {}) {
    this.arena = arena;
    this.relaxed = options.relaxed ?? relaxedSimd();
    this.cache = new ModuleCache(arena.memory, options.cacheSize);
  }

  /** The exports of the module of that key; `build` writes its functions the first time. */
  get<K extends string>(key: string, build: () => readonly Func[]): Exports<K> {
    return this.cache.get<K>(key, build);
  }

  get moduleCount(): number {
    return this.cache.size;
  }

  /** Runs `body` with scratch memory that goes back to the arena afterwards, also after a throw. */
  withScratch<R>(body: (scratch: Scratch) => R): R {
    const blocks: ReturnType<Arena["take"]>[] = [];
    try {
      return body({
        take: (bytes) => {
          const block = this.arena.take(bytes);
          blocks.push(block);
          return block.ptr;
        },
      });
    } finally {
      for (const block of blocks) this.arena.give(block);
    }
  }
}
