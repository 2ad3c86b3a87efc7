// Modules register nothing: parameters, buffers and children are found when somebody asks, among the
// own enumerable properties in the order of their declaration (class fields). null and undefined
// members are absent, as `bias: false` wants.
import {
  ArgumentError,
  DTYPES,
  type DType,
  isFloating,
  noGrad,
  ownedOne,
  Tensor,
} from "@tapegrad/core";
import type { FullBackwardHook, FullBackwardPreHook } from "./backward-hooks.ts";
import {
  callHooked,
  type ForwardHook,
  type ForwardPreHook,
  type HookKind,
  type HookOf,
  type Hooks,
  located,
  withHook,
  withoutHook,
} from "./call.ts";
import { Buffer, Parameter, setData } from "./parameter.ts";
import { memberAt } from "./paths.ts";
import { refusePlain, rememberTensor } from "./plain-tensors.ts";
import { folded, printed } from "./print.ts";
import {
  collectState,
  type LoadOptions,
  type LoadResult,
  type LoadStateDictPreHook,
  loadInto,
  type StateLike,
} from "./state-dict.ts";

export type Member = Parameter | Buffer | Module;

type Names = Readonly<Record<string, string>>;
const allStateKeys = new WeakMap<object, Names>();

/** stateKeys of a class and of those it extends. */
function stateKeysOf(type: typeof Module): Names {
  const known = allStateKeys.get(type);
  if (known !== undefined) return known;
  const parent = Object.getPrototypeOf(type) as typeof Module;
  const inherited = type === Module ? {} : stateKeysOf(parent);
  const own = Object.hasOwn(type, "stateKeys") ? type.stateKeys : {};
  const names = { ...inherited, ...own };
  allStateKeys.set(type, names);
  return names;
}

/** PyTorch's key of a property of this module. */
export const stateKeyOf = (module: Module, property: string): string =>
  stateKeysOf(module.constructor as typeof Module)[property] ?? property;

export const joinPath = (prefix: string, key: string): string =>
  prefix === "" ? key : `${prefix}.${key}`;

/**
 * The base of all modules, as `torch.nn.Module`: class fields that hold Parameters, buffers or modules
 * (arrays of modules too) belong to it; `forward` says what it does; `call` runs it.
 *
 *     class Net extends nn.Module {
 *       conv = new nn.Conv2d(1, 8, 3);
 *       forward(x: Tensor) { return this.conv.call(x).relu(); }
 *     }
 */
export abstract class Module {
  /** PyTorch's key of a property that is called otherwise here: { runningMean: "running_mean" }. */
  static readonly stateKeys: Names = {};

  /** Set by train() and eval(). */
  training = true;
  private hooks: Hooks = null;
  private loadHooks: readonly LoadStateDictPreHook[] = [];

  // biome-ignore lint/suspicious/noExplicitAny: what a module takes and gives is its own affair; call() reads it off
  abstract forward(...args: any[]): any;

  /** Runs the forward-pre hooks, forward, and the forward hooks, as PyTorch's `module(…)`. */
  call(...args: Parameters<this["forward"]>): ReturnType<this["forward"]> {
    try {
      if (this.hooks === null) return this.forward(...args);
      return callHooked(this, this.hooks, args) as ReturnType<this["forward"]>;
    } catch (error) {
      throw located(error, this);
    }
  }

  /** @returns a function that removes the hook */
  registerForwardPreHook(hook: ForwardPreHook<this>): () => void {
    return this.addHook("registerForwardPreHook", "before", hook as ForwardPreHook);
  }
  /** @returns a function that removes the hook */
  registerForwardHook(hook: ForwardHook<this>): () => void {
    return this.addHook("registerForwardHook", "behind", hook as ForwardHook);
  }
  /**
   * Calls hook(module, gradInputs, gradOutputs) each time the gradients of a call's tensor arguments have been computed;
   * what it returns takes the place of gradInputs. null stands where there is no gradient. Arguments and results of the
   * module must then not be changed in place.
   * @returns a function that removes the hook
   */
  registerFullBackwardHook(hook: FullBackwardHook<this>): () => void {
    return this.addHook("registerFullBackwardHook", "backward", hook as FullBackwardHook);
  }
  /**
   * Calls hook(module, gradOutputs) before the gradients of a call's results enter the module; what it returns takes
   * their place.
   * @returns a function that removes the hook
   */
  registerFullBackwardPreHook(hook: FullBackwardPreHook<this>): () => void {
    return this.addHook("registerFullBackwardPreHook", "backwardPre", hook as FullBackwardPreHook);
  }
  private addHook<K extends HookKind>(name: string, kind: K, hook: HookOf<K>): () => void {
    this.hooks = withHook(this.hooks, kind, hook, `${this.constructor.name}.${name}`);
    let there = true;
    return () => {
      if (there) this.hooks = withoutHook(this.hooks, kind, hook);
      there = false;
    };
  }
  /** Calls hook(module, state, prefix) when a state is loaded into the module, or into one that holds it. */
  registerLoadStateDictPreHook(hook: LoadStateDictPreHook<this>): () => void {
    this.loadHooks = [...this.loadHooks, hook as LoadStateDictPreHook];
    return () => {
      this.loadHooks = this.loadHooks.filter((h) => h !== hook);
    };
  }
  get hasHooks(): boolean {
    return this.hooks !== null;
  }

