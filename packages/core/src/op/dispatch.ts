// Turns a spec into a function. One closure per arity for the common case (one output, no list, nothing
// hidden), one general closure for the rest. No closure names an op; all of them end in record(), the
// only place that makes nodes.
import { gradMode, withGradMode } from "../autograd/tape.ts";
import type { Kernels, Meta, Ran } from "../backend.ts";
import {
  DeviceError,
  DeviceLostError,
  NoKernelError,
  OpDefinitionError,
  ShapeError,
} from "../errors.ts";
import { adopt, checkLive, emptyTensor, FREED, owned, Tensor, viewOf } from "../tensor.ts";
import { analyse, type CompiledOp } from "./compiled.ts";
import type { AnyOp, AnySpec } from "./define.ts";
import { noteView, rebase } from "./rebase.ts";
import { type Arg, type Flat, record, recordFew, tell } from "./record.ts";
import { changed, checkTarget } from "./target.ts";
import { countFallback, listener } from "./trace.ts";
import { holdsHalf, inFloat32 } from "./widen.ts";

export function compile(spec: AnySpec): AnyOp {
  const op = analyse(spec);
  const simple =
    spec.kernel !== undefined &&
    op.outputNames.length === 1 &&
    !spec.inputs.some((d) => d.endsWith("[]"));
  const arities = simple ? ARITIES[spec.kind ?? "compute"] : undefined;
  const make = arities?.[op.inputNames.length] ?? general;
  const call = make(op) as (...args: unknown[]) => Tensor | Tensor[];
  op.run = call;
  return Object.assign(call, {
    spec,
    compiled: op,
    composed: (...args: unknown[]) => composed(op, args),
  });
}

type Make = (op: CompiledOp) => (...args: never[]) => unknown;

// ---- the common case --------------------------------------------------------------------------------

/** What a kernel threw (an index out of range, a thread that died), once its result is given back. */
function without(y: Tensor, error: unknown): unknown {
  y.release();
  return error;
}

function arity1(op: CompiledOp) {
  const { name, rule, spec } = op;
  const shape = spec.shape as (a: Meta, attrs: unknown) => Meta;
  const kernel = spec.kernel as (k: Kernels, a: Tensor, y: Tensor, attrs: unknown) => Ran;
  const mayRecord = spec.differentiable !== false;
  return (a: Tensor, attrs: unknown): Tensor => {
    if (a?.storage === undefined || a.storage === FREED) checkLive(name, a);
    const recording = gradMode && a.source !== null && mayRecord;
    if (recording && rule === null) return composed(op, [a, attrs]) as Tensor;
    const backend = a.storage.backend;
    const y = emptyTensor(backend, shape(a, attrs), name);
    const start = listener === null ? 0 : performance.now();
    let ran: Ran;
    try {
      ran = kernel(backend.kernels, a, y, attrs);
    } catch (error) {
      throw without(y, error);
    }
    if (ran === undefined) return declined(op, [a], [y], attrs, recording) as Tensor;
    if (listener !== null) tell(op, ran, [a], [y], start);
    if (recording) recordFew(op, 1, a, undefined, y, attrs);
    return y;
  };
}

function arity2(op: CompiledOp) {
  const { name, rule, spec } = op;
  const shape = spec.shape as (a: Meta, b: Meta | undefined, attrs: unknown) => Meta;
  const kernel = spec.kernel as (
    k: Kernels,
    a: Tensor,
    b: Tensor | undefined,
    y: Tensor,
    attrs: unknown,
  ) => Ran;
  const mayRecord = spec.differentiable !== false;
  return (a: Tensor, b: Tensor | undefined, attrs: unknown): Tensor => {
    if (a?.storage === undefined || a.storage === FREED) checkLive(name, a);
    const backend = a.storage.backend;
    if (b !== undefined && b.storage?.backend !== backend) sameDevice(name, a, b);
    const recording =
      gradMode && mayRecord && (a.source !== null || (b !== undefined && b.source !== null));
    if (recording && rule === null) return composed(op, [a, b, attrs]) as Tensor;
    const y = emptyTensor(backend, shape(a, b, attrs), name);
    const start = listener === null ? 0 : performance.now();
    let ran: Ran;
    try {
      ran = kernel(backend.kernels, a, b, y, attrs);
    } catch (error) {
      throw without(y, error);
    }
    if (ran === undefined) return declined(op, [a, b], [y], attrs, recording) as Tensor;
    if (listener !== null) tell(op, ran, [a, b], [y], start);
    if (recording) recordFew(op, 2, a, b, y, attrs);
    return y;
  };
}

