// backward() and grad(): one walk over the tape in reverse creation order, without recursion. Each node
// runs once, when everything that uses its outputs has run, because users are always younger.

import { isFloating } from "../dtype.ts";
import { AnomalyError, AutogradError, DTypeError, GraphFreedError, ShapeError } from "../errors.ts";
import { checkOptions, type OptionNames } from "../options.ts";
import { sameShape } from "../shape.ts";
import {
  adopt,
  aliasOf,
  checkLive,
  closeFrame,
  currentFrame,
  inFrame,
  openFrame,
  ownedOne,
  type Tensor,
} from "../tensor.ts";
import { runHooks } from "./hooks.ts";
import { anomalyMode, GradNode, gradMode, type Leaf, NO_GRADIENTS, withGradMode } from "./tape.ts";

/** What the walk needs of arithmetic; the op files fill it in, so autograd names no op. */
export const arithmetic: {
  add(a: Tensor, b: Tensor): Tensor;
  /** Called while nothing records. */
  addInPlace(a: Tensor, b: Tensor): void;
  copy(a: Tensor): Tensor;
  ones(like: Tensor): Tensor;
  hasNaN(a: Tensor): boolean;
} = { add: missing, addInPlace: missing, copy: missing, ones: missing, hasNaN: missing };
function missing(): never {
  throw new AutogradError("no op file has registered the arithmetic of gradients");
}

type Source = GradNode | Leaf | null;
type Gradients = (Tensor | undefined)[];

/** One walk; its nodes and their gradients are marked in the nodes themselves (GradNode.walk). */
interface Run {
  readonly leaves: Map<Leaf, Tensor>;
  readonly users: Tensor[] | null;
  /** Marks of a walk outside of this one: a rule or hook of it has started this one over the same nodes. */
  readonly outer: { node: GradNode; walk: object; gradients: Gradients }[];
}

interface Wanted {
  has(source: GradNode | Leaf, index: number): boolean;
}

export interface BackwardOptions {
  /** Keep what the tape saved, so that backward can run again. Default: the value of createGraph. */
  readonly retainGraph?: boolean | undefined;
  /** Record the gradient rules, so that the gradients can be differentiated. */
  readonly createGraph?: boolean | undefined;
}

const BACKWARD_OPTIONS: OptionNames<BackwardOptions> = { retainGraph: true, createGraph: true };

function deliver(run: Run, to: GradNode | Leaf, index: number, g: Tensor): void {
  if (to instanceof GradNode) {
    const old = to.gradients[index];
    to.gradients[index] = old === undefined ? g : addInto(old, g);
    return;
  }
  const old = run.leaves.get(to);
  const sum = old === undefined ? g : addInto(old, g);
  if (sum !== old) run.leaves.set(to, sum);
}

/** old + g, both owned by the walk; where nobody else can see old it is added where it lies. */
function addInto(old: Tensor, g: Tensor): Tensor {
  let sum = old;
  if (!gradMode && old.storage.count === 1 && old.contiguous) arithmetic.addInPlace(old, g);
  else {
    sum = ownedOne(() => arithmetic.add(old, g));
    old.release();
  }
  g.release();
  return sum;
}

/** Puts everything reachable into `nodes`, oldest first, and marks it. */
function reach(roots: readonly Tensor[], run: Run, nodes: GradNode[]): void {
  for (const t of roots) visit(t.source, run, nodes);
  for (let i = 0; i < nodes.length; i++) {
    const { sources } = nodes[i] as GradNode;
    for (let k = 0; k < sources.length; k++) visit(sources[k] as Source, run, nodes);
  }
  nodes.sort(byAge);
}
const byAge = (a: GradNode, b: GradNode): number => a.id - b.id;

function visit(s: Source, run: Run, nodes: GradNode[]): void {
  if (!(s instanceof GradNode) || s.walk === run) return;
  if (s.freed) throw new GraphFreedError(s.rule.name);
  if (s.walk !== null) run.outer.push({ node: s, walk: s.walk, gradients: s.gradients });
  s.walk = run;
  s.gradients = new Array(s.outputMetas.length);
  nodes.push(s);
}

/** Takes the gradients of a node, which is part of no walk afterwards. */
function leave(node: GradNode): Gradients {
  const { gradients } = node;
  node.walk = null;
  node.gradients = NO_GRADIENTS;
  return gradients;
}

function any(gradients: Gradients): boolean {
  for (let k = 0; k < gradients.length; k++) if (gradients[k] !== undefined) return true;
  return false;
}

function releaseAll(gradients: Gradients): void {
  for (let k = 0; k < gradients.length; k++) gradients[k]?.release();
}

