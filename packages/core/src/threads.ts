// How many threads the CPU backends compute with. Results do not depend on it.
import { environment } from "./environment.ts";
import { ArgumentError } from "./errors.ts";

/** More than any machine has; a larger number is a mistake. */
const MOST = 1024;

interface Os {
  availableParallelism(): number;
}

/** The cores that this process may use. */
function cores(): number {
  const os = globalThis.process?.getBuiltinModule?.("node:os") as Os | undefined;
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

function checked(what: string, n: number): number {
  if (Number.isInteger(n) && n >= 1 && n <= MOST) return n;
  throw new ArgumentError(what, `expected a whole number of threads from 1 to ${MOST}, got ${n}`);
}

function initial(): number {
  const text = environment("TAPEGRAD_THREADS");
  return text === undefined ? Math.min(cores(), MOST) : checked("TAPEGRAD_THREADS", Number(text));
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
 * @throws ArgumentError if n is not a whole number from 1 to 1024
 */
export function setNumThreads(n: number): void {
  threads = checked("setNumThreads", n);
}
