// The threads of one arena: persistent workers on its shared memory that spin for a moment and then sleep, and the
// thread that launches, which works along. Tasks are taken one by one, so a worker that is late, asleep or not
// started yet costs speed and nothing else.
import { type Arena, type ArenaBlock, getNumThreads, ThreadError } from "@tapegrad/core";
import type { Kernel, ModuleCache } from "../assembler/module-cache.ts";
import { DirectTasks } from "./direct-tasks.ts";
import { type Argument, LocalAddress, type Tasks } from "./launch.ts";
import { CLOSED, MOST_TASKS, runTask, WORD } from "./thread-loop.ts";
import { startWorker, type WorkerHandle } from "./thread-worker.ts";

/**
 * Below so many nanoseconds of work, waking a thread costs more than it brings: on a busy host a task that a worker has
 * begun waits with it for a core that is gone.
 */
const WORTHWHILE = 40_000;

/** Looks for work before a worker sleeps (about 100 µs), and for the end before the launching thread does. */
const WORKER_SPINS = 40_000;
const WAITING_SPINS = 20_000;

/** Of waiting in vain, in slices of so many ms, before it is an error. */
const SLICE = 250;
const PATIENCE = 240;

export class ThreadPool {
  private readonly arena: Arena;
  private readonly threads: number | undefined;
  private team: Team | undefined;
  private busy = false;

  /** @param threads default: getNumThreads() at each launch */
  constructor(arena: Arena, threads?: number) {
    this.arena = arena;
    this.threads = threads;
  }

  /** How many threads work on a launch that is worth it. */
  get size(): number {
    return this.arena.shared ? (this.threads ?? getNumThreads()) : 1;
  }

  /** Workers that have started so far. */
  get workersReady(): number {
    return this.team?.ready ?? 0;
  }

  /** The workers, all but the launching thread; none before the first launch that is worth it. */
  get workers(): readonly WorkerHandle[] {
    return this.team?.workers ?? [];
  }

  /** Runs the tasks that `body` adds; see threads/launch.ts. */
  launch(modules: ModuleCache, cost: number, body: (tasks: Tasks) => void): void {
    const size = this.size;
    // A launch inside of a launch's body runs at once: there is one list of tasks. Workers that are not needed
    // sleep on, for the next time that they are.
    if (size === 1 || cost < WORTHWHILE || this.busy) {
      this.direct(body);
      return;
    }
    if (this.team?.size !== size) {
      this.team?.end();
      this.team = new Team(this.arena, size);
    }
    this.busy = true;
    try {
      this.team.launch(modules, body);
    } catch (error) {
      if (error instanceof ThreadError) {
        this.team.end();
        this.team = undefined;
      }
      throw error;
    } finally {
      this.busy = false;
    }
  }

  private direct(body: (tasks: Tasks) => void): void {
    const tasks = new DirectTasks(this.arena);
    try {
      body(tasks);
    } finally {
      tasks.give();
    }
  }

  /** Ends the workers; the next launch starts new ones. */
  end(): void {
    this.team?.end();
    this.team = undefined;
  }
}

/** The workers of one size of pool, and the memory through which they are told what to do. */
class Team implements Tasks {
  readonly size: number;
  private readonly arena: Arena;
  private readonly control: ArenaBlock;
  private readonly words: Int32Array;
  readonly workers: WorkerHandle[] = [];
  private lost: string | undefined;
  private generation = 0;
  private modules!: ModuleCache;

  private records: ArenaBlock;
  private readonly starts: ArenaBlock;
  /** Doubles written, tasks begun. */
  private written = 0;
  private tasks = 0;
  private locals: ArenaBlock | undefined;
  private localBytes = 0;
  private readonly kernels = new Map<number, Kernel>();
  private readonly lists: unknown[][] = [];
  private readonly kernelAt = (descriptor: number): Kernel =>
    this.kernels.get(descriptor) as Kernel;

  constructor(arena: Arena, size: number) {
    this.arena = arena;
    this.size = size;
    this.control = arena.take(WORD.END * 4);
    this.records = arena.take(1 << 16);
    this.starts = arena.take((MOST_TASKS + 1) * 4);
    this.words = new Int32Array(arena.memory.buffer, this.control.ptr, WORD.END).fill(0);
    this.words[WORD.TICKET] = CLOSED;
    for (let thread = 1; thread < size; thread++) {
      const start = {
        memory: arena.memory,
        control: this.control.ptr,
        thread,
        spins: WORKER_SPINS,
      };
      this.workers.push(
        startWorker(start, (why) => {
          this.lost ??= `thread ${thread} of ${size} ${why}`;
        }),
      );
    }
  }

  get ready(): number {
    return Atomics.load(this.words, WORD.READY);
  }

  launch(modules: ModuleCache, body: (tasks: Tasks) => void): void {
    if (this.lost !== undefined) {
      throw new ThreadError(`${this.lost}; the next op starts new threads`);
    }
    modules.sweep();
    this.modules = modules;
    this.written = 0;
    this.tasks = 0;
    this.kernels.clear();
    try {
      body(this);
      this.run();
    } finally {
      if (this.locals !== undefined) this.arena.give(this.locals);
      this.locals = undefined;
    }
  }