function arity3(op: CompiledOp) {
  const { name, rule, spec } = op;
  type Optional<T> = T | undefined;
  const shape = spec.shape as (
    a: Meta,
    b: Optional<Meta>,
    c: Optional<Meta>,
    attrs: unknown,
  ) => Meta;
  const kernel = spec.kernel as (
    k: Kernels,
    a: Tensor,
    b: Optional<Tensor>,
    c: Optional<Tensor>,
    y: Tensor,
    attrs: unknown,
  ) => Ran;
  const mayRecord = spec.differentiable !== false;
  return (a: Tensor, b: Optional<Tensor>, c: Optional<Tensor>, attrs: unknown): Tensor => {
    if (a?.storage === undefined || a.storage === FREED) checkLive(name, a);
    const backend = a.storage.backend;
    if (b !== undefined && b.storage?.backend !== backend) sameDevice(name, a, b);
    if (c !== undefined && c.storage?.backend !== backend) sameDevice(name, a, c);
    const recording =
      gradMode &&
      mayRecord &&
      (a.source !== null ||
        (b !== undefined && b.source !== null) ||
        (c !== undefined && c.source !== null));
    if (recording && rule === null) return composed(op, [a, b, c, attrs]) as Tensor;
    const y = emptyTensor(backend, shape(a, b, c, attrs), name);
    const start = listener === null ? 0 : performance.now();
    let ran: Ran;
    try {
      ran = kernel(backend.kernels, a, b, c, y, attrs);
    } catch (error) {
      throw without(y, error);
    }
    if (ran === undefined) return declined(op, [a, b, c], [y], attrs, recording) as Tensor;
    if (listener !== null) tell(op, ran, [a, b, c], [y], start);
    if (recording) {
      const ins = [a, b, c];
      record(op, ins, ins, null, [y], attrs);
    }
    return y;
  };
}

function inPlace1(op: CompiledOp) {
  const { name, rule, spec } = op;
  const shape = spec.shape as (a: Meta, attrs: unknown) => Meta;
  const kernel = spec.kernel as (k: Kernels, a: Tensor, y: Tensor, attrs: unknown) => Ran;
  const mayRecord = spec.differentiable !== false;
  return (a: Tensor, attrs: unknown): Tensor => {
    if (a?.storage === undefined || a.storage === FREED) checkLive(name, a);
    const recording = gradMode && a.source !== null && mayRecord;
    if (recording && rule === null) return composed(op, [a, attrs]) as Tensor;
    checkTarget(op, a, shape(a, attrs), recording);
    const start = listener === null ? 0 : performance.now();
    const ran = changed(op, [a], attrs, kernel(a.storage.backend.kernels, a, a, attrs));
    if (listener !== null) tell(op, ran, [a], [a], start);
    if (recording) recordFew(op, 1, a, undefined, a, attrs);
    if (recording && a.storage.hasViews) rebase(a);
    return a;
  };
}

