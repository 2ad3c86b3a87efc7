// The one record of what ran. TAPEGRAD_TRACE, profilers and explain listen; what a backend lacked is
// counted here, and refused when TAPEGRAD_FALLBACK=error.
import type { Meta } from "../backend.ts";
import { askForChoices, type Choice } from "../choice.ts";
import { environmentSwitch, environmentWord } from "../environment.ts";
import { ArgumentError, NoKernelError } from "../errors.ts";

/** One op that ran. Metas, to be read at once: the tensors behind them may be gone afterwards. */
export interface RanEvent {
  readonly op: string;
  /** The kernel's own name of what ran, or "composed". */
  readonly variant: string;
  readonly backend: string;
  readonly inputs: readonly (Meta | undefined)[];
  readonly outputs: readonly Meta[];
  /** Products that were added up, for the ops that say so (convolutions, matrix products); else 0. */
  readonly multiplyAdds: number;
  readonly ms: number;
  /** Which way the kernel computed it, of which; only for listeners that asked for choices. */
  readonly choice: Choice | undefined;
}
export type Listener = (event: RanEvent) => void;

const listeners = new Set<Listener>();

/** Null when nobody listens: what dispatch asks at each op. */
export let listener: Listener | null = null;

/**
 * Calls f for every op that runs, until the returned function is called.
 * @param choices has every way to compute an op measured, which takes a while: `event.choice`, where there was one
 */
export function onRun(f: Listener, { choices = false }: { choices?: boolean } = {}): () => void {
  const stopAsking = choices ? askForChoices() : null;
  listeners.add(f);
  refresh();
  return () => {
    stopAsking?.();
    listeners.delete(f);
    refresh();
  };
}

function refresh(): void {
  const all = [...listeners];
  listener = all.length === 0 ? null : all.length === 1 ? (all[0] as Listener) : tellAll;
}
function tellAll(event: RanEvent): void {
  for (const f of listeners) f(event);
}

// ---- fallbacks --------------------------------------------------------------------------------------

/**
 * composed: a kernel declined. loops: a fast backend ran plain loops over its memory. widened: float16 or
 * bfloat16, computed in float32.
 */
export type FallbackKind = "composed" | "loops" | "widened";
export interface Fallback {
  readonly backend: string;
  readonly op: string;
  readonly kind: FallbackKind;
  /** TAPEGRAD_FALLBACK=error refuses it. */
  readonly refusable: boolean;
  count: number;
}

const counts = new Map<string, Fallback>();
let refuse = false;

/** "error" refuses fallbacks, "allow" (the default) counts them. TAPEGRAD_FALLBACK sets the start value. */
export function setFallback(mode: "allow" | "error"): void {
  if (mode !== "allow" && mode !== "error") {
    throw new ArgumentError(
      "setFallback",
      `expected "allow" or "error", got ${JSON.stringify(mode)}`,
    );
  }
  refuse = mode === "error";
}

/**
 * Backends and dispatch report here what they had no fast kernel for. `refusable` is false where plain
 * loops are what the design promises (dtypes other than float32 on a fast backend).
 */
export function countFallback(
  backend: string,
  op: string,
  kind: FallbackKind,
  refusable = true,
): void {
  if (refuse && refusable) {
    throw new NoKernelError(
      `${op}: backend '${backend}' has no fast kernel for this case (${kind}), and TAPEGRAD_FALLBACK=error ` +
        `refuses a slower way; unset it, or choose another backend`,
    );
  }
  const key = `${backend}/${op}/${kind}/${refusable}`;
  const entry = counts.get(key);
  if (entry) entry.count++;
  else counts.set(key, { backend, op, kind, refusable, count: 1 });
}

/** What was composed or looped since the start (or the last reset). */
export const fallbacks = (): readonly Fallback[] => [...counts.values()];
export const resetFallbacks = (): void => counts.clear();

// ---- the environment --------------------------------------------------------------------------------

const shapes = (metas: readonly (Meta | undefined)[]): string =>
  metas.map((m) => (m ? `${m.dtype}[${m.shape.join(",")}]` : "–")).join(" ");

setFallback(environmentWord("TAPEGRAD_FALLBACK", ["allow", "error"]) ?? "allow");
if (environmentSwitch("TAPEGRAD_TRACE")) {
  onRun(({ op, variant, backend, inputs, outputs, ms }) => {
    const line = `${op} ${shapes(inputs)} → ${shapes(outputs)}  ${backend}:${variant}  ${ms.toFixed(3)} ms`;
    console.error(line);
  });
}
