// Which backends there are, and which one new tensors go to. Core registers `reference`; other packages
// register theirs. A backend is made when it is first asked for.
import type { Backend, Device } from "./backend.ts";
import { environment } from "./environment.ts";
import { ArgumentError, DeviceError } from "./errors.ts";
import { checkOptions, didYouMean, type OptionNames } from "./options.ts";
import { referenceBackend } from "./reference/index.ts";

interface Entry {
  readonly device: Device;
  readonly create: () => Backend;
  readonly priority: number;
  made: Backend | undefined;
}

const entries = new Map<string, Entry>();
let current: Backend | undefined;

export interface RegisterOptions {
  /** Default "cpu". */
  readonly device?: Device;
  /** The highest of a device is its default. Default 0. */
  readonly priority?: number;
}
const REGISTER_OPTIONS: OptionNames<RegisterOptions> = { device: true, priority: true };

/**
 * Makes a backend available by name. The one of highest priority is the default of its device.
 * @param create called once, when the backend is first used
 * @returns a function that takes the name back
 */
export function registerBackend(
  name: string,
  create: () => Backend,
  options: RegisterOptions = {},
): () => void {
  checkOptions("registerBackend", options, REGISTER_OPTIONS);
  const { device = "cpu", priority = 0 } = options;
  const entry: Entry = { device, create, priority, made: undefined };
  entries.set(name, entry);
  return () => {
    if (entries.get(name) === entry) entries.delete(name);
  };
}

/** Names of the registered backends, the preferred first. */
export const backendNames = (device?: Device): string[] =>
  [...entries]
    .filter(([, e]) => device === undefined || e.device === device)
    .sort(([, a], [, b]) => b.priority - a.priority)
    .map(([name]) => name);

export const getBackend = (name: string): Backend => named("getBackend", name);

/** @param op what the caller called, or set, to get here */
function named(op: string, name: string): Backend {
  const entry = entries.get(name);
  if (entry === undefined) {
    const names = backendNames();
    const hint = didYouMean(String(name), names);
    throw new ArgumentError(
      op,
      `there is no backend '${name}'${hint}; registered are ${names.join(", ")}`,
    );
  }
  entry.made ??= entry.create();
  return entry.made;
}

/** Where new tensors go: setBackend's choice, else TAPEGRAD_BACKEND, else the fastest on the CPU. */
export function currentBackend(): Backend {
  current ??= named(
    "TAPEGRAD_BACKEND",
    environment("TAPEGRAD_BACKEND") ?? (backendNames("cpu")[0] as string),
  );
  return current;
}

/** New tensors go to this backend from now on. Existing ones stay where they are. */
export function setBackend(name: string): void {
  current = named("setBackend", name);
}

/** Runs f with new tensors on another backend. For synchronous f. */
export function withBackend<R>(name: string, f: () => R): R {
  const before = currentBackend();
  current = named("withBackend", name);
  try {
    return f();
  } finally {
    current = before;
  }
}

/**
 * The backend for a device or backend name; undefined gives the current one.
 * @param op for the message when there is none of that name
 */
export function resolveBackend(where: string | undefined, op = "resolveBackend"): Backend {
  if (where === undefined) return currentBackend();
  if (where !== "cpu" && where !== "gpu") return named(op, where);
  if (currentBackend().device === where) return currentBackend();
  const [name] = backendNames(where);
  if (name === undefined) {
    throw new DeviceError(
      `no backend for device '${where}' is registered; registered are ${backendNames().join(", ")}` +
        (where === "gpu" ? '; await gpu.init() of "tapegrad/gpu" registers one' : ""),
    );
  }
  return getBackend(name);
}

/**
 * Resolves when all that was asked of a backend so far is computed; with a CPU's this is before it returns. Ops return
 * earlier: those of a GPU, and with several threads those of a CPU. Whoever reads elements gets them in any case; only
 * a clock needs this before it is read. `torch.accelerator.synchronize()`.
 * @param where a device or the name of a backend; default: the current one
 * @throws what went wrong in ops that had returned already
 */
export async function synchronize(where?: string): Promise<void> {
  await resolveBackend(where, "synchronize").synchronize?.();
}

registerBackend("reference", () => referenceBackend());
