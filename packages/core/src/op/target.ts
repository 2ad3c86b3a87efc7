// What an in-place op may overwrite, and the note that it did.
import { gradMode, Leaf } from "../autograd/tape.ts";
import type { Meta, Ran } from "../backend.ts";
import { DTypeError, InPlaceError, NoKernelError, ShapeError } from "../errors.ts";
import { inferring } from "../memory/storage.ts";
import { overlapsItself, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { CompiledOp } from "./compiled.ts";
import { whyNot } from "./rebase.ts";
import type { Arg } from "./record.ts";
import { holdsHalf, inPlaceInFloat32 } from "./widen.ts";

/** Throws unless the target may be overwritten and takes a result of that shape and dtype. */
export function checkTarget(op: CompiledOp, target: Tensor, meta: Meta, recording: boolean): void {
  if (gradMode && target.source instanceof Leaf) {
    refuse(op, "the target is a leaf that requires grad, so its value before would be lost");
  }
  if (target.storage.inference && !inferring) {
    throw new InPlaceError(
      `${op.name}: the target was made in inferenceMode() and cannot be changed outside; clone() it first`,
    );
  }
  const why = recording ? whyNot(target) : undefined;
  if (why !== undefined) refuse(op, why);
  if (!target.contiguous && overlapsItself(target.shape, target.strides)) {
    throw new InPlaceError(
      `${op.name}: several elements of the target share one place (it is expanded, or a window over ` +
        `overlapping parts); clone() it first`,
    );
  }
  if (!sameShape(meta.shape, target.shape)) {
    throw new ShapeError(op.name, "the result does not fit into the target", {
      target: target.shape,
      result: meta.shape,
    });
  }
  if (meta.dtype !== target.dtype) {
    throw new DTypeError(
      op.name,
      `the result is ${meta.dtype} and cannot be stored in a ${target.dtype} target; use the out-of-place form`,
    );
  }
}

function refuse(op: CompiledOp, why: string): never {
  throw new InPlaceError(`${op.name}: ${why}; use the out-of-place form, or noGrad()`);
}

/** Notes that a kernel has overwritten the target, the first input; throws when there was none. */
export function changed(op: CompiledOp, ins: readonly Arg[], attrs: unknown, kernel: Ran): string {
  const target = ins[0] as Tensor;
  const ran = kernel ?? (holdsHalf(ins) ? inPlaceInFloat32(op, target, ins, attrs) : undefined);
  if (ran === undefined) {
    throw new NoKernelError(
      `${op.name}: backend '${target.storage.backend.name}' has no kernel for this case`,
    );
  }
  target.storage.version++;
  target.storage.lastMutator = op.name;
  return ran;
}
