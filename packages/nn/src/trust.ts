// Who may let go of whose intermediates. The framework releases only handles that no user code has
// seen: between two modules of a chain that is the case when the forward of both is one of ours, as it
// is, with no hook on it or on anything inside it.
import { type Activation, anomalyMode, type Tensor } from "@tapegrad/core";
import { located } from "./call.ts";
import { folded, type Weights } from "./folded.ts";
import { Module, ModuleList } from "./module.ts";

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

// It has no forward that could keep anything; its modules decide.
trustContainers(ModuleList);

/** Whether trust() was told of this very forward. */
export const isLeafForward = (forward: Forward): boolean => leaves.has(forward);

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
 * A module that can apply an activation to its result in the same pass, with the same result to the bit:
 * forwardWith(x, "relu") is relu(forward(x)).
 */
export interface Fusing extends Module {
  forwardWith(x: Tensor, activation: Activation): Tensor;
}
/** A layer that can be given other weights, as those into which the norm behind it is folded. */
export interface Foldable extends Fusing, Weights {
  forwardFolded(x: Tensor, weights: Weights, activation: Activation): Tensor;
}
/** A module whose forward is nothing but that activation. */
export interface Fusable extends Module {
  readonly activation: Activation;
}

const isFusing = (module: Module): module is Fusing =>
  "forwardWith" in module && leaves.has(module.forward);
const isFoldable = (module: Module): module is Foldable =>
  "forwardFolded" in module && leaves.has(module.forward);
const isFusable = (module: Module | undefined): module is Fusable =>
  module !== undefined && "activation" in module && leaves.has(module.forward);

/**
 * The activation that `module` may take over from the module behind it: both are trusted leaves, so that nobody
 * sees what passes between them. Anomaly mode wants to name the op, and gets both.
 */
function takenOver(module: Module, next: Module | undefined): Activation | undefined {
  if (!isFusing(module) || !isFusable(next) || anomalyMode) return undefined;
  return isTrusted(module) && isTrusted(next) ? next.activation : undefined;
}

/** As takenOver(): the weights with which `module` does the work of the norm behind it. */
function foldedWith(module: Module, next: Module | undefined, x: Tensor): Weights | undefined {
  if (next === undefined || anomalyMode || !isFoldable(module)) return undefined;
  return isTrusted(module) && isTrusted(next) ? folded(module, next, x) : undefined;
}

function callWith(
  module: Fusing,
  x: Tensor,
  activation: Activation,
  weights: Weights | undefined,
): Tensor {
  try {
    if (weights === undefined) return module.forwardWith(x, activation);
    return (module as Foldable).forwardFolded(x, weights, activation);
  } catch (error) {
    throw located(error, module);
  }
}

/**
 * Applies modules one after the other; a layer and the activation behind it (Fusing, Fusable) as one, in evaluation
 * with the norm between them (Foldable). An intermediate is released once it is consumed, if its maker and its
 * consumer are both trusted; never the input, and never a handle that a module only passed on
 * (Identity, Dropout in evaluation).
 */
export function runChain(modules: Iterable<Module>, input: Tensor): Tensor {
  const chain = [...modules];
  let current = input;
  let mine = false; // made inside by a trusted module, and seen by trusted ones alone
  for (let i = 0; i < chain.length; i++) {
    const module = chain[i] as Module;
    const trusted = isTrusted(module);
    const weights = foldedWith(module, chain[i + 1], current);
    if (weights !== undefined) i++;
    const activation = takenOver(module, chain[i + 1]);
    if (activation !== undefined) i++;
    const next: Tensor =
      activation === undefined && weights === undefined
        ? module.call(current)
        : callWith(module as Fusing, current, activation ?? "none", weights);
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
