// How a driver hands work to the threads: a launch is a list of tasks, a task a list of kernel calls. Tasks
// run in any order on any thread, the calls of one task one after the other on one thread; a launch returns
// when all of them are done. Results may not depend on the number of threads, so neither may the cut: how
// many tasks there are follows from the shape alone (see pieces()), and what sums over tasks does so in a
// second launch, in a fixed order.
import type { Kernel } from "../assembler/module-cache.ts";

/** A place in the scratch memory that each thread has of its own; its contents last for one task. */
export class LocalAddress {
  readonly offset: number;

  constructor(offset: number) {
    this.offset = offset;
  }

  plus(bytes: number): LocalAddress {
    return new LocalAddress(this.offset + bytes);
  }
}

export type Argument = number | LocalAddress;

export interface Tasks {
  /** Begins a task with this call. */
  add(kernel: Kernel, ...args: Argument[]): void;
  /** Adds a call to the task begun last. */
  also(kernel: Kernel, ...args: Argument[]): void;
  /** So many bytes of the scratch memory of whichever thread runs a task. Ask before the first task. */
  local(bytes: number): LocalAddress;
}

/** Nanoseconds that one thread needs, roughly: what a launch and pieces() are told about the work. */
export const arithmetic = (multiplyAdds: number): number => multiplyAdds / 20;
export const traffic = (bytes: number): number => bytes / 15;

/** A task should be worth more than its hand-over (below 1 µs), and there should be enough to share out. */
const SHORTEST = 8_000;
const MOST_PIECES = 64;

/**
 * Cuts `count` units of work into runs of about equal length and calls `body(first, size)` for each.
 * @param cost nanoseconds for all of them
 * @param step runs are multiples of this, but for the last
 */
export function pieces(
  count: number,
  cost: number,
  body: (first: number, size: number) => void,
  step = 1,
): void {
  const wanted = Math.max(1, Math.min(MOST_PIECES, Math.floor(cost / SHORTEST)));
  const size = Math.max(step, Math.ceil(count / wanted / step) * step);
  for (let first = 0; first < count; first += size) body(first, Math.min(size, count - first));
}
