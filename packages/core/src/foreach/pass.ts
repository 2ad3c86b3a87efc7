// One pass of a kernel over many tensors at once: what optimizers and gradient clipping do with all parameters
// of a model. Not an op: nothing is recorded, and a network of eighty parameters is one call, not eight hundred.
// A backend without the kernel, or a case that it cannot take, is counted; the caller then goes tensor by tensor.
import { gradMode } from "../autograd/tape.ts";
import type { Backend, Kernels, Ran } from "../backend.ts";
import { InPlaceError } from "../errors.ts";
import type { Storage } from "../memory/storage.ts";
import { countFallback, listener } from "../op/trace.ts";
import { checkLive, type Tensor } from "../tensor.ts";

/** One tensor per parameter, or nothing where this pass has no such list. */
export type Tensors = readonly Tensor[] | undefined;

/**
 * Runs a kernel that changes the tensors of `written` in place and reads those of `read`.
 * @returns false when it did not: no kernel took the case, or tensors overlap or differ in dtype or backend
 */
export function pass(
  name: string,
  written: readonly Tensors[],
  read: readonly Tensors[],
  kernel: (kernels: Kernels) => Ran,
): boolean {
  const writes = written.flatMap((list) => list ?? []);
  const reads = read.flatMap((list) => list ?? []);
  const first = writes[0] ?? reads[0];
  if (first === undefined) return true;
  for (const t of writes) checkTarget(name, t);
  for (const t of reads) checkLive(name, t);
  const { backend } = first.storage;
  const start = listener === null ? 0 : performance.now();
  const ran = apart(backend, first, writes, reads) ? kernel(backend.kernels) : undefined;
  if (ran === undefined) {
    countFallback(backend.name, name, "composed");
    return false;
  }
  for (const { storage } of writes) {
    storage.version++;
    storage.lastMutator = name;
  }
  if (listener === null) return true;
  if (backend.device === "cpu") backend.synchronize?.();
  listener({
    op: name,
    variant: ran,
    backend: backend.name,
    inputs: [...writes, ...reads].map(metaOf),
    outputs: writes.map(metaOf),
    multiplyAdds: 0,
    ms: performance.now() - start,
    choice: undefined,
  });
  return true;
}

const metaOf = ({ shape, dtype }: Tensor) => ({ shape, dtype });

function checkTarget(name: string, t: Tensor): void {
  checkLive(name, t);
  if (gradMode && t.source !== null) {
    throw new InPlaceError(
      `${name}: a target requires grad, so its value before would be lost; use noGrad()`,
    );
  }
}

/** Of one kind, and what is written overlaps with nothing, so that the order of work does not matter. */
function apart(
  backend: Backend,
  first: Tensor,
  writes: readonly Tensor[],
  reads: readonly Tensor[],
): boolean {
  const targets = new Set<Storage>();
  for (const t of writes) {
    if (t.dtype !== first.dtype || t.storage.backend !== backend || !t.contiguous) return false;
    targets.add(t.storage);
  }
  if (targets.size !== writes.length) return false;
  for (const t of reads) {
    if (t.dtype !== first.dtype || t.storage.backend !== backend || targets.has(t.storage)) {
      return false;
    }
  }
  return true;
}
