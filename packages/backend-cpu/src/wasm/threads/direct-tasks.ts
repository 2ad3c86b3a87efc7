// Tasks that run as they are added, or once what is under way is done: one thread, or too little work to share.
import { type Arena, type ArenaBlock, takeBlock } from "@tapegrad/core";
import { callable, type Kernel } from "../assembler/module-cache.ts";
import { type Argument, LocalAddress, type Tasks } from "./launch.ts";
import type { ThreadPool } from "./thread-pool.ts";

export class DirectTasks implements Tasks {
  private readonly arena: Arena;
  private readonly pool: ThreadPool;
  private block: ArenaBlock | undefined;

  constructor(arena: Arena, pool: ThreadPool) {
    this.arena = arena;
    this.pool = pool;
  }

  add(kernel: Kernel, ...args: Argument[]): void {
    const base = this.block?.ptr ?? 0;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] as Argument;
      if (typeof arg !== "number") args[i] = base + arg.offset;
    }
    this.pool.after(() => callable(kernel)(...(args as number[])));
  }

  also(kernel: Kernel, ...args: Argument[]): void {
    this.add(kernel, ...args);
  }

  local(bytes: number): LocalAddress {
    if (this.block !== undefined) {
      throw new Error("one launch takes local memory once: ask for all of it together");
    }
    this.block = takeBlock(this.arena, bytes, "scratch memory");
    return new LocalAddress(0);
  }

  /** Gives the local memory back. */
  give(): void {
    if (this.block !== undefined) this.arena.give(this.block);
    this.block = undefined;
  }
}
