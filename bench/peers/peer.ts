// What a peer written in JavaScript must offer, and the messages between it and the benchmark. Each peer lives
// in a process of its own, waits on stdin, and answers on file descriptor 3: libraries print to stdout.
import type { Effort } from "../timing.ts";
import type { Pass, Spec } from "../workloads.ts";

export interface Job {
  run(): void | Promise<void>;
  /** Means of the absolute values of the results, as own.ts defines them. */
  probe(): number[] | Promise<number[]>;
  dispose(): void | Promise<void>;
}
export interface Peer {
  prepare(spec: Spec, pass: Pass): Job | Promise<Job>;
}
/** Default export of a peer's file. @param load require() from where the peers are installed */
export type Start = (load: NodeJS.Require, threads: number) => Promise<Peer>;

export type Request =
  | { readonly do: "prepare"; readonly spec: Spec; readonly pass: Pass; readonly effort: Effort }
  | { readonly do: "turn" }
  | { readonly do: "finish" };
export type Reply =
  | { readonly ready: true }
  | { readonly probe: readonly number[] }
  | { readonly samples: number[] }
  | { readonly done: true }
  | { readonly error: string };

/** Adds up |v|. */
export function meanAbs(...arrays: readonly ArrayLike<number>[]): number {
  let total = 0;
  let count = 0;
  for (const values of arrays) {
    for (let i = 0; i < values.length; i++) total += Math.abs(values[i] ?? 0);
    count += values.length;
  }
  return total / count;
}
