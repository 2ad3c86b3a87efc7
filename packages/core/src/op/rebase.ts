// The two ends of a view's lineage in dispatch: noting it when a view is made, and giving the base its new history
// when a recorded in-place op has written through the view.
import { Lineage } from "../autograd/lineage.ts";
import { gradMode, Leaf } from "../autograd/tape.ts";
import { isFloating } from "../dtype.ts";
import { OpDefinitionError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import type { CompiledOp } from "./compiled.ts";
import type { Window } from "./define.ts";
import { record } from "./record.ts";

/** Of views whose history nobody can follow: made under noGrad, or by an op that saves something. */
const UNKNOWN = new Lineage(null, null, null, undefined, null, null, 0);

/** Notes what y is a view of. */
export function noteView(op: CompiledOp, x: Tensor, y: Tensor, attrs: unknown): void {
  if (!isFloating(y.dtype)) return;
  const known = gradMode && op.rule !== null && op.places.length === 0 && x.link?.base !== null;
  if (!known) {
    y.link = UNKNOWN;
    return;
  }
  const input = { shape: x.shape, dtype: x.dtype };
  const output = { shape: y.shape, dtype: y.dtype };
  const { rebased } = y.storage;
  y.link = new Lineage(x.link?.base ?? x, x.link, op.rule, attrs, input, output, rebased);
}

/** Why a recorded in-place op cannot write through this view; undefined: it can. */
export function whyNot(view: Tensor): string | undefined {
  const { link } = view;
  if (link === null) return undefined;
  if (link.base === null) {
    return "the target is a view made under noGrad(), so the gradient of what it is a view of would not know";
  }
  if (link.base.source instanceof Leaf) {
    return "the target is a view of a leaf that requires grad, whose value before would be lost";
  }
  if (!link.base.contiguous) {
    return "the target is a view of a detached tensor that is not contiguous (clone() that)";
  }
  return undefined;
}

let putWindow: CompiledOp | null = null;
/** The op that writes a part into a window of a base: (base, part, window) → base. Its file registers it. */
export function setPutWindow(op: CompiledOp): void {
  putWindow = op;
}

/**
 * After a recorded in-place op on a tensor with views, or on a view: the base becomes what putWindow would have made
 * of it, and all other views of the storage ask for their sources anew.
 */
export function rebase(target: Tensor): void {
  const { storage, link } = target;
  storage.rebased++;
  if (link === null) return;
  link.epoch = storage.rebased;
  const { base } = link;
  if (base === null) return;
  if (putWindow === null) throw new OpDefinitionError("no op has registered to write windows");
  const window: Window = {
    shape: target.shape,
    strides: target.strides,
    offset: target.offset - base.offset,
  };
  const ins = [base, target];
  record(putWindow, ins, ins, null, [base], window);
}
