// Plain tensors in the place of parameters, as after `layer.weight = tensor(…)`: nobody would train them, and no state
// would have them. They are found when somebody asks for a module's members.
import { ArgumentError } from "@tapegrad/core";

/** Which properties of a module have been seen to hold parameters or buffers. */
const seen = new WeakMap<object, Set<string>>();
export function rememberTensor(module: object, property: string): void {
  const names = seen.get(module);
  if (names === undefined) seen.set(module, new Set([property]));
  else names.add(property);
}

const owners = new WeakSet<object>();
/** Says of these classes that all tensors of their modules are parameters or buffers. For framework code. */
export function ownsAllTensors(classes: Iterable<unknown>): void {
  for (const c of classes) if (typeof c === "function") owners.add(c);
}

/** @throws ArgumentError where a plain tensor is no cache of the user's but was put over a parameter */
export function refusePlain(module: object, property: string): void {
  const { constructor } = module;
  if (!seen.get(module)?.has(property) && !owners.has(constructor)) return;
  throw new ArgumentError(
    constructor.name,
    `a plain Tensor was assigned as '${property}', where a Parameter, a buffer or null belongs; assign ` +
      "new nn.Parameter(t) or nn.buffer(t), or give the one that was there other values: copy_(t), nn.setData(it, t)",
  );
}
