// A copy of a module with parameters and buffers of its own: what `copy.deepcopy` gives in PyTorch.
import { noGrad, ownedOne, type Tensor } from "@tapegrad/core";
import { Module } from "./module.ts";
import { Buffer, buffer, Parameter } from "./parameter.ts";

/**
 * A copy of a module: parameters, buffers and modules below it are new, with the same values; what is shared inside
 * stays shared. Everything else (numbers, functions, hooks) is the same.
 */
export function cloneModule<M extends Module>(module: M): M {
  const copies = new Map<object, object>();
  const copyOf = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const known = copies.get(value);
    if (known !== undefined) return known;
    const copy = fresh(value);
    if (copy === undefined) return value;
    copies.set(value, copy);
    if (value instanceof Module || Array.isArray(value)) {
      for (const [key, member] of Object.entries(value)) {
        (copy as Record<string, unknown>)[key] = copyOf(member);
      }
    }
    return copy;
  };
  return copyOf(module) as M;
}

/** What a copy begins as; undefined: the value stays. */
function fresh(value: object): object | undefined {
  const copied = (t: Tensor): Tensor => ownedOne(() => noGrad(() => t.detach().clone()));
  if (value instanceof Parameter) {
    return new Parameter(copied(value), { requiresGrad: value.requiresGrad });
  }
  if (value instanceof Buffer) return buffer(copied(value), { persistent: value.persistent });
  if (value instanceof Module) return Object.create(Object.getPrototypeOf(value) as object);
  if (Array.isArray(value) && value.some((item) => item instanceof Module)) return [];
  return undefined;
}
