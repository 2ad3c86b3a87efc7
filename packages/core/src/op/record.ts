// What dispatch leaves behind: the node on the tape, and the event for those who listen.
import { followRetained } from "../autograd/hooks.ts";
import { saveTensor } from "../autograd/saved.ts";
import { GradNode, type SavedSlot, type Source } from "../autograd/tape.ts";
import type { Meta } from "../backend.ts";
import { choosing, takeChoice } from "../choice.ts";
import { Tensor } from "../tensor.ts";
import type { CompiledOp } from "./compiled.ts";
import type { SavedPlace } from "./rule.ts";
import { listener } from "./trace.ts";

export type Arg = Tensor | undefined | readonly Tensor[];
export type Flat = readonly (Tensor | undefined)[];

const metaOf = (t: Tensor): Meta => ({ shape: t.shape, dtype: t.dtype });

/** Whether the Meta of an input is found at its source: the node that made it, or its leaf. */
function isNoted(t: Tensor | undefined, source: Source): boolean {
  if (source instanceof GradNode || t === undefined) return true;
  if (source === null) return false;
  source.meta ??= metaOf(t);
  return source.meta.shape === t.shape && source.meta.dtype === t.dtype;
}

const NOTHING: SavedSlot[] = [];
/** Most tensors are the first output of what made them. */
const FIRST: readonly (readonly number[])[] = [[], [0], [0, 0], [0, 0, 0]];

export function tell(
  op: CompiledOp,
  variant: string,
  ins: Flat,
  outs: readonly Tensor[],
  start: number,
) {
  const { backend } = (outs[0] as Tensor).storage;
  // A device's ops are timed by its own clock.
  if (backend.device === "cpu") backend.synchronize?.();
  const ms = performance.now() - start;
  const inputs = ins.map((t) => t && metaOf(t));
  const outputs = outs.map(metaOf);
  listener?.({
    op: op.spec.name,
    variant,
    backend: backend.name,
    inputs,
    outputs,
    multiplyAdds: op.spec.multiplyAdds?.(inputs, outputs) ?? 0,
    ms,
    choice: choosing === null ? undefined : takeChoice(),
  });
}

function save(name: string, value: Arg): SavedSlot {
  if (value === undefined) return undefined;
  return value instanceof Tensor ? saveTensor(name, value) : value.map((t) => saveTensor(name, t));
}

/**
 * Makes the node. Saved inputs keep the sources they had; then the outputs get theirs; then saved
 * outputs are aliased, so that a rule can differentiate through them; then hidden outputs, which only
 * the tape may hold, are let go.
 */
export function record(
  op: CompiledOp,
  ins: readonly Arg[],
  flat: Flat,
  lengths: readonly number[] | null,
  outs: readonly Tensor[],
  attrs: unknown,
): void {
  // Arrays of known length: one that grows has room for 17.
  const count = flat.length;
  const sources = new Array<Source>(count);
  let noted = true;
  let indexes = FIRST[count];
  for (let i = 0; i < count; i++) {
    const t = flat[i];
    const source = t === undefined ? null : t.source;
    sources[i] = source;
    noted &&= isNoted(t, source);
    if (t !== undefined && t.sourceIndex !== 0) indexes = undefined;
  }
  indexes ??= flat.map((t) => t?.sourceIndex ?? 0);
  const { places, rule } = op;
  const saved = places.length === 0 ? NOTHING : new Array<SavedSlot>(places.length);
  for (let i = 0; i < places.length; i++) {
    const { name, from, index } = places[i] as SavedPlace;
    saved[i] = from === "input" ? save(name, ins[index]) : undefined;
  }
  const outputs = outs.length === 1 ? (outs[0] as Tensor) : outs.map(metaOf);
  const node = new GradNode(
    rule as NonNullable<typeof rule>,
    sources,
    indexes,
    noted ? null : flat.map((t) => t && metaOf(t)),
    outputs,
    lengths,
    attrs,
    saved,
  );
  for (let k = 0; k < outs.length; k++) {
    if (op.isConstant[k]) continue;
    const y = outs[k] as Tensor;
    if (y.noted instanceof GradNode) followRetained(y.noted, y.sourceIndex, node, k);
    y.source = node;
    y.sourceIndex = k;
  }
  for (let i = 0; i < places.length; i++) {
    const { name, from, index } = places[i] as SavedPlace;
    if (from === "output") saved[i] = save(name, outs[index]);
  }
  for (let k = op.visible; k < outs.length; k++) (outs[k] as Tensor).release();
}

/** record() for an op of one or two inputs and one output, as most are: no lists are made to say so. */
export function recordFew(
  op: CompiledOp,
  count: 1 | 2,
  a: Tensor,
  b: Tensor | undefined,
  y: Tensor,
  attrs: unknown,
): void {
  const { places, rule } = op;
  const first = a.sourceIndex === 0 && (b === undefined || b.sourceIndex === 0);
  const from = a.source;
  const beside = b === undefined ? null : b.source;
  const sources = count === 1 ? [from] : [from, beside];
  const noted = isNoted(a, from) && isNoted(b, beside);
  const indexes = first ? FIRST[count] : [a.sourceIndex, b?.sourceIndex ?? 0];
  const saved = places.length === 0 ? NOTHING : new Array<SavedSlot>(places.length);
  for (let i = 0; i < places.length; i++) {
    const { name, from, index } = places[i] as SavedPlace;
    saved[i] = from === "input" ? save(name, index === 0 ? a : b) : undefined;
  }
  const node = new GradNode(
    rule as NonNullable<typeof rule>,
    sources,
    indexes as readonly number[],
    noted ? null : [metaOf(a), b && metaOf(b)],
    y,
    null,
    attrs,
    saved,
  );
  if (!op.isConstant[0]) {
    if (y.noted instanceof GradNode) followRetained(y.noted, y.sourceIndex, node, 0);
    y.source = node;
    y.sourceIndex = 0;
  }
  for (let i = 0; i < places.length; i++) {
    const { name, from } = places[i] as SavedPlace;
    if (from === "output") saved[i] = save(name, y);
  }
}
