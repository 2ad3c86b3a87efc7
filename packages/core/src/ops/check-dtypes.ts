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
  optional: Readonly<Record<string, Tensor | undefined>> = NONE,
): void {
  let firstName = "";
  let first: Tensor | undefined;
  const check = (name: string, t: Tensor): void => {
    checkLive(op, t);
    if (!isFloating(t.dtype)) {
      throw new DTypeError(op, `${name} is ${t.dtype}; convert it with ${name}.to("float32")`);
    }
    if (first === undefined) [firstName, first] = [name, t];
    else if (t.dtype !== first.dtype) {
      throw new DTypeError(
        op,
        `${firstName} is ${first.dtype} and ${name} is ${t.dtype}; convert one with to(…)`,
      );
    }
  };
  for (const name in required) check(name, required[name] as Tensor);
  for (const name in optional) {
    const t = optional[name];
    if (t !== undefined) check(name, t);
  }
}

const NONE = {};