function walk(
  roots: readonly Tensor[],
  seeds: readonly (Tensor | undefined)[],
  options: BackwardOptions,
  wanted: Wanted | null,
  take: Take | null,
): Run {
  const createGraph = options.createGraph ?? false;
  const retain = options.retainGraph ?? createGraph;
  const run: Run = { leaves: new Map(), users: currentFrame(), outer: [] };
  const nodes: GradNode[] = [];
  try {
    reach(roots, run, nodes);
    const needed = wanted === null ? null : neededOf(nodes, wanted);
    withGradMode(createGraph, () => {
      roots.forEach((t, i) => {
        const seed = seeds[i];
        const g = seed !== undefined ? aliasOf(seed) : ownedOne(() => arithmetic.ones(t));
        deliver(run, t.source as GradNode | Leaf, t.sourceIndex, g);
      });
      // Popped, so that the objects of the graph go as the walk proceeds.
      for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
        const gradients = leave(node);
        try {
          if (node.hooks !== null || take !== null) hookAndTake(run, node, gradients, take);
          if (any(gradients) && (needed === null || needed.has(node))) {
            step(run, node, gradients, needed);
          }
        } finally {
          releaseAll(gradients);
        }
        if (!retain) node.release();
      }
    });
  } catch (error) {
    for (const node of nodes) releaseAll(leave(node));
    for (const g of run.leaves.values()) g.release();
    throw error;
  } finally {
    for (const { node, walk, gradients } of run.outer) Object.assign(node, { walk, gradients });
  }
  return run;
}

type Take = (node: GradNode, index: number, g: Tensor) => void;

/** What grad() has to run: nodes of which a source is wanted, or needed itself. */
interface Needed {
  has(node: GradNode): boolean;
  wants(s: Source, index: number): boolean;
}

function neededOf(nodes: readonly GradNode[], wanted: Wanted): Needed {
  const needed = new Set<GradNode>();
  const wants = (s: Source, index: number): boolean =>
    s !== null && (wanted.has(s, index) || (s instanceof GradNode && needed.has(s)));
  for (const n of nodes) {
    if (n.sources.some((s, i) => wants(s, n.sourceIndexes[i] as number))) needed.add(n);
  }
  return { has: (node) => needed.has(node), wants };
}

function hookAndTake(run: Run, node: GradNode, gradients: Gradients, take: Take | null): void {
  for (let k = 0; k < gradients.length; k++) {
    let g = gradients[k];
    if (g === undefined) continue;
    if (node.hooks !== null) {
      g = runHooks(node.hooks[k], g, run.users);
      gradients[k] = g;
    }
    take?.(node, k, g);
  }
}

function step(run: Run, node: GradNode, gradients: Gradients, needed: Needed | null): void {
  const { sources, sourceIndexes, rule } = node;
  const need = new Array<boolean>(sources.length);
  for (let i = 0; i < need.length; i++) {
    const s = sources[i] as Source;
    need[i] = needed === null ? s !== null : needed.wants(s, sourceIndexes[i] as number);
  }
  const results = rule.byUser
    ? resultsOfUser(run, node, gradients, need)
    : resultsOf(node, gradients, need);
  try {
    for (let i = 0; i < results.length; i++) {
      const g = results[i];
      if (g === undefined || !need[i]) continue;
      check(node, i, g);
      results[i] = undefined;
      deliver(run, sources[i] as GradNode | Leaf, sourceIndexes[i] as number, g);
    }
  } finally {
    releaseAll(results);
  }
}

/** Owned by the caller: made by the rule, or a gradient that it passed on, or an alias. */
function resultsOf(node: GradNode, gradients: Gradients, need: readonly boolean[]): Gradients {
  const outer = openFrame();
  let results: Gradients = [];
  try {
    results = node.rule.backward(node, gradients, need);
  } finally {
    closeFrame(outer, results, gradients);
  }
  return results;
}

function resultsOfUser(
  run: Run,
  node: GradNode,
  gradients: Gradients,
  need: readonly boolean[],
): Gradients {
  const aliases = gradients.map((g) => g && aliasOf(g));
  return inFrame(run.users, () => node.rule.backward(node, aliases, need)).map(
    (g) => g && aliasOf(g),
  );
}

function check(node: GradNode, input: number, g: Tensor): void {
  const name = node.rule.name;
  const expected = node.inputMetas[input];
  if (expected !== undefined && !sameShape(g.shape, expected.shape)) {
    throw new ShapeError(
      `backward of '${name}'`,
      `gradient of input ${input} has the wrong shape`,
      {
        gradient: g.shape,
        input: expected.shape,
      },
    );
  }
  // Rules of ops cast by themselves; that of a Function is the user's.
  if (expected !== undefined && node.rule.byUser && g.dtype !== expected.dtype) {
    throw new DTypeError(
      `backward of '${name}'`,
      `gradient of input ${input} must be ${expected.dtype}, got ${g.dtype}; use to("${expected.dtype}")`,
    );
  }
  if (anomalyMode && arithmetic.hasNaN(g)) {
    throw new AnomalyError(
      `backward of '${name}' made a NaN in the gradient of its input ${input}. ` +
        `Its forward ran at:\n${node.site ?? "    (before anomaly mode was on)"}`,
    );
  }
}

