// What the fused ops ask of their tensors: floats, all of one dtype.
import { isFloating } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { checkLive, type Tensor } from "../tensor.ts";

/** @throws DTypeError naming the argument that is no float, or the two that differ */
export function checkDtypes(op: string, args: Readonly<Record<string, Tensor | undefined>>): void {
  let first: readonly [string, Tensor] | undefined;
  for (const [name, t] of Object.entries(args)) {
    if (t === undefined) continue;
    checkLive(op, t);
    if (!isFloating(t.dtype)) {
      throw new DTypeError(op, `${name} is ${t.dtype}; convert it with ${name}.to("float32")`);
    }
    first ??= [name, t];
    if (t.dtype !== first[1].dtype) {
      throw new DTypeError(
        op,
        `${first[0]} is ${first[1].dtype} and ${name} is ${t.dtype}; convert one with to(…)`,
      );
    }
  }
}
