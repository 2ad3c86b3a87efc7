// The registry: for each slot of the backend the variants that compute it, compiled by gpu.js or hand-written, the
// preferred first. Which one runs depends on shapes and dtypes alone. Its name goes to trace, profiler and explain.
import type { Ran } from "@tapegrad/core";
import type { GpuInfo } from "./find.ts";
import type { Program } from "./program/program.ts";
import type { GpuRuntime } from "./runtime/runtime.ts";

export interface Variant<A extends readonly unknown[]> {
  /** Begins with "gpujs" or "wgsl". */
  readonly name: string;
  /** Whether it computes this case rightly. Default: always. */
  takes?(...args: A): boolean;
  /** The kind of adapter it is meant for: a device, or a processor that plays one. Default: both. */
  readonly on?: "hardware" | "software";
  /** What the device must have. */
  readonly needs?: GPUFeatureName;
  /** Whether it is expected to win, where it takes the case. Default: yes. */
  suits?(...args: A): boolean;
  run(runtime: GpuRuntime, ...args: A): void;
}

export interface Slot<A extends readonly unknown[]> {
  readonly name: string;
  readonly variants: readonly Variant<A>[];
  /** The kernel on a runtime: runs the first variant that takes the case and suits it; else the first that takes it. */
  on(runtime: GpuRuntime): (...args: A) => Ran;
}

const slots = new Map<string, Slot<never>>();
/** For tests: the variant that a slot must run. */
const forced = new Map<string, string>();

export function slot<A extends readonly unknown[]>(
  name: string,
  variants: readonly Variant<A>[],
): Slot<A> {
  const pick = ({ software, features }: GpuInfo, args: A): Variant<A> | undefined => {
    const wanted = forced.size === 0 ? undefined : forced.get(name);
    let spare: Variant<A> | undefined;
    for (const v of variants) {
      if (wanted !== undefined && v.name !== wanted) continue;
      if (v.needs !== undefined && !features.includes(v.needs)) continue;
      if (v.takes !== undefined && !v.takes(...args)) continue;
      if (wanted !== undefined) return v;
      const meant = v.on === undefined || (v.on === "software") === software;
      if (meant && (v.suits === undefined || v.suits(...args))) return v;
      spare ??= v;
    }
    return spare;
  };
  const made: Slot<A> = {
    name,
    variants,
    on:
      (runtime) =>
      (...args) => {
        const variant = pick(runtime.info, args);
        if (variant === undefined) return undefined;
        try {
          variant.run(runtime, ...args);
        } finally {
          runtime.done();
        }
        return variant.name;
      },
  };
  slots.set(name, made as unknown as Slot<never>);
  return made;
}

/** Every slot with its variants. */
export const allSlots = (): readonly Slot<never>[] => [...slots.values()];

/** Runs f with one variant of a slot, whether it suits or not; a case that it does not take is declined. */
export function withVariant<R>(slotName: string, variant: string, f: () => R): R {
  forced.set(slotName, variant);
  try {
    return f();
  } finally {
    forced.delete(slotName);
  }
}

// ---- programs ---------------------------------------------------------------------------------------------

const programs = new Map<string, Program>();

/** The program of a key; made when it is first asked for. */
export function program(key: string, make: (key: string) => Program): Program {
  let known = programs.get(key);
  if (known === undefined) {
    known = make(key);
    programs.set(key, known);
  }
  return known;
}

/** By family and number. */
const numbered = new Map<string, Map<number, Program>>();

/**
 * The program of a family that has a number, once it was made: for ops so small that to spell a key in each call would
 * be most of what they cost. The family is a string that exists already, the number says ranks and types.
 */
export const programNumbered = (family: string, n: number): Program | undefined =>
  numbered.get(family)?.get(n);

/** Keeps a program under a number too. */
export function keepNumbered(family: string, n: number, made: Program): Program {
  let known = numbered.get(family);
  if (known === undefined) {
    known = new Map();
    numbered.set(family, known);
  }
  known.set(n, made);
  return made;
}

/** For tests: as if none had been made. */
export const forgetPrograms = (): void => {
  programs.clear();
  numbered.clear();
};

/** All that were made so far. */
export const allPrograms = (): readonly Program[] => [...programs.values()];
