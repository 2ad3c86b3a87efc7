// How backends choose among several ways to compute the same. By shape, as a rule: the same seed then gives
// the same bits. By time, when a program asks for it: tune(). In deterministic mode, ways whose bits depend
// on the processor are not used at all. A backend asks `choosing` whenever it has a choice; core names no op.
import { environmentSwitch } from "./environment.ts";
import { ArgumentError } from "./errors.ts";

/** One choice that a backend made, as listeners see it (RanEvent.choice). */
export interface Choice {
  /** The kernel of the backend contract. */
  readonly kernel: string;
  /** What was to be computed, in the backend's words. */
  readonly geometry: string;
  /** All ways that can compute it, with the milliseconds of one run, in the order of preference by shape. */
  readonly candidates: readonly { readonly name: string; readonly ms: number }[];
  readonly pick: string;
  readonly by: "shape" | "time";
}

/** Picks by what was asked ("wasm conv …"): JSON, for files. */
export type Picks = Readonly<Record<string, string>>;

/** Keeps picks beyond the end of the process. */
export interface PickStore {
  /** What is there; called once, when tuning first meets a choice. */
  load(): Picks;
  /** Takes what is new. Called often: a store may gather. */
  save(added: Picks): void;
}

// ---- modes ------------------------------------------------------------------------------------------

let tuning = false;
let askers = 0;

/** Whether the mode is on; read by backends at each call. */
export let deterministic = environmentSwitch("TAPEGRAD_DETERMINISTIC") ?? false;

/** What a backend that has a choice is to do; null, as a rule: choose by shape, nobody asks. */
export interface Choosing {
  /** Use what was the fastest of all candidates, and keep it. */
  readonly byTime: boolean;
  /** Somebody wants to know: measure all candidates and tellChoice(). */
  readonly asked: boolean;
}
export let choosing: Choosing | null = null;

function refresh(): void {
  const byTime = tuning && !deterministic;
  choosing = byTime || askers > 0 ? { byTime, asked: askers > 0 } : null;
}

/**
 * Tuning: the first time a shape is met, each way to compute it is tried some times, and the fastest is used
 * from then on, as with `torch.backends.cudnn.benchmark`. Off by default, because another pick gives other
 * last bits: what was picked is in tunedPicks(), to be kept beside a checkpoint.
 *
 *     tune();              // from now on
 *     tune(false);         // no more
 *     tune(() => step());  // while a synchronous function runs; its result
 *
 * Deterministic mode wins over it.
 */
export function tune<R>(f: () => R): R;
export function tune(on?: boolean): void;
export function tune<R>(what: boolean | (() => R) = true): R | undefined {
  if (typeof what === "boolean") {
    setTuning(what);
    return undefined;
  }
  if (typeof what !== "function") {
    throw new ArgumentError("tune", `expected true, false or a function, got ${String(what)}`);
  }
  const before = tuning;
  setTuning(true);
  try {
    const result = what();
    if (!(result instanceof Promise)) return result;
    result.catch(() => {}); // the mistake is told once, here
  } finally {
    setTuning(before);
  }
  throw new ArgumentError("tune", "the function must not be async; call tune() before it");
}

function setTuning(on: boolean): void {
  tuning = on;
  refresh();
}

/** Whether kernels are picked by time at present: tune() was called and deterministic mode is off. */
export const isTuning = (): boolean => tuning && !deterministic;

/**
 * With true, backends compute only in ways that give the same bits on every processor and in every run, as
 * `torch.use_deterministic_algorithms`: no fused multiply-add, whose rounding the processor decides, and no
 * picks by time. Slower. TAPEGRAD_DETERMINISTIC=1 sets it at the start.
 */
export function useDeterministicAlgorithms(on: boolean): void {
  if (typeof on !== "boolean") {
    throw new ArgumentError(
      "useDeterministicAlgorithms",
      `expected true or false, got ${String(on)}`,
    );
  }
  deterministic = on;
  refresh();
}
export const areDeterministicAlgorithmsEnabled = (): boolean => deterministic;

// ---- who asks ---------------------------------------------------------------------------------------

/** Has choices measured and told until the returned function is called; onRun(f, { choices: true }) does. */
export function askForChoices(): () => void {
  let asking = true;
  askers++;
  refresh();
  return () => {
    if (asking) askers--;
    asking = false;
    refresh();
  };
}

let told: Choice | undefined;

/** For backends, when `choosing.asked`: the choice belongs to the op that is running. */
export function tellChoice(choice: Choice): void {
  told = choice;
}
/** The choice of the op that has just run. */
export function takeChoice(): Choice | undefined {
  const choice = told;
  told = undefined;
  return choice;
}

// ---- picks ------------------------------------------------------------------------------------------

/** By question and circumstances (threads, instructions), under which another way may be the fastest. */
const known = new Map<string, string>();
/** By question alone: a run that goes on keeps its kernels, whatever the circumstances. */
let pinned = new Map<string, string>();
/** By question: what this program has used. */
const used = new Map<string, string>();
let store: PickStore | null = null;
let loaded = false;

const keyOf = (question: string, circumstances: string): string => `${question} | ${circumstances}`;

/** For backends: what was picked by time for this question before, here or in another process. */
export function pickFor(question: string, circumstances: string): string | undefined {
  if (!loaded) {
    loaded = true;
    for (const [key, name] of Object.entries(store?.load() ?? {})) {
      if (!known.has(key)) known.set(key, name);
    }
  }
  const name = pinned.get(question) ?? known.get(keyOf(question, circumstances));
  if (name !== undefined) used.set(question, name);
  return name;
}

/** For backends: keeps a pick. One that replaces what setTunedPicks() gave frees the question. */
export function keepPick(question: string, circumstances: string, name: string): void {
  const key = keyOf(question, circumstances);
  known.set(key, name);
  pinned.delete(question);
  used.set(question, name);
  store?.save({ [key]: name });
}

/** What tuning has picked in this program: for its checkpoint. */
export const tunedPicks = (): Picks => Object.fromEntries([...pinned, ...used]);

/** Takes over what tunedPicks() gave to another run: tuning uses these first, measuring only what is not there. */
export function setTunedPicks(picks: Picks): void {
  for (const [question, name] of Object.entries(picks)) {
    if (typeof name !== "string") {
      throw new ArgumentError(
        "setTunedPicks",
        `expected the name of a kernel for '${question}', got ${String(name)}`,
      );
    }
  }
  pinned = new Map(Object.entries(picks));
  used.clear();
}

/** Where picks are kept between processes; null: nowhere. Forgets what is known. */
export function setPickStore(next: PickStore | null): void {
  store = next;
  loaded = false;
  known.clear();
}
