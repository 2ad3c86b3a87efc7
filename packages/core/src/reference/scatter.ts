// Writing to places that an index names, as a loop: in the order of the source, so the last of equals wins.
import type { FusedKernels } from "../backend.ts";
import { elements, indices, type Value } from "./elements.ts";
import { targetOf } from "./linear.ts";

type Meet = (old: Value, value: Value) => Value;

/** What comes in where something is already. NaN wins. */
const MEET: Readonly<Record<"set" | "prod" | "max" | "min", Meet>> = {
  set: (_, value) => value,
  prod: (old, value) => ((old as number) * (value as number)) as Value,
  max: (old, value) => (value > old || Number.isNaN(value) ? value : old),
  min: (old, value) => (value < old || Number.isNaN(value) ? value : old),
};

export const scatterKernels: Pick<FusedKernels, "scatterInto"> = {
  scatterInto(code, index, src, y, dim, includeSelf) {
    const from = elements(src);
    const at = indices(index);
    const to = elements(y);
    const target = targetOf(y.shape, index.shape, dim);
    const meet = MEET[code];
    const met = includeSelf ? undefined : new Uint8Array(to.size);
    for (let i = 0; i < at.size; i++) {
      const t = target(i, at.get(i));
      const value = from.get(i);
      if (met !== undefined && met[t] === 0) {
        met[t] = 1;
        to.set(t, value);
      } else to.set(t, meet(to.get(t), value));
    }
    return "loop";
  },
};
