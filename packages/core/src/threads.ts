// How many threads the CPU backends compute with. Results do not depend on it.
import { environment } from "./environment.ts";
import { ArgumentError } from "./errors.ts";

interface Os {
  availableParallelism(): number;
}

/** The cores that this process may use. */
function cores(): number {
  const os = globalThis.process?.getBuiltinModule?.("node:os") as Os | undefined;
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Threads beyond the cores take turns and cost memory; many times as many are a mistake. */
const most = (): number => Math.max(16, 4 * cores());

function checked(what: string, n: number, given: number | string = n): number {
  if (Number.isInteger(n) && n >= 1 && n <= most()) return n;
  throw new ArgumentError(
    what,
    `expected a whole number of threads from 1 to ${most()} (this machine has ${cores()} cores), got ${given}`,
  );
}

function initial(): number {
  const text = environment("TAPEGRAD_THREADS");
  return text === undefined ? cores() : checked("TAPEGRAD_THREADS", Number(text), `'${text}'`);
}

let threads: number | undefined;

/** The number set by setNumThreads(), else by TAPEGRAD_THREADS, else the cores of the machine. */
export function getNumThreads(): number {
  threads ??= initial();
  return threads;
}

/**
 * Sets how many threads CPU kernels use from the next op on; 1 uses the calling thread alone. Results are the
 * same bits for any number. A backend without shared memory (TAPEGRAD_SHARED=0, a page that is not
 * cross-origin isolated) computes on one thread whatever is set.
 * @param caller how errors call it
 * @throws ArgumentError if n is not a whole number from 1 to 16, or four times the cores where these are more
 */
export function setNumThreads(n: number, caller = "setNumThreads"): void {
  threads = checked(caller, n);
}
