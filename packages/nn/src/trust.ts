// Who may let go of whose intermediates. The framework releases only handles that no user code has
// seen: between two modules of a chain that is the case when the forward of both is one of ours, as it
// is, with no hook on it or on anything inside it.
import type { Tensor } from "@tapegrad/core";
import { Module } from "./module.ts";

type Forward = Module["forward"];
const leaves = new WeakSet<Forward>();
const containers = new WeakSet<Forward>();
const originalCall = Module.prototype.call;

type ModuleClass = abstract new (...args: never[]) => Module;

/**
 * Declares that the very forward functions of these classes keep neither their input nor their output,
 * and show them to nobody. A subclass that overrides forward has another function and is not trusted,
 * nor is an instance whose forward was replaced. For framework code.
 */
export function trust(...classes: readonly ModuleClass[]): void {
  for (const c of classes) leaves.add((c.prototype as Module).forward);
}
/** As trust, for classes whose forward hands tensors to their children; these must be trusted too. */
export function trustContainers(...classes: readonly ModuleClass[]): void {
  for (const c of classes) containers.add((c.prototype as Module).forward);
}

/** No user code sees what passes through. Asked at each call: hooks and children may change. */
export function isTrusted(module: Module): boolean {
  if (module.hasHooks || module.call !== originalCall) return false;
  if (leaves.has(module.forward)) return true;
  return (
    containers.has(module.forward) &&
    module.members().every(([, m]) => !(m instanceof Module) || isTrusted(m))
  );
}

/**
 * Applies modules one after the other. An intermediate is released once it is consumed, if its maker
 * and its consumer are both trusted; never the input, and never a handle that a module only passed on
 * (Identity, Dropout in evaluation).
 */
export function runChain(modules: Iterable<Module>, input: Tensor): Tensor {
  let current = input;
  let mine = false; // made inside by a trusted module, and seen by trusted ones alone
  for (const module of modules) {
    const trusted = isTrusted(module);
    const next: Tensor = module.call(current);
    if (next === current) {
      mine &&= trusted;
      continue;
    }
    if (mine && trusted) current.release();
    mine = trusted;
    current = next;
  }
  return current;
}