function inPlace2(op: CompiledOp) {
  const { name, rule, spec } = op;
  const shape = spec.shape as (a: Meta, b: Meta | undefined, attrs: unknown) => Meta;
  const kernel = spec.kernel as (
    k: Kernels,
    a: Tensor,
    b: Tensor | undefined,
    y: Tensor,
    attrs: unknown,
  ) => Ran;
  const mayRecord = spec.differentiable !== false;
  return (a: Tensor, b: Tensor | undefined, attrs: unknown): Tensor => {
    if (a?.storage === undefined || a.storage === FREED) checkLive(name, a);
    const { backend } = a.storage;
    if (b !== undefined && b.storage?.backend !== backend) sameDevice(name, a, b);
    const recording =
      gradMode && mayRecord && (a.source !== null || (b !== undefined && b.source !== null));
    if (recording && rule === null) return composed(op, [a, b, attrs]) as Tensor;
    checkTarget(op, a, shape(a, b, attrs), recording);
    const start = listener === null ? 0 : performance.now();
    const ran = changed(op, [a, b], attrs, kernel(backend.kernels, a, b, a, attrs));
    if (listener !== null) tell(op, ran, [a, b], [a], start);
    if (recording) recordFew(op, 2, a, b, a, attrs);
    if (recording && a.storage.hasViews) rebase(a);
    return a;
  };
}

const ARITIES: Readonly<Record<string, readonly (Make | undefined)[]>> = {
  compute: [undefined, arity1, arity2, arity3],
  inplace: [undefined, inPlace1, inPlace2],
};

function sameDevice(name: string, a: Tensor, b: Tensor): void {
  checkLive(name, b);
  const [one, other] = [a.storage.backend.name, b.storage.backend.name];
  if (one === other) {
    throw new DeviceLostError(
      `${name}: inputs lie on two devices named '${one}'; the earlier one was lost or given back, and what lay on ` +
        "it is gone: make it anew, a model by loadStateDict() of what was saved",
    );
  }
  throw new DeviceError(
    `${name}: inputs lie on '${one}' and '${other}'; move one of them with to(…)`,
  );
}

// ---- the general case -------------------------------------------------------------------------------

function general(op: CompiledOp) {
  const { name, spec, rule } = op;
  const arity = op.inputNames.length;
  const mayRecord = spec.differentiable !== false;
  const isView = spec.kind === "view";
  const inPlace = spec.kind === "inplace";
  const lists = spec.inputs.some((d) => d.endsWith("[]"));
  return (...args: unknown[]): unknown => {
    const ins: Arg[] = [];
    for (let i = 0; i < arity; i++) ins.push(args[i] as Arg);
    const attrs = args[arity];
    const flat = (lists ? ins.flat() : ins) as Flat;
    const { first, tracked } = examine(name, flat);
    const recording = gradMode && mayRecord && tracked;
    if (!isView && (spec.kernel === undefined || (recording && rule === null))) {
      return spec.kernel === undefined && rule !== null
        ? define(op, ins, attrs, recording)
        : composed(op, [...ins, attrs]);
    }

    let outs: (Tensor | undefined)[];
    if (isView) outs = [makeView(op, first, ins, attrs)];
    else if (inPlace) outs = [mutate(op, first, ins, attrs, recording)];
    else {
      const backend = first.storage.backend;
      const shapes = spec.shape?.(...ins, attrs);
      const metas =
        op.outputNames.length === 1
          ? [shapes as Meta]
          : op.outputNames.map((n) => (shapes as Record<string, Meta>)[n] as Meta);
      outs = metas.map((meta, i) =>
        i < op.visible || recording ? emptyTensor(backend, meta, name) : undefined,
      );
      const start = listener === null ? 0 : performance.now();
      let ran: Ran;
      try {
        ran = spec.kernel?.(backend.kernels, ...ins, ...outs, attrs);
      } catch (error) {
        for (const y of outs) y?.release();
        throw error;
      }
      if (ran === undefined) return declined(op, ins, outs, attrs, recording);
      if (listener !== null) tell(op, ran, flat, outs.slice(0, op.visible) as Tensor[], start);
    }
    if (recording && rule !== null) {
      record(op, ins, flat, lists ? listLengths(ins) : null, outs as Tensor[], attrs);
      if (inPlace && first.storage.hasViews) rebase(first);
    }
    return op.visible === 1 ? outs[0] : outs.slice(0, op.visible);
  };
}

