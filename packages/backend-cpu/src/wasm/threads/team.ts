// Persistent workers on an arena's shared memory, which spin for a moment and then sleep, and the thread that
// launches. Tasks are taken one by one, so a worker that is late, asleep or not started yet costs speed and nothing
// else.
//
// A launch returns once its tasks are published: the workers begin while the launching thread goes on to prepare the
// next launch, and it takes part when it has that ready, or needs the memory for anything else (Arena.settle()). What
// lies between two launches is JavaScript that large kernels have swept out of the caches, and costs most there: up to
// a quarter of a training step of small layers, in which the workers had nothing to do.
import { type Arena, type ArenaBlock, ThreadError } from "@tapegrad/core";
import { type Call, callable, type Kernel, type ModuleCache } from "../assembler/module-cache.ts";
import { Job } from "./job.ts";
import type { Tasks } from "./launch.ts";
import { CLOSED, runTask, WORD } from "./thread-loop.ts";
import { startWorker, type WorkerHandle } from "./thread-worker.ts";

/** Looks for work before a worker sleeps (about 100 µs), and for the end before the launching thread does. */
const WORKER_SPINS = 40_000;
const WAITING_SPINS = 20_000;

/** So many small works may wait for the end of a job; the next one does not wait, but works along. */
const MOST_FOLLOWERS = 32;

/** Of waiting in vain, in slices of so many ms, before it is an error. */
const SLICE = 250;
const PATIENCE = 240;
/** The same where a worker is known to be gone, with its task perhaps. */
const LITTLE_PATIENCE = 4;

const LOST = "what was computed since the last reading may be wrong";

/** The threads of one size of pool, and the memory through which they are told what to do. */
export class Team {
  readonly size: number;
  readonly workers: WorkerHandle[] = [];
  /** False once a thread has failed: it is of no more use. */
  works = true;
  private readonly arena: Arena;
  private readonly control: ArenaBlock;
  private readonly words: Int32Array;
  private lost: string | undefined;
  private generation = 0;
  /** The one that is written, and the one that runs or ran last. */
  private next: Job;
  private current: Job;
  private readonly lists: unknown[][] = [];
  private readonly kernelAt = (descriptor: number): Call =>
    callable(this.current.kernels.get(descriptor) as Kernel);
  private running = false;
  /** What is to be done after the job that runs. */
  private followers: (() => void)[] = [];
  private readonly finish = (): void => {
    const { followers } = this;
    this.followers = [];
    this.running = false;
    this.workAlong();
    for (const follower of followers) follower();
  };

  constructor(arena: Arena, size: number) {
    this.arena = arena;
    this.size = size;
    const whenFull = (): void => this.runSoFar();
    this.next = new Job(arena, size, whenFull);
    this.current = new Job(arena, size, whenFull);
    this.control = arena.take(WORD.END * 4);
    arena.settle();
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

  /** Publishes the tasks that `body` adds. What was launched before is done when they begin. */
  launch(modules: ModuleCache, body: (tasks: Tasks) => void): void {
    if (this.lost !== undefined) this.fail(this.lost);
    modules.sweep();
    const job = this.next;
    job.begin(modules);
    try {
      body(job);
      if (job.count > 0) this.publish();
    } finally {
      job.giveLocals();
    }
  }

  /** Keeps `body` for the end of the job that runs; false where there is none, or no need to wait any longer. */
  follow(body: () => void): boolean {
    const { words } = this;
    const done = !this.running || Atomics.load(words, WORD.DONE) === words[WORD.COUNT];
    if (done || this.followers.length === MOST_FOLLOWERS) return false;
    this.followers.push(body);
    return true;
  }

  private runSoFar(): void {
    const job = this.next;
    this.publish();
    this.arena.settle();
    [this.current, this.next] = [this.next, this.current];
    job.emptied();
  }

  private publish(): void {
    const { words } = this;
    this.arena.begin(this.finish);
    this.running = true;
    [this.current, this.next] = [this.next, this.current];
    const { count } = this.current;
    const { starts, records, local, localBytes } = this.current.place();
    Atomics.store(words, WORD.TICKET, (this.generation << 16) | CLOSED);
    words[WORD.STARTS] = starts;
    words[WORD.RECORDS] = records;
    words[WORD.LOCAL] = local;
    words[WORD.LOCAL_BYTES] = localBytes;
    Atomics.store(words, WORD.DONE, 0);
    Atomics.store(words, WORD.COUNT, count);
    this.generation = (this.generation + 1) & 0x7fff;
    Atomics.store(words, WORD.TICKET, this.generation << 16);
    if (count > 1) {
      Atomics.add(words, WORD.WAKE, 1);
      if (Atomics.load(words, WORD.SLEEPERS) > 0) Atomics.notify(words, WORD.WAKE);
    }
  }

  /** Takes tasks like a worker until there are none left, and returns when all are done. */
  private workAlong(): void {
    const { words } = this;
    const count = words[WORD.COUNT] as number;
    const starts = ((words[WORD.STARTS] as number) >>> 0) / 4;
    const records = ((words[WORD.RECORDS] as number) >>> 0) / 8;
    const local = (words[WORD.LOCAL] as number) >>> 0;
    const { f64: heap, i32: ints } = this.arena.unsettled;
    let failure: { readonly error: unknown } | undefined;
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
    const failed = Atomics.exchange(words, WORD.FAILED, 0);
    if (failure !== undefined) throw failure.error;
    if (failed > 0) {
      this.fail(`a kernel failed on thread ${failed - 1}: ${this.message()}; ${LOST}`);
    }
  }

  private awaitEnd(count: number): void {
    const { words } = this;
    for (let left = WAITING_SPINS; left > 0; left--) {
      if (Atomics.load(words, WORD.DONE) === count) return;
    }
    const slices = this.lost === undefined ? PATIENCE : LITTLE_PATIENCE;
    let patience = slices;
    for (;;) {
      const done = Atomics.load(words, WORD.DONE);
      if (done === count) return;
      if (waitFor(words, WORD.DONE, done) || --patience > 0) continue;
      this.fail(
        `${count - done} of ${count} tasks were not finished within ${(slices * SLICE) / 1000} s: ` +
          `${this.lost ?? "a worker thread has ended or hangs"}; ${LOST}`,
      );
    }
  }

  private fail(why: string): never {
    this.works = false;
    this.end();
    throw new ThreadError(`${why}; the next op starts new threads`);
  }

  private message(): string {
    const length = Atomics.exchange(this.words, WORD.MESSAGE_LENGTH, 0);
    const at = this.control.ptr + WORD.MESSAGE * 4;
    return String.fromCharCode(...new Uint16Array(this.arena.memory.buffer, at, length));
  }

  /**
   * The control block is not given back: a worker may be in the middle of a look at it. Nor are tasks that a worker may
   * still be at.
   */
  end(): void {
    if (this.works) for (const job of [this.current, this.next]) job.give();
    this.works = false;
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
