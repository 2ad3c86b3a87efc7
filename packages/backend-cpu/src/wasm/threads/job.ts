// The tasks of a launch, written down in shared memory for whichever thread takes them.
import { type Arena, type ArenaBlock, takeBlock } from "@tapegrad/core";
import type { Kernel, ModuleCache } from "../assembler/module-cache.ts";
import { type Argument, LocalAddress, type Tasks } from "./launch.ts";
import { MOST_TASKS } from "./thread-loop.ts";

/** Nothing of it may be changed from its publication until all of its tasks are done: then begin() makes it anew. */
export class Job implements Tasks {
  /** Tasks begun. */
  count = 0;
  /** The kernels of the records by the addresses of their descriptors. */
  readonly kernels = new Map<number, Kernel>();
  private readonly arena: Arena;
  private readonly threads: number;
  private readonly whenFull: () => void;
  private starts: ArenaBlock;
  private records: ArenaBlock;
  /** Doubles. */
  private written = 0;
  private locals: ArenaBlock | undefined;
  private bytesEach = 0;
  private modules!: ModuleCache;

  /** @param whenFull runs the tasks so far, and calls emptied() */
  constructor(arena: Arena, threads: number, whenFull: () => void) {
    this.arena = arena;
    this.threads = threads;
    this.whenFull = whenFull;
    this.records = take(arena, 1 << 15);
    this.starts = take(arena, 1 << 12);
  }

  begin(modules: ModuleCache): void {
    this.modules = modules;
    this.kernels.clear();
    this.emptied();
  }

  /** The tasks so far are done. */
  emptied(): void {
    this.count = 0;
    this.written = 0;
  }

  add(kernel: Kernel, ...args: Argument[]): void {
    if (this.count === MOST_TASKS) this.whenFull();
    if ((this.count + 2) * 4 > this.starts.bytes) this.starts = this.grown(this.starts);
    this.arena.unsettled.i32[this.starts.ptr / 4 + this.count++] = this.written;
    this.record(kernel, args);
  }

  also(kernel: Kernel, ...args: Argument[]): void {
    this.record(kernel, args);
  }

  local(bytes: number): LocalAddress {
    if (this.locals !== undefined) {
      throw new Error("one launch takes local memory once: ask for all of it together");
    }
    this.bytesEach = Math.ceil(bytes / 128) * 128;
    this.locals = take(this.arena, this.bytesEach * this.threads);
    return new LocalAddress(0);
  }

  /** Where the tasks are, as the control block wants it: byte addresses, and the bytes of each thread's own memory. */
  place(): { starts: number; records: number; local: number; localBytes: number } {
    const starts = this.starts.ptr;
    this.arena.unsettled.i32[starts / 4 + this.count] = this.written;
    const local = this.locals?.ptr ?? 0;
    return { starts, records: this.records.ptr, local, localBytes: this.bytesEach };
  }

  /** Gives the threads' own memory back, whose next user will wait for this job. */
  giveLocals(): void {
    if (this.locals !== undefined) this.arena.give(this.locals);
    this.locals = undefined;
  }

  private record(kernel: Kernel, args: readonly Argument[]): void {
    const descriptor = this.modules.place(kernel, this.arena);
    this.kernels.set(descriptor, kernel);
    if ((this.written + args.length + 3) * 8 > this.records.bytes) {
      this.records = this.grown(this.records);
    }
    const heap = this.arena.unsettled.f64;
    let at = this.records.ptr / 8 + this.written;
    heap[at] = descriptor;
    heap[at + 1] = args.length;
    let mask = 0;
    const values = at + 3;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] as Argument;
      if (typeof arg === "number") heap[values + i] = arg;
      else {
        heap[values + i] = arg.offset;
        mask |= 1 << i;
      }
    }
    heap[at + 2] = mask;
    at = values + args.length;
    this.written = at - this.records.ptr / 8;
  }

  /** A block twice as large with what is in this one, which is given back. */
  private grown(block: ArenaBlock): ArenaBlock {
    const larger = take(this.arena, block.bytes * 2);
    const heap = this.arena.u8; // waits: tasks under way may still use what is a free block by now
    heap.copyWithin(larger.ptr, block.ptr, block.ptr + block.bytes);
    this.arena.give(block);
    return larger;
  }

  /** Gives its memory back: it is of no more use. */
  give(): void {
    this.giveLocals();
    this.arena.give(this.records);
    this.arena.give(this.starts);
  }
}

const take = (arena: Arena, bytes: number): ArenaBlock => takeBlock(arena, bytes, "a launch");
