// What a call of a module does besides forward: hooks before, behind and around it, and errors that say where in
// the tree of modules they came from.
import { ArgumentError, TapegradError, type Tensor } from "@tapegrad/core";
import {
  BackwardHooks,
  type FullBackwardHook,
  type FullBackwardPreHook,
} from "./backward-hooks.ts";
import type { Module } from "./module.ts";
import { headline } from "./print.ts";

/** The arguments of a module's forward; any for a module of which nothing is known. */
// biome-ignore format: the suppression must stand before `any`
export type ArgsOf<M extends Module> = unknown[] extends Parameters<M["forward"]>
  // biome-ignore lint/suspicious/noExplicitAny: see Module.forward
  ? any
  : Parameters<M["forward"]>;

/** Sees the arguments before forward; may return others (one value stands for a list of one). */
export type ForwardPreHook<M extends Module = Module> = (
  module: M,
  args: ArgsOf<M>,
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks returns nothing
) => ArgsOf<M> | Tensor | undefined | void;
/** Sees arguments and result of forward; may return another result. */
export type ForwardHook<M extends Module = Module> = (
  module: M,
  args: ArgsOf<M>,
  output: ReturnType<M["forward"]>,
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks returns nothing
) => ReturnType<M["forward"]> | undefined | void;

/** The hooks of a module, by what they are for. */
interface HookLists {
  readonly before: readonly ForwardPreHook[];
  readonly behind: readonly ForwardHook[];
  readonly backward: readonly FullBackwardHook[];
  readonly backwardPre: readonly FullBackwardPreHook[];
}
export type HookKind = keyof HookLists;
export type HookOf<K extends HookKind> = HookLists[K][number];
/** Never changed: a call goes on with those it began with, and so does a copy of the module. null: none. */
export type Hooks = HookLists | null;

const NONE: HookLists = { before: [], behind: [], backward: [], backwardPre: [] };

export function withHook<K extends HookKind>(
  hooks: Hooks,
  kind: K,
  hook: HookOf<K>,
  name: string,
): HookLists {
  if (typeof hook !== "function") {
    throw new ArgumentError(name, `expected a function, got ${typeof hook}`);
  }
  const lists = hooks ?? NONE;
  return { ...lists, [kind]: [...lists[kind], hook] };
}

export function withoutHook(hooks: Hooks, kind: HookKind, hook: unknown): Hooks {
  const list: readonly unknown[] = hooks?.[kind] ?? [];
  const at = list.indexOf(hook);
  if (hooks === null || at < 0) return hooks;
  const rest = { ...hooks, [kind]: list.filter((_, i) => i !== at) };
  return Object.values(rest).every((l) => l.length === 0) ? null : rest;
}

/** forward with all hooks of the module. */
export function callHooked(module: Module, hooks: HookLists, args: unknown[]): unknown {
  let current = args;
  for (const hook of hooks.before) {
    const replaced = hook(module, current);
    if (replaced !== undefined) current = Array.isArray(replaced) ? replaced : [replaced];
  }
  const forward = (given: unknown[]): unknown => module.forward(...given);
  const { backward, backwardPre } = hooks;
  let output =
    backward.length + backwardPre.length === 0
      ? forward(current)
      : new BackwardHooks(backwardPre, backward).around(module, current, forward);
  for (const hook of hooks.behind) output = hook(module, current, output) ?? output;
  return output;
}

/** Where an error came from: the module that threw it, and the message before we wrote into it. */
const origins = new WeakMap<TapegradError, { readonly message: string; readonly inner: Module }>();

/** The error, and if it is one of ours its message says that it came through this module. */
export function located(error: unknown, module: Module): unknown {
  if (error instanceof TapegradError) tellWhere(error, module);
  return error;
}

/** As an error passes through call() on its way up, its message learns the path to the module. */
function tellWhere(error: TapegradError, outer: Module): void {
  const origin = origins.get(error);
  if (origin === undefined) {
    origins.set(error, { message: error.message, inner: outer });
    error.message += `\n  in ${headline(outer)}`;
    return;
  }
  const { message, inner } = origin;
  const path = outer.namedModules().find(([, module]) => module === inner)?.[0];
  if (!path) return;
  error.message = `${message}\n  in '${path}' of ${outer.constructor.name}: ${headline(inner)}`;
}
