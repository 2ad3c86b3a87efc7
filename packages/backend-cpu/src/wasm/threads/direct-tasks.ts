// Tasks that run as they are added: one thread, or too little work to share.
import type { Arena, ArenaBlock } from "@tapegrad/core";
import { callable, type Kernel } from "../assembler/module-cache.ts";
import { type Argument, LocalAddress, type Tasks } from "./launch.ts";

export class DirectTasks implements Tasks {
  private readonly arena: Arena;
  private block: ArenaBlock | undefined;

  constructor(arena: Arena) {
    this.arena = arena;
  }

  add(kernel: Kernel, ...args: Argument[]): void {
    const base = this.block?.ptr ?? 0;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] as Argument;
      if (typeof arg !== "number") args[i] = base + arg.offset;
    }
    this.arena.settle();
    callable(kernel)(...(args as number[]));
  }

  also(kernel: Kernel, ...args: Argument[]): void {
    this.add(kernel, ...args);
  }

  local(bytes: number): LocalAddress {
    if (this.block !== undefined) {
      throw new Error("one launch takes local memory once: ask for all of it together");
    }
    this.block = this.arena.take(bytes);
    return new LocalAddress(0);
  }

  /** Gives the local memory back. */
  give(): void {
    if (this.block !== undefined) this.arena.give(this.block);
    this.block = undefined;
  }
}