/**
 * Adds the gradient of `t` into `.grad` of every leaf it was made from.
 * @param seed the gradient of t; may be left out when t has one element
 */
export function backward(t: Tensor, seed?: Tensor, options: BackwardOptions = {}): void {
  checkOptions("backward", options, BACKWARD_OPTIONS);
  checkRoot("backward", t, seed);
  const run = walk([t], [seed], options, null, null);
  const record = options.createGraph ?? false;
  withGradMode(record, () => {
    for (const [leaf, g] of run.leaves)
      accumulate(leaf, runHooks(leaf.hooks, g, run.users), record);
  });
}

function accumulate(leaf: Leaf, g: Tensor, record: boolean): void {
  const old = leaf.grad;
  if (old === null) {
    // Steal only what nobody else can see: 'add' hands one gradient to both inputs.
    if (record || (g.storage.count === 1 && g.contiguous)) leaf.grad = g;
    else {
      leaf.grad = ownedOne(() => arithmetic.copy(g));
      g.release();
    }
    return;
  }
  if (record) {
    leaf.grad = ownedOne(() => arithmetic.add(old, g));
    old.release();
    leaf.shown = null;
  } else arithmetic.addInPlace(old, g);
  g.release();
}

export interface GradOptions extends BackwardOptions {
  /** One per output; may be left out for outputs of one element. */
  readonly gradOutputs?: readonly (Tensor | undefined)[] | undefined;
  /** Give null for an input that no output depends on, instead of an error. */
  readonly allowUnused?: boolean | undefined;
}

const GRAD_OPTIONS: OptionNames<GradOptions> = {
  ...BACKWARD_OPTIONS,
  gradOutputs: true,
  allowUnused: true,
};

/**
 * Gradients of outputs with respect to inputs, leaves or not; touches no `.grad`. As `torch.autograd.grad`.
 * @returns one tensor per input, of its shape (null where unused, with allowUnused)
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor,
  options?: GradOptions & { readonly allowUnused?: false | undefined },
): [Tensor];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions & { readonly allowUnused: true },
): (Tensor | null)[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
): Tensor[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions = {},
): (Tensor | null)[] {
  checkOptions("grad", options, GRAD_OPTIONS);
  const outs = [outputs].flat() as Tensor[];
  const ins = [inputs].flat() as Tensor[];
  const seeds = options.gradOutputs ?? [];
  outs.forEach((t, i) => {
    checkRoot("grad", t, seeds[i]);
  });
  const taken = new Map<GradNode | Leaf, Map<number, Tensor | null>>();
  for (const t of ins) {
    checkLive("grad", t);
    if (t.source === null) {
      throw new AutogradError(
        "grad: an input does not require grad; call requiresGrad_() before the forward",
      );
    }
    const slots = taken.get(t.source) ?? new Map<number, Tensor | null>();
    taken.set(t.source, slots.set(t.sourceIndex, null));
  }
  const wanted: Wanted = { has: (s, index) => taken.get(s)?.has(index) ?? false };
  const run = walk(outs, seeds, options, wanted, (node, index, g) => {
    if (wanted.has(node, index)) taken.get(node)?.set(index, aliasOf(g));
  });
  for (const [leaf, g] of run.leaves) taken.get(leaf)?.set(0, runHooks(leaf.hooks, g, run.users));
  const results = ins.map(
    (t) => taken.get(t.source as GradNode | Leaf)?.get(t.sourceIndex) ?? null,
  );
  for (const g of new Set(results)) if (g !== null) adopt(g); // the user's now, and her scope's
  const unused = results.indexOf(null);
  if (unused >= 0 && !options.allowUnused) {
    throw new AutogradError(
      `grad: no output depends on input ${unused}; pass { allowUnused: true } to get null for it`,
    );
  }
  return results;
}

function checkRoot(op: string, t: Tensor, seed: Tensor | undefined): void {
  checkLive(op, t);
  if (seed !== undefined) checkLive(op, seed);
  if (t.source === null) {
    throw new AutogradError(
      `${op}: the output does not require grad: no input of its graph does, or it was made under noGrad()`,
    );
  }
  if (t.source instanceof GradNode && t.source.freed) throw new GraphFreedError(t.source.rule.name);
  if (!isFloating(t.dtype)) throw new AutogradError(`${op}: a ${t.dtype} tensor has no gradient`);
  if (seed === undefined && t.numel !== 1) {
    throw new ShapeError(
      op,
      "only an output of one element has an implicit gradient; reduce it (sum, mean), or pass the gradient",
      { output: t.shape },
    );
  }
  if (seed !== undefined && !sameShape(seed.shape, t.shape)) {
    throw new ShapeError(op, "gradient and output differ in shape", {
      output: t.shape,
      gradient: seed.shape,
    });
  }
  if (seed !== undefined && seed.dtype !== t.dtype) {
    throw new DTypeError(
      op,
      `the gradient must be ${t.dtype} as the output, got ${seed.dtype}; use to("${t.dtype}")`,
    );
  }
}
