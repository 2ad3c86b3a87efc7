// The tape: what dispatch leaves behind so that backward() can walk it.
import type { Meta } from "../backend.ts";
import { ArgumentError, GraphFreedError, SavedTensorChangedError } from "../errors.ts";
import { FREED, type Tensor } from "../tensor.ts";

// ---- modes ------------------------------------------------------------------------------------------

/** Whether ops are recorded. Read by dispatch at every op. */
export let gradMode = true;

export function withGradMode<R>(on: boolean, f: () => R): R {
  const before = gradMode;
  gradMode = on;
  try {
    return f();
  } finally {
    gradMode = before;
  }
}

/** A mode ends when f returns: an async f would run its rest, after the first await, without it. */
function synchronous<R>(op: string, result: R): R {
  if (result instanceof Promise) {
    result.catch(() => {}); // the mistake is told once, here
    throw new ArgumentError(op, "the function must not be async; use it between the awaits");
  }
  return result;
}

/** Runs f without recording, as `torch.no_grad`. For synchronous f; the mode ends when f returns. */
export const noGrad = <R>(f: () => R): R => synchronous("noGrad", withGradMode(false, f));
/** Records inside noGrad, as `torch.enable_grad`. */
export const enableGrad = <R>(f: () => R): R => synchronous("enableGrad", withGradMode(true, f));
export const isGradEnabled = (): boolean => gradMode;

/** Whether nodes remember where they were made and backward looks for NaN. */
export let anomalyMode = false;

/**
 * Runs f (forward and backward) in anomaly mode, as `torch.autograd.detect_anomaly`: the first op whose
 * gradient holds a NaN is named in an AnomalyError, with the place of its forward. Slow.
 */
export function detectAnomaly<R>(f: () => R): R {
  const before = anomalyMode;
  anomalyMode = true;
  try {
    return synchronous("detectAnomaly", f());
  } finally {
    anomalyMode = before;
  }
}

// ---- the graph --------------------------------------------------------------------------------------

/** Sees a gradient; may return another one in its place. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks returns nothing
export type Hook = (gradient: Tensor) => Tensor | undefined | void;

/** Where gradients of a leaf end. Shared by all handles of the leaf; never refers to one of them. */
export class Leaf {
  /** The accumulator's own handle: no user has it, so the framework may release it or add in place. */
  grad: Tensor | null = null;
  /** The handle that `t.grad` gave to the user, if anyone looked. */
  shown: Tensor | null = null;
  hooks: Hook[] | null = null;
}

/** How a node turns output gradients into input gradients. Compiled from an op, or a custom Function. */
export interface Rule {
  readonly name: string;
  /** Framework rules run inside owned(); user rules run in the user's frame and own what they make. */
  readonly byUser: boolean;
  backward(
    node: GradNode,
    gradients: readonly (Tensor | undefined)[],
    need: readonly boolean[],
  ): (Tensor | undefined)[];
}

/** A saved tensor: an alias with a count of its own, and the version it had. */
export class Saved {
  readonly name: string;
  readonly tensor: Tensor;
  readonly version: number;
  constructor(name: string, tensor: Tensor) {
    this.name = name;
    this.tensor = tensor;
    this.version = tensor.storage.version;
  }
  unpack(op: string): Tensor {
    const { storage } = this.tensor;
    if (storage === FREED) throw new GraphFreedError(op);
    if (storage.version !== this.version) {
      throw new SavedTensorChangedError(
        op,
        this.name,
        storage.lastMutator,
        this.version,
        storage.version,
      );
    }
    return this.tensor;
  }
}
export type SavedSlot = Saved | readonly Saved[] | undefined;

let created = 0;

/** Of every node that no walk is to run; never written. */
export const NO_GRADIENTS: (Tensor | undefined)[] = [];
/** Of a node that was released. */
const NONE: never[] = [];

/** One recorded op. It holds sources, never handles: a handle here would keep activations alive. */
export class GradNode {
  readonly id = ++created;
  readonly rule: Rule;
  /** Per flattened input: where its gradient goes. */
  sources: readonly (GradNode | Leaf | null)[];
  readonly sourceIndexes: readonly number[];
  readonly inputMetas: readonly (Meta | undefined)[];
  readonly outputMetas: readonly Meta[];
  /** Length of each list input, −1 for the others; null when there is no list. */
  readonly listLengths: readonly number[] | null;
  readonly attrs: unknown;
  saved: SavedSlot[];
  hooks: (Hook[] | undefined)[] | null = null;
  freed = false;
  /** The walk that is under way and will run this node; null: none. */
  walk: object | null = null;
  /** The gradients that have arrived in that walk, per output. Owned by the walk. */
  gradients: (Tensor | undefined)[] = NO_GRADIENTS;
  /** Where the forward ran, in anomaly mode. */
  readonly site: string | null;
  constructor(
    rule: Rule,
    sources: readonly (GradNode | Leaf | null)[],
    sourceIndexes: readonly number[],
    inputMetas: readonly (Meta | undefined)[],
    outputMetas: readonly Meta[],
    listLengths: readonly number[] | null,
    attrs: unknown,
    saved: SavedSlot[],
  ) {
    this.rule = rule;
    this.sources = sources;
    this.sourceIndexes = sourceIndexes;
    this.inputMetas = inputMetas;
    this.outputMetas = outputMetas;
    this.listLengths = listLengths;
    this.attrs = attrs;
    this.saved = saved;
    this.site = anomalyMode ? (new Error().stack?.split("\n").slice(2).join("\n") ?? "") : null;
  }
  release(): void {
    for (const slot of this.saved) {
      if (slot instanceof Saved) slot.tensor.release();
      else if (slot !== undefined) for (const s of slot) s.tensor.release();
    }
    this.saved = NONE;
    this.sources = NONE;
    this.freed = true;
  }
}
