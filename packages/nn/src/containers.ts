// Containers without a forward of their own: ModuleDict, ParameterList, ParameterDict. What they hold are own
// properties, so that keys of states and printed forms come out as PyTorch's.
import { ArgumentError, type Tensor } from "@tapegrad/core";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

/** `Parameter containing: [torch.float32 of size 2x3]` */
const described = (p: Parameter, type: string): string =>
  `Parameter containing: [${type} of size ${p.shape.join("x")}]`;

const noForward = (name: string): never => {
  throw new ArgumentError(name, "it has no forward; call or use what it holds");
};

/** Named members of one kind, in the order in which they came. */
abstract class Dict<T extends Module | Parameter> extends Module {
  constructor(members: Readonly<Record<string, T | Tensor>> | Iterable<readonly [string, T]>) {
    super();
    this.update(members);
  }
  protected abstract accepted(key: string, value: unknown): T;
  private get record(): Record<string, T> {
    return this as unknown as Record<string, T>;
  }
  /** Adds or replaces one. */
  set(key: string, member: T): this {
    const taken = key in this && !this.has(key);
    if (key === "" || key.includes(".") || taken) {
      throw new ArgumentError(
        this.constructor.name,
        `'${key}' cannot be a key: it is empty, has a dot, or is a property of its own; rename it`,
      );
    }
    this.record[key] = this.accepted(key, member);
    return this;
  }
  update(members: Readonly<Record<string, T | Tensor>> | Iterable<readonly [string, T]>): this {
    const entries = Symbol.iterator in members ? members : Object.entries(members);
    for (const [key, member] of entries as Iterable<readonly [string, T]>) this.set(key, member);
    return this;
  }
  get(key: string): T | undefined {
    return this.entries().find(([k]) => k === key)?.[1];
  }
  has(key: string): boolean {
    return this.get(key) !== undefined;
  }
  /** @returns whether there was one */
  delete(key: string): boolean {
    return this.has(key) && delete this.record[key];
  }
  clear(): void {
    for (const key of this.keys()) this.delete(key);
  }
  get length(): number {
    return this.members().length;
  }
  entries(): [key: string, member: T][] {
    return this.members() as [string, T][];
  }
  keys(): string[] {
    return this.entries().map(([key]) => key);
  }
  values(): T[] {
    return this.entries().map(([, member]) => member);
  }
  [Symbol.iterator](): Iterator<[key: string, member: T]> {
    return this.entries()[Symbol.iterator]();
  }
  forward(): never {
    return noForward(this.constructor.name);
  }
}

/** Modules by name; as `torch.nn.ModuleDict`. It has no forward. */
export class ModuleDict extends Dict<Module> {
  constructor(
    modules: Readonly<Record<string, Module>> | Iterable<readonly [string, Module]> = {},
  ) {
    super(modules);
  }
  protected accepted(key: string, value: unknown): Module {
    if (value instanceof Module) return value;
    throw new ArgumentError("ModuleDict", `'${key}' must be a Module, got ${typeof value}`);
  }
}

const asParameter = (name: string, key: string | number, value: unknown): Parameter => {
  if (value instanceof Parameter) return value;
  if (typeof value === "object" && value !== null && "storage" in value) {
    return new Parameter(value as Tensor);
  }
  throw new ArgumentError(name, `'${key}' must be a Parameter or a Tensor, got ${typeof value}`);
};

/** Parameters by name; as `torch.nn.ParameterDict`. A Tensor becomes a Parameter that takes over its storage. */
export class ParameterDict extends Dict<Parameter> {
  constructor(
    parameters: Readonly<Record<string, Tensor>> | Iterable<readonly [string, Parameter]> = {},
  ) {
    super(parameters);
  }
  protected accepted(key: string, value: unknown): Parameter {
    return asParameter("ParameterDict", key, value);
  }
  override extraRepr(): string {
    const types = { float32: "torch.FloatTensor", float64: "torch.DoubleTensor" };
    return this.entries()
      .map(([key, p]) => `  (${key}): ${described(p, types[p.dtype as "float32"] ?? p.dtype)}`)
      .join("\n");
  }
}

/** Parameters in order, under the keys "0", "1", …; as `torch.nn.ParameterList`. A Tensor becomes a Parameter. */
export class ParameterList extends Module {
  [index: number]: Parameter;
  constructor(parameters: Iterable<Tensor> = []) {
    super();
    this.extend(parameters);
  }
  get length(): number {
    return this.members().length;
  }
  /** The parameter at `index`; negative counts from the end. */
  at(index: number): Parameter | undefined {
    return [...this].at(index);
  }
  append(parameter: Tensor): this {
    this[this.length] = asParameter("ParameterList", this.length, parameter);
    return this;
  }
  extend(parameters: Iterable<Tensor>): this {
    for (const p of parameters) this.append(p);
    return this;
  }
  *[Symbol.iterator](): Generator<Parameter> {
    for (const [, p] of this.members()) if (p instanceof Parameter) yield p;
  }
  forward(): never {
    return noForward("ParameterList");
  }
  override extraRepr(): string {
    return [...this].map((p, i) => `  (${i}): ${described(p, `torch.${p.dtype}`)}`).join("\n");
  }
}
