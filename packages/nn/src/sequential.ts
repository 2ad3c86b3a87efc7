// Sequential: modules one after the other.
import { ArgumentError, type Tensor } from "@tapegrad/core";
import { Module } from "./module.ts";
import { runChain, trustContainers } from "./trust.ts";

/** A module of one tensor in and one out, as Sequential chains them. */
export interface Layer extends Module {
  forward(x: Tensor): Tensor;
}

/**
 * Applies modules in order, as `torch.nn.Sequential`. Takes them one by one (keys "0", "1", …) or as a
 * record of name → module. What passes between built-in modules is released as soon as it is consumed. A batch
 * norm, convolution or Linear directly followed by ReLU or ReLU6 runs as one pass, with the same result to the bit. In
 * evaluation without gradients a batch norm behind a convolution or Linear is folded into their weights, which changes
 * the result by rounding errors. Neither happens where a hook on one of them, a forward of your own or anomaly mode
 * wants to see what passes between the two.
 */
export class Sequential extends Module {
  [index: number]: Layer;
  constructor(...modules: readonly Layer[]);
  constructor(modules: Readonly<Record<string, Layer>>);
  constructor(...given: readonly Layer[] | readonly [Readonly<Record<string, Layer>>]) {
    super();
    const [first] = given;
    const isRecord = first !== null && typeof first === "object" && !(first instanceof Module);
    const named = given.length === 1 && isRecord;
    for (const [key, module] of Object.entries(named ? first : given)) add(this, key, module);
  }
  get length(): number {
    return [...this].length;
  }
  /** The module at `index`; negative counts from the end. */
  at(index: number): Layer | undefined {
    return [...this].at(index);
  }
  append(module: Layer): this {
    add(this, String(this.length), module);
    return this;
  }
  *[Symbol.iterator](): Generator<Layer> {
    for (const [, m] of this.members()) if (m instanceof Module) yield m;
  }
  forward(x: Tensor): Tensor {
    return runChain(this, x);
  }
}
trustContainers(Sequential);

function add(target: Sequential, key: string, module: unknown): void {
  if (!(module instanceof Module)) {
    const got = module === null ? "null" : typeof module;
    throw new ArgumentError("Sequential", `'${key}' must be a Module, got ${got}`);
  }
  if (key === "" || key.includes(".") || key in target) {
    throw new ArgumentError(
      "Sequential",
      `'${key}' cannot name a module: it is empty, has a dot, or is a member already; rename it`,
    );
  }
  (target as unknown as Record<string, Module>)[key] = module;
}
