// In place, for any function of a tensor: computed as usual, then written over the tensor. An op of its own is
// worth it where training spends its time (add_, mul_, relu_ …); all others come from here.
import { isGradEnabled, Leaf } from "../../autograd/tape.ts";
import { InPlaceError, ShapeError } from "../../errors.ts";
import { sameShape } from "../../shape.ts";
import { checkLive, owned, type Tensor } from "../../tensor.ts";
import { clone } from "../elementwise/clone.ts";
import { isTensor } from "../promote.ts";
import { copyOver } from "./copy_.ts";
import { apart, requireStorable } from "./storable.ts";

/**
 * The in-place form of f: x becomes f(x, …rest), cast to x's dtype where that loses no category. Returns x.
 * While recording, f is given copies of x and of what shares its memory: what the tape saves must stay.
 */
export function inPlaceForm<Rest extends readonly unknown[]>(
  name: string,
  f: (x: Tensor, ...rest: Rest) => Tensor,
): (x: Tensor, ...rest: Rest) => Tensor {
  return (x, ...rest) => {
    checkLive(name, x);
    if (isGradEnabled() && x.source instanceof Leaf) {
      throw new InPlaceError(
        `${name}: the target is a leaf that requires grad, so its value before would be lost; ` +
          "use the out-of-place form, or noGrad()",
      );
    }
    const recording =
      isGradEnabled() && (x.source !== null || rest.some((t) => isTensor(t) && t.source !== null));
    owned(() => {
      const given = recording ? rest.map((t) => (isTensor(t) ? apart(t, x) : t)) : rest;
      const y = f(recording ? clone(x) : x, ...(given as unknown as Rest));
      if (!sameShape(y.shape, x.shape)) {
        throw new ShapeError(name, "the result does not fit into the target", {
          target: x.shape,
          result: y.shape,
        });
      }
      copyOver(x, requireStorable(name, x, y));
      return [];
    });
    return x;
  };
}
