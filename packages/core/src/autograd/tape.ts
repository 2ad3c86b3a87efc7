// The tape: what dispatch leaves behind so that backward() can walk it.
import type { Meta } from "../backend.ts";
import type { DType } from "../dtype.ts";
import {
  ArgumentError,
  AutogradError,
  GraphFreedError,
  SavedTensorChangedError,
} from "../errors.ts";
import { inferring, withInference } from "../memory/storage.ts";
import type { Shape } from "../shape.ts";
import { FREED, type Tensor } from "../tensor.ts";

// ---- modes ------------------------------------------------------------------------------------------

/** Whether ops are recorded. Read by dispatch at every op. */
export let gradMode = true;

export function withGradMode<R>(on: boolean, f: () => R): R {
  const before = gradMode;
  gradMode = on && !inferring;
  try {
    return f();
  } finally {
    gradMode = before;
  }
}

/** A mode ends when f returns: an async f would run its rest, after the first await, without it. */
export function synchronous<R>(op: string, result: R): R {
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
/**
 * Runs f with recording on or off, as `torch.set_grad_enabled`: enableGrad or noGrad, by a switch. For synchronous f.
 * @throws ArgumentError unless `on` is true or false, or where f is async
 */
export function setGradEnabled<R>(on: boolean, f: () => R): R {
  if (typeof on !== "boolean" || typeof f !== "function") {
    throw new ArgumentError(
      "setGradEnabled",
      "expected true or false, and a function: setGradEnabled(training, () => …)",
    );
  }
  return synchronous("setGradEnabled", withGradMode(on, f));
}
export const isGradEnabled = (): boolean => gradMode;

/**
 * Runs f without recording, whatever enableGrad() says, as `torch.inference_mode`. Tensors made inside, and views
 * of them, are inference tensors for ever (`t.isInference`): outside they can be read and computed with, but not
 * be saved for backward, nor changed in place, nor begin to require grad; clone() them there for a tensor that can.
 * For synchronous f.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad_mode.inference_mode.html
 */
export const inferenceMode = <R>(f: () => R): R =>
  synchronous(
    "inferenceMode",
    withInference(() => withGradMode(false, f)),
  );
export const isInferenceModeEnabled = (): boolean => inferring;

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

/** Sees a leaf whose `.grad` backward has just brought up to date. */
export type AccumulatedHook = (leaf: Tensor) => void;

/** Who sees the gradient of one output of a node. */
export interface OutputHooks {
  readonly list: Hook[];
  /** Where retainGrad() keeps what they leave of it. */
  retained: Leaf | null;
}

/** Where gradients of a leaf end. Shared by all handles of the leaf; refers to one only for an AccumulatedHook. */
export class Leaf {
  /** The accumulator's own handle: no user has it, so the framework may release it or add in place. */
  grad: Tensor | null = null;
  /** The handle that `t.grad` gave to the user, if anyone looked. */
  shown: Tensor | null = null;
  hooks: Hook[] | null = null;
  /** What runs when backward() has accumulated. */
  after: (() => void)[] | null = null;
  /** The walk that is under way and has brought a gradient; null: none. */
  walk: object | null = null;
  /** The sum of those that have arrived in that walk, which owns it. */
  arrived: Tensor | null = null;
  /** Of the tensor, when an op has recorded it. */
  meta: Meta | null = null;
}

export type Source = GradNode | Leaf | null;

/** How a node turns output gradients into input gradients. Compiled from an op, or a custom Function. */
export interface Rule {
  readonly name: string;
  /** Framework rules run inside owned(); user rules run in the user's frame and own what they make. */
  readonly byUser: boolean;
  /**
   * @param gradients of the outputs; given to user rules, the others ask the node
   * @returns per flattened input; the array is of use until the rule runs again
   */
  backward(
    node: GradNode,
    gradients: readonly (Tensor | undefined)[],
    need: readonly boolean[],
  ): (Tensor | undefined)[];
}

/** A saved tensor: an alias with a count of its own, and the version it had. */
export class Saved {
  declare readonly name: string;
  declare readonly tensor: Tensor;
  declare readonly version: number;
  constructor(name: string, tensor: Tensor) {
    this.name = name;
    this.tensor = tensor;
    this.version = tensor.storage.version;
    if (tensor.storage.inference) {
      throw new AutogradError(
        `'${name}' was made in inferenceMode() and cannot be saved for backward; clone() it outside, or use ` +
          "noGrad() in its place",
      );
    }
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
  release(): void {
    this.tensor.release();
  }
}
export type SavedSlot = Saved | readonly Saved[] | undefined;

let created = 0;

/** Where the forward of a node ran, in anomaly mode. */
export const siteOf = new WeakMap<GradNode, string>();

/** Of a node that was released. */
const NONE: never[] = [];

/**
 * One recorded op. It holds sources, never handles: a handle here would keep activations alive. It is the Meta of
 * its first output, so that one with a single output, as most have, needs no other.
 *
 * Fields are declared, and set by the constructor alone: initializers would set each of them twice.
 */
export class GradNode implements Meta {
  declare readonly id: number;
  declare readonly rule: Rule;
  /** Per flattened input: where its gradient goes. */
  declare sources: readonly Source[];
  declare readonly sourceIndexes: readonly number[];
  /** Of the inputs; null where their sources say it all, as most do. */
  declare inputMetas: readonly (Meta | undefined)[] | null;
  declare readonly shape: Shape;
  declare readonly dtype: DType;
  /** Of all outputs; null when there is one. */
  declare readonly outputMetas: readonly Meta[] | null;
  /** Length of each list input, −1 for the others; null when there is no list. */
  declare readonly listLengths: readonly number[] | null;
  declare readonly attrs: unknown;
  declare saved: SavedSlot[];
  /** Per output. */
  declare hooks: (OutputHooks | undefined)[] | null;
  declare freed: boolean;
  /** The walk that is under way and runs this node; null: none. */
  declare walk: object | null;
  /** Whether that walk wants a gradient of one of its inputs, or of what they were made from. */
  declare needed: boolean;
  /** The gradient of the first output that has arrived in that walk. Owned by the walk. */
  declare gradient: Tensor | undefined;
  /** Of the outputs behind the first; null when there are none. */
  declare others: (Tensor | undefined)[] | null;

  /** @param outputs the Meta of the only output, or those of all */
  constructor(
    rule: Rule,
    sources: readonly Source[],
    sourceIndexes: readonly number[],
    inputMetas: readonly (Meta | undefined)[] | null,
    outputs: Meta | readonly Meta[],
    listLengths: readonly number[] | null,
    attrs: unknown,
    saved: SavedSlot[],
  ) {
    const several = Array.isArray(outputs);
    const first = (several ? outputs[0] : outputs) as Meta;
    this.id = ++created;
    this.rule = rule;
    this.sources = sources;
    this.sourceIndexes = sourceIndexes;
    this.inputMetas = inputMetas;
    this.shape = first.shape;
    this.dtype = first.dtype;
    this.outputMetas = several && outputs.length > 1 ? outputs : null;
    this.listLengths = listLengths;
    this.attrs = attrs;
    this.saved = saved;
    this.hooks = null;
    this.freed = false;
    this.walk = null;
    this.needed = false;
    this.gradient = undefined;
    this.others = null;
    if (anomalyMode) siteOf.set(this, new Error().stack?.split("\n").slice(2).join("\n") ?? "");
  }

  inputMeta(i: number): Meta | undefined {
    const { inputMetas } = this;
    if (inputMetas !== null) return inputMetas[i];
    const source = this.sources[i] as Source;
    if (source instanceof GradNode) return source.outputMeta(this.sourceIndexes[i] as number);
    return source?.meta ?? undefined;
  }
  get outputs(): number {
    return this.outputMetas === null ? 1 : this.outputMetas.length;
  }
  outputMeta(k: number): Meta {
    return this.outputMetas === null ? this : (this.outputMetas[k] as Meta);
  }
  /** The gradient of output k, if one has arrived. */
  gradientOf(k: number): Tensor | undefined {
    return k === 0 ? this.gradient : this.others?.[k - 1];
  }
  setGradient(k: number, g: Tensor | undefined): void {
    if (k === 0) this.gradient = g;
    else {
      this.others ??= new Array(this.outputs - 1);
      this.others[k - 1] = g;
    }
  }

  release(): void {
    for (const slot of this.saved) {
      if (slot instanceof Saved) slot.release();
      else if (slot !== undefined) for (const s of slot) s.release();
    }
    this.saved = NONE;
    this.sources = NONE;
    this.inputMetas = null;
    this.freed = true;
  }
}