  /** Own parameters, buffers and modules with their PyTorch keys, in the order of declaration. */
  members(): [key: string, member: Member][] {
    const names = stateKeysOf(this.constructor as typeof Module);
    const found: [string, Member][] = [];
    for (const [property, value] of Object.entries(this) as [string, unknown][]) {
      const member = Array.isArray(value) ? listOf(this, property, value) : value;
      if (isMember(member)) {
        found.push([names[property] ?? property, member]);
        if (!(member instanceof Module)) rememberTensor(this, property);
      } else if (member instanceof Tensor) refusePlain(this, property);
    }
    return found;
  }

  /** Direct children, each once. */
  namedChildren(): [key: string, child: Module][] {
    const seen = new Set<Member>();
    return this.members().filter((entry): entry is [string, Module] => {
      const [, m] = entry;
      return m instanceof Module && !seen.has(m) && seen.add(m) !== undefined;
    });
  }
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }
  /** This module and all below it, each once, parents first. */
  namedModules(prefix = ""): [path: string, module: Module][] {
    const seen = new Set<Module>();
    const found: [string, Module][] = [];
    const visit = (path: string, module: Module) => {
      if (seen.has(module)) return;
      seen.add(module);
      found.push([path, module]);
      for (const [key, child] of module.namedChildren()) visit(joinPath(path, key), child);
    };
    visit(prefix, this);
    return found;
  }
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  private allOf<T extends Member>(
    prefix: string,
    isKind: (member: Member) => member is T,
  ): [string, T][] {
    const seen = new Set<Member>();
    const found: [string, T][] = [];
    for (const [path, module] of this.namedModules(prefix)) {
      for (const [key, member] of module.members()) {
        if (!isKind(member) || seen.has(member)) continue;
        seen.add(member);
        found.push([joinPath(path, key), member]);
      }
    }
    return found;
  }
  /** Parameters of this module and those below it with their paths, each once. */
  namedParameters(prefix = ""): [path: string, parameter: Parameter][] {
    return this.allOf(prefix, (m): m is Parameter => m instanceof Parameter);
  }
  parameters(): Parameter[] {
    return this.namedParameters().map(([, p]) => p);
  }
  namedBuffers(prefix = ""): [path: string, buffer: Tensor][] {
    return this.allOf(prefix, (m): m is Buffer => m instanceof Buffer);
  }
  buffers(): Tensor[] {
    return this.namedBuffers().map(([, b]) => b);
  }

  /**
   * The module at a dotted path of PyTorch's keys ("features.0.conv"); "" is this one. As `get_submodule`.
   * @throws ArgumentError where there is none, with the nearest path
   */
  getSubmodule(path: string): Module {
    return memberAt(this, "module", path);
  }
  /** The parameter at a dotted path, as `get_parameter`. @throws as getSubmodule */
  getParameter(path: string): Parameter {
    return memberAt(this, "parameter", path);
  }
  /** The buffer at a dotted path, as `get_buffer`. @throws as getSubmodule */
  getBuffer(path: string): Tensor {
    return memberAt(this, "buffer", path);
  }

  /** Training mode for this module and those below it (dropout, batch statistics). */
  train(on = true): this {
    for (const module of this.modules()) module.training = on;
    return this;
  }
  eval(): this {
    return this.train(false);
  }
  /** Freezes (false) or thaws all parameters. */
  requiresGrad_(on = true): this {
    for (const p of this.parameters()) p.requiresGrad_(on);
    return this;
  }
  zeroGrad(): void {
    for (const p of this.parameters()) p.grad = null;
  }
  /** Calls fn with every module below, children first, then with this one; for initialisation. */
  apply(fn: (module: Module) => void): this {
    const open = new Set<Module>(); // a child may hold its parent
    const visit = (module: Module) => {
      open.add(module);
      for (const child of module.children()) if (!open.has(child)) visit(child);
      fn(module);
      open.delete(module);
    };
    visit(this);
    return this;
  }

  /**
   * Moves all parameters and buffers to a dtype (floating ones only), a device or a backend. Handles stay the
   * same, so an optimizer keeps its parameters.
   */
  to(where: Parameters<Tensor["to"]>[0]): this {
    const isDtype = DTYPES.includes(where as DType);
    if (isDtype && !isFloating(where as DType)) {
      throw new ArgumentError("Module.to", `parameters are floating-point numbers, not ${where}`);
    }
    const members = this.allOf("", (m): m is Parameter | Buffer => !(m instanceof Module));
    for (const [, t] of members) {
      if (isDtype && !isFloating(t.dtype)) continue;
      const moved = ownedOne(() => noGrad(() => t.to(where)));
      if (moved.storage === t.storage) moved.release();
      else setData(t, moved);
    }
    return this;
  }

  /** to("float32"): of parameters and buffers the floating-point ones alone. */
  float(): this {
    return this.to("float32");
  }
  double(): this {
    return this.to("float64");
  }
  half(): this {
    return this.to("float16");
  }
  bfloat16(): this {
    return this.to("bfloat16");
  }

  /**
   * All parameters and persistent buffers under PyTorch's keys, in PyTorch's order. These are the live
   * tensors, not copies. A shared one appears under each of its paths.
   */
  stateDict(prefix = ""): Map<string, Tensor> {
    const into = new Map<string, Tensor>();
    collectState(this, prefix, into);
    return into;
  }
  /**
   * Copies values in place, from a map or a record by stateDict key.
   * @returns the keys that were missing and unexpected (none of them when strict)
   * @throws StateDictError listing everything that does not fit; then nothing was changed
   */
  loadStateDict(state: StateLike, options: LoadOptions = {}): LoadResult {
    const { name } = this.constructor;
    return loadInto(name, this.stateDict(), state, options, (given) => {
      for (const [path, module] of this.namedModules()) {
        for (const hook of module.loadHooks) hook(module, given, path === "" ? "" : `${path}.`);
      }
    });
  }

  /** What stands between the brackets when it prints, in PyTorch's spelling. */
  extraRepr(): string {
    return "";
  }
  protected printedChildren(): [key: string, text: string][] {
    return this.members()
      .filter((entry): entry is [string, Module] => entry[1] instanceof Module)
      .map(([key, child]) => [key, child.toString()]);
  }
  /** As PyTorch prints it. */
  toString(): string {
    const { name } = this.constructor;
    if (printing.has(this)) return `${name}(…)`; // a child that holds its parent
    printing.add(this);
    try {
      return printed(name, this.extraRepr(), this.printedChildren());
    } finally {
      printing.delete(this);
    }
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** Modules in the middle of toString(). */
const printing = new Set<Module>();

const isMember = (value: unknown): value is Member =>
  value instanceof Parameter || value instanceof Buffer || value instanceof Module;

// ---- lists of modules -------------------------------------------------------------------------------

/** Modules in order, under the keys "0", "1", …; as `torch.nn.ModuleList`. It has no forward. */
export class ModuleList extends Module {
  [index: number]: Module;
  constructor(modules: Iterable<Module> = []) {
    super();
    for (const module of modules) this.append(module);
  }
  get length(): number {
    return [...this].length;
  }
  /** The module at `index`; negative counts from the end. */
  at(index: number): Module | undefined {
    return [...this].at(index);
  }
  append(module: Module): this {
    if (!(module instanceof Module)) {
      throw new ArgumentError("ModuleList", `expected a Module, got ${typeof module}`);
    }
    this[this.length] = module;
    return this;
  }
  extend(modules: Iterable<Module>): this {
    for (const module of modules) this.append(module);
    return this;
  }
  /** Puts module before the one at `index`; negative counts from the end. */
  insert(index: number, module: Module): this {
    const all = [...this];
    all.splice(index, 0, module);
    this.append(module); // checks it
    all.forEach((m, i) => {
      this[i] = m;
    });
    return this;
  }
  *[Symbol.iterator](): Generator<Module> {
    for (const [, m] of this.members()) if (m instanceof Module) yield m;
  }
  forward(): never {
    throw new ArgumentError("ModuleList", "it has no forward; call its modules one by one");
  }
  protected override printedChildren(): [string, string][] {
    return folded([...this].map(String));
  }
}

const lists = new WeakMap<readonly unknown[], ModuleList>();

/** An array of modules stands for a ModuleList, always the same one; other arrays stay what they are. */
function listOf(owner: Module, property: string, items: readonly unknown[]): unknown {
  const count = items.filter((item) => item instanceof Module).length;
  if (count === 0 && !lists.has(items)) return items;
  if (count < items.length) {
    throw new ArgumentError(
      owner.constructor.name,
      `the array '${property}' holds ${count} modules and ${items.length - count} other things, so it is ` +
        `no ModuleList; keep the others in a property of their own`,
    );
  }
  const list = lists.get(items) ?? new ModuleList();
  lists.set(items, list);
  for (let i = list.length - 1; i >= items.length; i--) delete list[i];
  items.forEach((item, i) => {
    list[i] = item as Module;
  });
  return list;
}