  add(kernel: Kernel, ...args: Argument[]): void {
    if (this.tasks === MOST_TASKS) this.run();
    this.arena.i32[this.starts.ptr / 4 + this.tasks++] = this.written;
    this.record(kernel, args);
  }

  also(kernel: Kernel, ...args: Argument[]): void {
    this.record(kernel, args);
  }

  local(bytes: number): LocalAddress {
    if (this.locals === undefined) {
      this.localBytes = Math.ceil(bytes / 128) * 128;
      this.locals = this.arena.take(this.localBytes * this.size);
      return new LocalAddress(0);
    }
    throw new Error("one launch takes local memory once: ask for all of it together");
  }

  private record(kernel: Kernel, args: readonly Argument[]): void {
    const descriptor = this.modules.place(kernel, this.arena);
    this.kernels.set(descriptor, kernel);
    if ((this.written + args.length + 3) * 8 > this.records.bytes) this.growRecords();
    const heap = this.arena.f64;
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

  private growRecords(): void {
    const larger = this.arena.take(this.records.bytes * 2);
    const heap = this.arena.f64;
    const from = this.records.ptr / 8;
    heap.copyWithin(larger.ptr / 8, from, from + this.written);
    this.arena.give(this.records);
    this.records = larger;
  }

  /** Publishes what was recorded, works along, and returns when all of it is done. */
  private run(): void {
    const { words, tasks: count } = this;
    if (count === 0) return;
    const starts = this.starts.ptr / 4;
    this.arena.i32[starts + count] = this.written;
    Atomics.store(words, WORD.TICKET, (this.generation << 16) | CLOSED);
    words[WORD.STARTS] = this.starts.ptr;
    words[WORD.RECORDS] = this.records.ptr;
    words[WORD.LOCAL] = this.locals?.ptr ?? 0;
    words[WORD.LOCAL_BYTES] = this.localBytes;
    Atomics.store(words, WORD.DONE, 0);
    Atomics.store(words, WORD.COUNT, count);
    this.generation = (this.generation + 1) & 0x7fff;
    Atomics.store(words, WORD.TICKET, this.generation << 16);
    if (count > 1) {
      Atomics.add(words, WORD.WAKE, 1);
      if (Atomics.load(words, WORD.SLEEPERS) > 0) Atomics.notify(words, WORD.WAKE);
    }
    let failure: { readonly error: unknown } | undefined;
    const heap = this.arena.f64;
    const ints = this.arena.i32;
    const records = this.records.ptr / 8;
    const local = this.locals?.ptr ?? 0;
    for (;;) {
      const ticket = Atomics.load(words, WORD.TICKET);
      const task = ticket & 0xffff;
      if (task >= count) break;
      if (Atomics.compareExchange(words, WORD.TICKET, ticket, ticket + 1) !== ticket) continue;
      try {
        const from = records + (ints[starts + task] as number);
        const to = records + (ints[starts + task + 1] as number);
        runTask(heap, from, to, local, this.kernelAt, this.lists);
      } catch (error) {
        failure ??= { error };
      }
      Atomics.add(words, WORD.DONE, 1);
    }
    this.awaitEnd(count);
    this.written = 0;
    this.tasks = 0;
    if (failure !== undefined) throw failure.error;
    const failed = Atomics.exchange(words, WORD.FAILED, 0);
    if (failed > 0)
      throw new ThreadError(`a kernel failed on thread ${failed - 1}: ${this.message()}`);
  }

  private awaitEnd(count: number): void {
    const { words } = this;
    for (let left = WAITING_SPINS; left > 0; left--) {
      if (Atomics.load(words, WORD.DONE) === count) return;
    }
    let patience = PATIENCE;
    for (;;) {
      const done = Atomics.load(words, WORD.DONE);
      if (done === count) return;
      if (waitFor(words, WORD.DONE, done) || --patience > 0) continue;
      throw new ThreadError(
        `${count - done} of ${count} tasks were not finished within ${(PATIENCE * SLICE) / 1000} s: ` +
          "a worker thread has ended or hangs; the next op starts new threads",
      );
    }
  }

  private message(): string {
    const length = Atomics.exchange(this.words, WORD.MESSAGE_LENGTH, 0);
    const at = this.control.ptr + WORD.MESSAGE * 4;
    return String.fromCharCode(...new Uint16Array(this.arena.memory.buffer, at, length));
  }

  /** The blocks are not given back: a worker may be in the middle of a look at them. */
  end(): void {
    Atomics.store(this.words, WORD.STOP, 1);
    Atomics.add(this.words, WORD.WAKE, 1);
    Atomics.notify(this.words, WORD.WAKE);
    for (const worker of this.workers) worker.end();
  }
}

let mayWait: boolean | undefined;

/** Sleeps until the word changes; false when it has not within a slice. A page, which may not sleep, spins. */
function waitFor(words: Int32Array, index: number, value: number): boolean {
  mayWait ??= canWait();
  if (mayWait) return Atomics.wait(words, index, value, SLICE) !== "timed-out";
  const end = performance.now() + SLICE;
  while (performance.now() < end) {
    for (let i = 0; i < 1000; i++) if (Atomics.load(words, index) !== value) return true;
  }
  return false;
}

function canWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false; // the main thread of a page
  }
}
