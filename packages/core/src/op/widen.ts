// float16 and bfloat16 are storage. Kernels that do more than move them decline; then the op runs on float32
// copies, and what it gives is rounded once, as PyTorch does on a CPU. Dispatch records the op's own rule, which
// runs the same way: so gradients have the dtype of their tensors.
import { withGradMode } from "../autograd/tape.ts";
import type { Meta, Ran } from "../backend.ts";
import { type DType, isHalf } from "../dtype.ts";
import { OpDefinitionError } from "../errors.ts";
import { owned, Tensor } from "../tensor.ts";
import type { CompiledOp } from "./compiled.ts";
import type { Arg } from "./record.ts";
import { countFallback } from "./trace.ts";

/** The cast, recorded; its op file fills it in. */
export const casts: { to(x: Tensor, dtype: DType): Tensor } = {
  to() {
    throw new OpDefinitionError("no op file has registered the cast between dtypes");
  },
};

const half = (t: unknown): t is Tensor => t instanceof Tensor && isHalf(t.dtype);

/** Whether one of an op's arguments is a tensor of 16-bit floats, or a list with one. */
export const holdsHalf = (args: readonly unknown[]): boolean =>
  args.some((a) => (Array.isArray(a) ? a.some(half) : half(a)));

const widen = <T>(a: T): T | Tensor => (half(a) ? casts.to(a, "float32") : a);

/** The op on float32 copies of its arguments (inputs, then attributes), in the dtypes that it would have given. */
export const inFloat32 =
  (op: CompiledOp) =>
  (...args: unknown[]): Tensor | Tensor[] => {
    countWidened(op, args);
    const results = op.run(...args.map((a) => (Array.isArray(a) ? a.map(widen) : widen(a))));
    const dtypes = resultTypes(op, args);
    const narrow = (y: Tensor, k: number): Tensor =>
      y.dtype === "float32" ? casts.to(y, dtypes[k] as DType) : y;
    return results instanceof Tensor ? narrow(results, 0) : results.map(narrow);
  };

/** What the shape rule says; ops without one are made of others, and give what they are given. */
function resultTypes({ spec, outputNames }: CompiledOp, args: readonly unknown[]): DType[] {
  if (spec.shape === undefined) {
    const { dtype } = args.flat().find(half) as Tensor;
    return outputNames.map(() => dtype);
  }
  const metas = spec.shape(...args);
  if (outputNames.length === 1) return [(metas as Meta).dtype];
  return outputNames.map((name) => (metas as Record<string, Meta>)[name]?.dtype as DType);
}

/** The kernel of an in-place op on float32 copies; its target is then overwritten with what it left there. */
export function inPlaceInFloat32(
  op: CompiledOp,
  target: Tensor,
  ins: readonly Arg[],
  attrs: unknown,
): Ran {
  const { kernels } = target.storage.backend;
  let ran: Ran;
  withGradMode(false, () =>
    owned(() => {
      const wide = ins.map((a) => (Array.isArray(a) ? a.map(widen) : widen(a))) as Arg[];
      const y = wide[0] as Tensor;
      ran = op.spec.kernel?.(kernels, ...wide, y, attrs);
      if (ran !== undefined) kernels.copy(y, target);
      return [];
    }),
  );
  if (ran !== undefined) countWidened(op, ins);
  return ran;
}

const countWidened = (op: CompiledOp, args: readonly unknown[]): void => {
  const { storage } = args.flat().find(half) as Tensor;
  countFallback(storage.backend.name, op.spec.name, "widened", false);
};