/** The first tensor; all must be live and on one backend. */
function examine(name: string, flat: Flat): { first: Tensor; tracked: boolean } {
  let first: Tensor | undefined;
  let tracked = false;
  for (let i = 0; i < flat.length; i++) {
    const t = flat[i];
    if (t === undefined) continue;
    checkLive(name, t);
    first ??= t;
    if (t.storage.backend !== first.storage.backend) sameDevice(name, first, t);
    if (t.source !== null) tracked = true;
  }
  if (first === undefined) throw new ShapeError(name, "needs at least one tensor");
  return { first, tracked };
}

const listLengths = (ins: readonly Arg[]): readonly number[] | null =>
  ins.some(Array.isArray) ? ins.map((x) => (Array.isArray(x) ? x.length : -1)) : null;

function makeView(op: CompiledOp, base: Tensor, ins: readonly Arg[], attrs: unknown): Tensor {
  const window = op.spec.view?.(...ins, attrs);
  if (window === undefined) throw new OpDefinitionError(`${op.name}: view() gave nothing`);
  base.storage.hasViews = true;
  const y = viewOf(base, window.shape, window.strides, window.offset, op.name);
  noteView(op, base, y, attrs);
  if (listener !== null) tell(op, "view", [base], [y], performance.now());
  return y;
}

function mutate(
  op: CompiledOp,
  target: Tensor,
  ins: readonly Arg[],
  attrs: unknown,
  recording: boolean,
): Tensor {
  checkTarget(op, target, op.spec.shape?.(...ins, attrs) as Meta, recording);
  const start = listener === null ? 0 : performance.now();
  const { kernels } = target.storage.backend;
  const ran = changed(op, ins, attrs, op.spec.kernel?.(kernels, ...ins, target, attrs));
  if (listener !== null) tell(op, ran, ins.flat() as Flat, [target], start);
  return target;
}

// ---- composition ------------------------------------------------------------------------------------

/** Runs the meaning; its temporaries go at once, its results belong to the caller's frame. */
function composed(op: CompiledOp, args: readonly unknown[]): Tensor | Tensor[] {
  const { compose } = op.spec;
  const meaning = holdsHalf(args) ? inFloat32(op) : compose?.bind(op.spec);
  if (meaning === undefined) {
    throw new NoKernelError(`${op.name}: no kernel took this case and the op has no composition`);
  }
  const start = listener === null ? 0 : performance.now();
  const results = owned(() => {
    const r = meaning(...args);
    if (r instanceof Tensor) return [r];
    if (Array.isArray(r)) return r;
    return op.spec.outputs.map((name) => (r as Record<string, Tensor>)[name]);
  }) as Tensor[];
  results.forEach(adopt);
  if (listener !== null) {
    tell(op, "composed", args.slice(0, -1).flat() as Flat, results, start);
  }
  return op.visible === 1 ? (results[0] as Tensor) : results;
}

/** A kernel said "not my case": counted, then composed. */
function declined(
  op: CompiledOp,
  ins: readonly Arg[],
  outs: Flat,
  attrs: unknown,
  recording: boolean,
): Tensor | Tensor[] {
  for (const y of outs) y?.release();
  const first = (ins.flat() as Flat).find((t) => t !== undefined) as Tensor;
  if (!holdsHalf(ins)) countFallback(first.storage.backend.name, op.spec.name, "composed");
  return define(op, ins, attrs, recording);
}

/** The composition's value with the op's own rule, where the rule can follow it. */
function define(
  op: CompiledOp,
  ins: readonly Arg[],
  attrs: unknown,
  recording: boolean,
): Tensor | Tensor[] {
  const args = [...ins, attrs];
  // A rule that reads hidden outputs cannot follow a composition, which has none: record the composition.
  if (!recording || op.rule === null || op.outputNames.length > op.visible)
    return composed(op, args);
  const results = withGradMode(false, () => composed(op, args));
  const list = results instanceof Tensor ? [results] : results;
  record(op, ins, ins.flat() as Flat, listLengths(ins), list, attrs);
  return results;
}
