// What a worker thread runs. Its text is sent to the worker as a string, so that no bundler has to know of a
// second file: nothing in here may refer to anything outside of its own function.
//
// Between the threads lies one block of words in the shared memory (WORD below). A job is published by
// setting TICKET to "generation << 16 | 0". Whoever wants a task adds one to TICKET by compare-and-swap, which
// fails if the job has changed meanwhile; so a worker that wakes late, or not at all, does no harm.

/** Words (int32) of the control block; those that are written often have a cache line of their own. */
export const WORD = {
  /** generation << 16 | next task. */
  TICKET: 0,
  /** Tasks of the job. */
  COUNT: 16,
  /** Tasks that are finished. */
  DONE: 32,
  /** Raised with each job: what idle workers sleep on. */
  WAKE: 48,
  SLEEPERS: 64,
  /** Byte addresses: where each task starts in the records; the records; each thread's scratch and its size. */
  STARTS: 80,
  RECORDS: 81,
  LOCAL: 82,
  LOCAL_BYTES: 83,
  /** Workers that wait for work. */
  READY: 96,
  /** Set once to end the workers. */
  STOP: 97,
  /** 1 + the thread whose kernel threw first; the length of its message; the message as UTF-16. */
  FAILED: 98,
  MESSAGE_LENGTH: 99,
  MESSAGE: 112,
  END: 368,
} as const;

/** The most tasks of a job: the half of TICKET that counts them, short of the mark of a closed job. */
export const MOST_TASKS = 0xfffe;
/** As next task: the job is closed. */
export const CLOSED = 0xffff;

type Kernel = (...args: number[]) => unknown;

/**
 * Runs the calls of one task. A record is [descriptor, argument count, mask of thread-local arguments,
 * …arguments] in doubles.
 * @param kernelAt finds the kernel of a descriptor
 * @param lists an array of each length, filled anew for each call: to change an array's length costs more than a call
 */
export function runTask(
  records: Float64Array,
  from: number,
  to: number,
  local: number,
  kernelAt: (descriptor: number) => Kernel,
  lists: unknown[][],
): void {
  let at = from;
  while (at < to) {
    const kernel = kernelAt(records[at] as number);
    const count = records[at + 1] as number;
    const mask = records[at + 2] as number;
    at += 3;
    let args = lists[count];
    if (args === undefined) {
      args = Array.from({ length: count }, () => null);
      lists[count] = args;
    }
    for (let i = 0; i < count; i++) {
      const value = (records[at + i] as number) + (mask & (1 << i) ? local : 0);
      // A small integer is kept in the array itself, other numbers are objects.
      const whole = value | 0;
      args[i] = whole === value ? whole : value;
    }
    at += count;
    kernel(...(args as number[]));
  }
}

export interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  /** Byte address of the control block. */
  readonly control: number;
  /** From 1; the thread that made the pool is 0. */
  readonly thread: number;
  /** How often to look for work before going to sleep. */
  readonly spins: number;
}

/** The loop of a worker thread. Ends when STOP is set. */
export function workerLoop(
  { memory, control, thread, spins }: WorkerStart,
  W: typeof WORD,
  run: typeof runTask,
): void {
  const words = new Int32Array(memory.buffer, control, W.END);
  const kernels = new Map<number, Kernel>();
  const lists: unknown[][] = [];
  let doubles = new Float64Array(memory.buffer);
  let ints = new Int32Array(memory.buffer);
  const refresh = (): void => {
    doubles = new Float64Array(memory.buffer);
    ints = new Int32Array(memory.buffer);
  };

  // A descriptor: id, address and length of the module's bytes, place of the kernel among its exports. Engines
  // that have compiled the same bytes before share the code with this thread.
  const kernelAt = (descriptor: number): Kernel => {
    if (descriptor + 16 > ints.byteLength) refresh();
    const at = descriptor / 4;
    const id = ints[at] as number;
    const known = kernels.get(id);
    if (known !== undefined) return known;
    if (kernels.size >= 2048) kernels.clear();
    const start = (ints[at + 1] as number) >>> 0;
    const bytes = new Uint8Array(memory.buffer).slice(start, start + (ints[at + 2] as number));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    const kernel = Object.values(instance.exports)[ints[at + 3] as number] as Kernel;
    kernels.set(id, kernel);
    return kernel;
  };

  const fail = (error: unknown): void => {
    if (Atomics.compareExchange(words, W.FAILED, 0, thread + 1) !== 0) return;
    const text = String(error).slice(0, (W.END - W.MESSAGE) * 2);
    const units = new Uint16Array(memory.buffer, control + W.MESSAGE * 4, text.length);
    for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
    Atomics.store(words, W.MESSAGE_LENGTH, text.length);
  };

  const take = (ticket: number): boolean => {
    const task = ticket & 0xffff;
    const count = Atomics.load(words, W.COUNT);
    if (task >= count) return false;
    if (Atomics.compareExchange(words, W.TICKET, ticket, ticket + 1) !== ticket) return true;
    const starts = (words[W.STARTS] as number) >>> 0;
    const records = (words[W.RECORDS] as number) >>> 0;
    if (starts + (count + 1) * 4 > ints.byteLength) refresh();
    const from = records / 8 + (ints[starts / 4 + task] as number);
    const to = records / 8 + (ints[starts / 4 + task + 1] as number);
    if (to * 8 > doubles.byteLength) refresh();
    const local =
      ((words[W.LOCAL] as number) >>> 0) + thread * ((words[W.LOCAL_BYTES] as number) >>> 0);
    try {
      run(doubles, from, to, local, kernelAt, lists);
    } catch (error) {
      fail(error);
    }
    if (Atomics.add(words, W.DONE, 1) + 1 === count) Atomics.notify(words, W.DONE);
    return true;
  };

  Atomics.add(words, W.READY, 1);
  for (;;) {
    const wake = Atomics.load(words, W.WAKE);
    for (let left = spins; left > 0; left--) {
      if (take(Atomics.load(words, W.TICKET))) left = spins;
    }
    if (Atomics.load(words, W.STOP) !== 0) return;
    Atomics.add(words, W.SLEEPERS, 1);
    Atomics.wait(words, W.WAKE, wake);
    Atomics.sub(words, W.SLEEPERS, 1);
    if (Atomics.load(words, W.STOP) !== 0) return;
  }
}
