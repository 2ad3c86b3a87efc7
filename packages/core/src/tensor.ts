/// <reference lib="esnext.disposable" preserve="true" />
// The handle. Small, garbage-collected, holds one count on its storage until released.
//
// The rule that keeps users safe: the framework releases only handles that no user code has seen.
// Whatever a hook, a custom Function or a user's module gets is a handle of its own; the framework
// keeps aliases with counts of their own.
import { type Lineage, renewed } from "./autograd/lineage.ts";
import type { Source } from "./autograd/tape.ts";
import type { Backend, Block, Device, Meta, View } from "./backend.ts";
import { bytesPer, type DType } from "./dtype.ts";
import { ArgumentError, UseAfterFreeError } from "./errors.ts";
import { allocate, drop, Storage } from "./memory/storage.ts";
import { contiguousStrides, isContiguous, type Shape, sizeOf } from "./shape.ts";

/** Released handles point here; dispatch compares one pointer per input. */
export const FREED: Storage = new Storage(
  null as unknown as Backend,
  { bytes: 0 } as Block,
  "",
  -1,
);

/** Op files add their methods here by declaration merging and install them with `methods()`. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface TensorMethods {}

export interface Tensor extends TensorMethods {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: see above
export class Tensor implements View {
  // Declared, and set by the constructor alone: initializers would set each of them twice.
  /** What `source` says, unless an in-place op has changed the base of this view since. @internal */
  declare noted: Source;
  /** Which output of that node it is. @internal */
  declare sourceIndex: number;
  declare storage: Storage;
  declare readonly offset: number;
  declare readonly shape: Shape;
  declare readonly strides: readonly number[];
  declare readonly dtype: DType;
  declare readonly contiguous: boolean;
  /** The op that made it. */
  declare readonly origin: string;
  /** What it is a view of, if it is one. @internal */
  declare link: Lineage | null;
  /** Keeps the storage alive; see memory/storage.ts. @internal */
  declare token: object | null;

  /** Use `tensor()`, `zeros()` and the like. @internal */
  constructor(
    storage: Storage,
    offset: number,
    shape: Shape,
    strides: readonly number[],
    dtype: DType,
    contiguous: boolean,
    origin: string,
  ) {
    this.noted = null;
    this.sourceIndex = 0;
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
    this.dtype = dtype;
    this.contiguous = contiguous;
    this.origin = origin;
    this.link = null;
    this.token = storage.token;
  }

  /** Where its gradient goes: the node that made it, a leaf's accumulator, or nowhere. @internal */
  get source(): Source {
    const { link } = this;
    if (link !== null && link.epoch !== this.storage.rebased) {
      this.noted = renewed(link, this.noted, this.storage.rebased);
    }
    return this.noted;
  }
  set source(source: Source) {
    this.noted = source;
  }

  get ndim(): number {
    return this.shape.length;
  }
  /** The number of elements. */
  get numel(): number {
    return sizeOf(this.shape);
  }
  get device(): Device {
    checkLive("device", this);
    return this.storage.backend.device;
  }
  /** The name of the backend that holds it. */
  get backend(): string {
    checkLive("backend", this);
    return this.storage.backend.name;
  }
  get released(): boolean {
    return this.storage === FREED;
  }

  /** Gives up this handle's count. Views and saved aliases keep theirs. Twice is once. */
  release(): void {
    const storage = this.storage;
    if (storage === FREED) return;
    this.storage = FREED;
    drop(storage);
  }
  [Symbol.dispose](): void {
    this.release();
  }
}

/** Installs methods that an op file declared in TensorMethods. */
export function methods(table: Partial<TensorMethods> & ThisType<Tensor>): void {
  for (const [name, value] of Object.entries(table)) {
    Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
  }
}

/** Throws unless t is a tensor that was not released. */
export function checkLive(op: string, t: unknown): asserts t is Tensor {
  if (!(t instanceof Tensor)) {
    const got =
      t === null || t === undefined ? String(t) : typeof t === "object" ? "an object" : typeof t;
    throw new ArgumentError(op, `expected a Tensor, got ${got}; make one with tensor(…)`);
  }
  if (t.storage === FREED) throw new UseAfterFreeError(op, t.origin);
}

// ---- frames and scopes ------------------------------------------------------------------------------

/** Handles born since the innermost open frame; null: nobody counts, the garbage collector does. */
let frame: Tensor[] | null = null;

/** Ops in a row often have results of one shape, the same array even: they share its strides. */
let lastShape: Shape = [];
let lastStrides: readonly number[] = [];

/** A contiguous tensor on fresh memory; its content is whatever was there. */
export function emptyTensor(backend: Backend, meta: Meta, origin: string): Tensor {
  const { shape, dtype } = meta;
  const each = backend.bytesPer === undefined ? bytesPer(dtype) : backend.bytesPer(dtype);
  const storage = allocate(backend, sizeOf(shape) * each, origin);
  if (shape !== lastShape) {
    lastStrides = contiguousStrides(shape);
    lastShape = shape;
  }
  const t = new Tensor(storage, 0, shape, lastStrides, dtype, true, origin);
  if (frame !== null) frame.push(t);
  return t;
}

