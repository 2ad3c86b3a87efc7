// The two kinds of tensor that a module owns: parameters, which an optimizer changes, and buffers,
// which belong into the checkpoint without having a gradient. Both take over a storage and are tracked
// by no scope, so they live as long as their module.
import {
  ArgumentError,
  checkOptions,
  empty,
  noGrad,
  type OptionNames,
  owned,
  type Shape,
  Tensor,
  UseAfterFreeError,
} from "@tapegrad/core";

/** t, checked before a handle of it is built. */
function whole(what: string, t: Tensor): Tensor {
  if (!(t instanceof Tensor)) throw new ArgumentError(what, `expected a Tensor, got ${typeof t}`);
  if (t.released) throw new UseAfterFreeError(what, t.origin);
  return t;
}

/** Takes the count that t's handle held. What another module owns is shared instead. */
function takeOver(t: Tensor): void {
  t.storage.count++;
  if (!(t instanceof Parameter || t instanceof Buffer)) t.release();
}

export interface ParameterOptions {
  /** Default: true. */
  readonly requiresGrad?: boolean | undefined;
}
const PARAMETER_OPTIONS: OptionNames<ParameterOptions> = { requiresGrad: true };

/**
 * A leaf that an optimizer may change, as `torch.nn.Parameter`. It takes over the storage of `t`, whose
 * handle is released; a Parameter or buffer given as `t` is shared.
 */
export class Parameter extends Tensor {
  /** A plain Tensor is none: assigning one where a Parameter belongs does not compile. */
  declare protected readonly isParameter: true;
  constructor(t: Tensor, options: ParameterOptions = {}) {
    checkOptions("Parameter", options, PARAMETER_OPTIONS);
    whole("Parameter", t);
    super(t.storage, t.offset, t.shape, t.strides, t.dtype, t.contiguous, "parameter");
    takeOver(t);
    this.requiresGrad = options.requiresGrad ?? true;
  }
  override toString(): string {
    return `Parameter containing:\n${super.toString()}`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** Made by `buffer()`. */
export class Buffer extends Tensor {
  /** Whether it is part of the stateDict. */
  readonly persistent: boolean;
  constructor(t: Tensor, persistent: boolean) {
    whole("buffer", t);
    super(t.storage, t.offset, t.shape, t.strides, t.dtype, t.contiguous, "buffer");
    takeOver(t);
    this.persistent = persistent;
  }
}

export interface BufferOptions {
  /** Whether it is part of the stateDict. Default: true. */
  readonly persistent?: boolean | undefined;
}
const BUFFER_OPTIONS: OptionNames<BufferOptions> = { persistent: true };

/**
 * Marks a tensor as state of the module whose property it becomes (running statistics), as
 * `register_buffer`: `runningMean = buffer(zeros([8]))`. It takes over the storage of `t`.
 * @param options `persistent: false` leaves it out of the stateDict
 */
export function buffer(t: Tensor, options: BufferOptions = {}): Tensor {
  checkOptions("buffer", options, BUFFER_OPTIONS);
  return new Buffer(t, options.persistent ?? true);
}

export const isParameter = (value: unknown): value is Parameter => value instanceof Parameter;
export const isBuffer = (value: unknown): value is Buffer => value instanceof Buffer;

/** The accumulator's own handle: the one that `p.grad` would show to the user is not made. */
export function gradientOf(p: Tensor): Tensor | null {
  const { source } = p;
  return source !== null && "grad" in source ? source.grad : null;
}

/**
 * Gives a parameter or buffer other data, as `p.data = …` does: the handle stays, so that optimizers
 * and tied weights keep seeing it. Takes over the storage of `data`. A gradient is converted along.
 */
export function setData(target: Parameter | Buffer, data: Tensor): void {
  whole("setData", data);
  const { storage, token, offset, shape, strides, dtype, contiguous, backend } = data;
  const gradient = gradientOf(target);
  // Inherits the count that target had on its old storage.
  const old = new Tensor(
    target.storage,
    target.offset,
    target.shape,
    target.strides,
    target.dtype,
    target.contiguous,
    target.origin,
  );
  takeOver(data);
  Object.assign(target, { storage, token, offset, shape, strides, dtype, contiguous });
  old.release();
  if (gradient === null) return;
  owned(() => {
    target.grad = noGrad(() => gradient.to(dtype).to(backend));
    return [];
  });
}

// ---- shapes that are not known yet ------------------------------------------------------------------

/** Parameters and buffers of lazy modules, whose shape the first input or a state will tell. */
const unshaped = new WeakSet<Tensor>();

/** Whether t waits for its shape. */
export const isUnshaped = (t: Tensor): boolean => unshaped.has(t);

/** Lets t wait for its shape; until then it has no elements. */
export function unshape(t: Parameter | Buffer): void {
  setData(t, empty([0], { dtype: t.dtype, device: t.backend }));
  unshaped.add(t);
}
/** Gives t its shape; the values are whatever was there. */
export function shapeAs(t: Tensor, shape: Shape): void {
  if (!unshaped.delete(t)) return;
  setData(t as Parameter | Buffer, empty(shape, { dtype: t.dtype, device: t.backend }));
}
