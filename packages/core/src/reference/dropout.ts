// Dropout as a loop: element i lives iff the i-th uniform number of the key is at least p.
import type { FusedKernels } from "../backend.ts";
import { fillRandom } from "../random/philox.ts";
import { numbers } from "./elements.ts";

export const dropoutKernels: Pick<FusedKernels, "dropout"> = {
  dropout(x, y, mask, p, key) {
    const from = numbers(x);
    const to = numbers(y);
    const kept = mask && numbers(mask);
    const drawn = new Float32Array(to.size);
    fillRandom("uniform", key, drawn);
    for (let i = 0; i < to.size; i++) {
      const factor = (drawn[i] as number) >= p ? 1 / (1 - p) : 0;
      kept?.set(i, factor);
      to.set(i, from.get(i) * factor);
    }
    return "philox";
  },
};
