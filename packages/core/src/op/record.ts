// What dispatch leaves behind: the node on the tape, and the event for those who listen.
import { GradNode, type Leaf, Saved, type SavedSlot } from "../autograd/tape.ts";
import type { Meta } from "../backend.ts";
import { choosing, takeChoice } from "../choice.ts";
import { aliasOf, Tensor } from "../tensor.ts";
import type { CompiledOp } from "./compiled.ts";
import type { SavedPlace } from "./rule.ts";
import { listener } from "./trace.ts";

export type Arg = Tensor | undefined | readonly Tensor[];
export type Flat = readonly (Tensor | undefined)[];

const metaOf = (t: Tensor): Meta => ({ shape: t.shape, dtype: t.dtype });

/** What the node that made it has noted already. */
const inputMeta = (t: Tensor): Meta =>
  t.source instanceof GradNode ? (t.source.outputMetas[t.sourceIndex] as Meta) : metaOf(t);

const NOTHING: SavedSlot[] = [];

export function tell(
  op: CompiledOp,
  variant: string,
  ins: Flat,
  outs: readonly Tensor[],
  start: number,
) {
  const ms = performance.now() - start;
  const inputs = ins.map((t) => t && metaOf(t));
  const outputs = outs.map(metaOf);
  listener?.({
    op: op.spec.name,
    variant,
    backend: (outs[0] as Tensor).storage.backend.name,
    inputs,
    outputs,
    multiplyAdds: op.spec.multiplyAdds?.(inputs, outputs) ?? 0,
    ms,
    choice: choosing === null ? undefined : takeChoice(),
  });
}

function save(name: string, value: Arg): SavedSlot {
  if (value === undefined) return undefined;
  return value instanceof Tensor
    ? new Saved(name, aliasOf(value))
    : value.map((t) => new Saved(name, aliasOf(t)));
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
  const sources = new Array<GradNode | Leaf | null>(count);
  const indexes = new Array<number>(count);
  const metas = new Array<Meta | undefined>(count);
  for (let i = 0; i < count; i++) {
    const t = flat[i];
    sources[i] = t === undefined ? null : t.source;
    indexes[i] = t === undefined ? 0 : t.sourceIndex;
    metas[i] = t === undefined ? undefined : inputMeta(t);
  }
  const { places, rule } = op;
  const saved = places.length === 0 ? NOTHING : new Array<SavedSlot>(places.length);
  for (let i = 0; i < places.length; i++) {
    const { name, from, index } = places[i] as SavedPlace;
    saved[i] = from === "input" ? save(name, ins[index]) : undefined;
  }
  const outputMetas = new Array<Meta>(outs.length);
  for (let k = 0; k < outs.length; k++) outputMetas[k] = metaOf(outs[k] as Tensor);
  const node = new GradNode(
    rule as NonNullable<typeof rule>,
    sources,
    indexes,
    metas,
    outputMetas,
    lengths,
    attrs,
    saved,
  );
  for (let k = 0; k < outs.length; k++) {
    if (op.isConstant[k]) continue;
    const y = outs[k] as Tensor;
    y.source = node;
    y.sourceIndex = k;
  }
  for (let i = 0; i < places.length; i++) {
    const { name, from, index } = places[i] as SavedPlace;
    if (from === "output") saved[i] = save(name, outs[index]);
  }
  for (let k = op.visible; k < outs.length; k++) (outs[k] as Tensor).release();
}
