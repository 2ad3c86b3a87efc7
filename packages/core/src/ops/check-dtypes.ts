// What the fused ops ask of their tensors: floats, all of one dtype.
import { isFloating } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { checkLive, type Tensor } from "../tensor.ts";

/**
 * @throws ArgumentError for what is no tensor, UseAfterFreeError, DTypeError naming the argument that is no float, or the two that differ
 */
export function checkDtypes(
  op: string,
  required: Readonly<Record<string, Tensor>>,
  optional: Readonly<Record<string, Tensor | undefined>> = {},
): void {
  let first: readonly [string, Tensor] | undefined;
  const given = Object.entries(optional).filter(([, t]) => t !== undefined);
  for (const [name, t] of [...Object.entries(required), ...given] as [string, Tensor][]) {
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