/** Another window on the storage of t, with a count of its own. */
export function viewOf(
  t: Tensor,
  shape: Shape,
  strides: readonly number[],
  offset: number,
  origin: string,
): Tensor {
  t.storage.count++;
  const contiguous = isContiguous(shape, strides);
  const view = new Tensor(t.storage, offset, shape, strides, t.dtype, contiguous, origin);
  if (frame !== null) frame.push(view);
  return view;
}

/** The same tensor under a second handle that belongs to whoever asks; no scope tracks it. */
export function aliasOf(t: Tensor): Tensor {
  t.storage.count++;
  const alias = new Tensor(
    t.storage,
    t.offset,
    t.shape,
    t.strides,
    t.dtype,
    t.contiguous,
    t.origin,
  );
  alias.noted = t.source;
  alias.sourceIndex = t.sourceIndex;
  if (t.link !== null) alias.link = t.link.copy();
  return alias;
}

/**
 * Framework code only: runs f and releases every handle born inside but those of its result, which it
 * returns as owned by the caller: born inside and unclaimed, or an alias of what came from elsewhere.
 * The caller releases them or hands them on.
 */
export function owned<R>(f: () => readonly (R | Tensor | undefined)[]): (R | Tensor | undefined)[] {
  const outer = openFrame();
  try {
    const results = f().slice();
    for (let i = 0; i < results.length; i++) {
      const t = results[i];
      if (t instanceof Tensor && !claim(t)) results[i] = aliasOf(t); // seen twice, or an input passed through
    }
    return results;
  } finally {
    closeFrame(outer);
  }
}

/** An empty list of handles that a frame has left behind for the next. */
let spare: Tensor[] | null = null;

/** The first half of owned(), for the backward walk, which does without a closure per node. */
export function openFrame(): Tensor[] | null {
  const outer = frame;
  frame = spare ?? [];
  spare = null;
  return outer;
}

/** Takes a handle out of the innermost frame: it is the caller's. False when it was not born there. */
export function claim(t: Tensor): boolean {
  const born = frame as Tensor[];
  const at = born.lastIndexOf(t);
  if (at < 0) return false;
  const last = born.pop() as Tensor;
  if (at < born.length) born[at] = last;
  return true;
}

/** The second half: releases what was born inside and nobody claimed. */
export function closeFrame(outer: Tensor[] | null): void {
  const born = frame as Tensor[];
  frame = outer;
  for (let t = born.pop(); t !== undefined; t = born.pop()) t.release();
  spare = born; // popped, it keeps its room
}

/** owned() for one tensor. */
export const ownedOne = (f: () => Tensor): Tensor => owned(() => [f()])[0] as Tensor;

/** A composite of public ops: its temporaries go as it returns, its result belongs to the caller's frame. */
export const composite = (f: () => Tensor): Tensor => adopt(ownedOne(f));

/** Lets the frame of the caller track a handle that owned() returned. */
export function adopt(t: Tensor): Tensor {
  if (frame !== null) frame.push(t);
  return t;
}

/** User code called from framework code (hooks, Function, modules) runs in the frame the user had. */
export const currentFrame = (): Tensor[] | null => frame;
export function inFrame<R>(users: Tensor[] | null, f: () => R): R {
  const inner = frame;
  frame = users;
  try {
    return f();
  } finally {
    frame = inner;
  }
}

const kept = new WeakSet<Tensor>();

/** Lets a tensor outlive the scope() it was born in. */
export function keep<T extends Tensor>(t: T): T {
  kept.add(t);
  return t;
}

/**
 * Releases every handle born inside f but those it returns (in arrays, maps and plain objects too) or
 * that were keep()t. A storage that an escaping view, a parameter, a gradient or optimizer state holds
 * lives on. Not needed in an ordinary loop; it is for tight loops in browsers and for the last megabyte.
 */
export function scope<R>(f: () => R): R {
  const outer = frame;
  const born: Tensor[] = [];
  frame = born;
  const survivors = new Set<unknown>();
  try {
    const result = f();
    tensorsIn(result, survivors);
    return result;
  } finally {
    frame = outer;
    for (const t of born) {
      if (kept.has(t)) continue;
      if (survivors.has(t)) adopt(t);
      else t.release();
    }
  }
}

function tensorsIn(value: unknown, into: Set<unknown>): void {
  if (value instanceof Promise) {
    throw new ArgumentError(
      "scope",
      "an async function would be released while it runs; use scope() between the awaits, or `using`",
    );
  }
  if (value === null || typeof value !== "object" || into.has(value)) return;
  into.add(value);
  if (value instanceof Tensor) return;
  const items =
    value instanceof Map || value instanceof Set ? value.values() : Object.values(value);
  for (const item of items) tensorsIn(item, into);
}
