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
  currentFrame,
  inFrame,
  owned,
  ownedOne,
  type Tensor,
} from "../tensor.ts";
import { runHooks } from "./hooks.ts";
import { anomalyMode, GradNode, gradMode, Leaf, withGradMode } from "./tape.ts";

/** What the walk needs of arithmetic; the op files fill it in, so autograd names no op. */
export const arithmetic: {
  add(a: Tensor, b: Tensor): Tensor;
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

interface Run {
  /** Gradients on their way, per node and output; also the set of nodes reached. Owned by the run. */
  readonly pending: Map<GradNode, Gradients>;
  readonly leaves: Map<Leaf, Tensor>;
  readonly users: Tensor[] | null;
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
  const slots = to instanceof Leaf ? undefined : (run.pending.get(to) as Gradients);
  const old = to instanceof Leaf ? run.leaves.get(to) : slots?.[index];
  const sum = old === undefined ? g : addInto(old, g);
  if (to instanceof Leaf) run.leaves.set(to, sum);
  else if (slots !== undefined) slots[index] = sum;
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

/** Everything reachable, oldest first. */
function reach(roots: readonly Tensor[], pending: Map<GradNode, Gradients>): GradNode[] {
  const stack: GradNode[] = [];
  const visit = (s: Source | undefined) => {
    if (!(s instanceof GradNode) || pending.has(s)) return;
    if (s.freed) throw new GraphFreedError(s.rule.name);
    pending.set(s, []);
    stack.push(s);
  };
  for (const t of roots) visit(t.source);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const s of node.sources) visit(s);
  }
  return [...pending.keys()].sort((a, b) => a.id - b.id);
}

function walk(
  roots: readonly Tensor[],
  seeds: readonly (Tensor | undefined)[],
  options: BackwardOptions,
  wanted: Wanted | null,
  take: ((node: GradNode, index: number, g: Tensor) => void) | null,
): Run {
  const createGraph = options.createGraph ?? false;
  const retain = options.retainGraph ?? createGraph;
  const run: Run = { pending: new Map(), leaves: new Map(), users: currentFrame() };
  const nodes = reach(roots, run.pending);

  // Oldest first: a node is needed when one of its sources is wanted, or needed itself.
  const needed = new Set<GradNode>();
  const wants = (s: Source, index: number): boolean =>
    s !== null &&
    (wanted === null || wanted.has(s, index) || (s instanceof GradNode && needed.has(s)));
  if (wanted !== null) {
    for (const n of nodes) {
      if (n.sources.some((s, i) => wants(s, n.sourceIndexes[i] as number))) needed.add(n);
    }
  }

  try {
    withGradMode(createGraph, () => {
      roots.forEach((t, i) => {
        const seed = seeds[i];
        const g = seed !== undefined ? aliasOf(seed) : ownedOne(() => arithmetic.ones(t));
        deliver(run, t.source as GradNode | Leaf, t.sourceIndex, g);
      });
      for (let i = nodes.length - 1; i >= 0; i--) {
        const node = nodes[i] as GradNode;
        const gradients = run.pending.get(node) as Gradients;
        nodes.length = i; // lets the objects of the graph go as the walk proceeds
        run.pending.delete(node);
        try {
          hookAndTake(run, node, gradients, take);
          if (gradients.some(Boolean) && (wanted === null || needed.has(node))) {
            step(run, node, gradients, wants);
          }
        } finally {
          for (const g of gradients) g?.release();
        }
        if (!retain) node.release();
      }
    });
  } catch (error) {
    for (const gradients of run.pending.values()) for (const g of gradients) g?.release();
    for (const g of run.leaves.values()) g.release();
    throw error;
  }
  return run;
}

function hookAndTake(
  run: Run,
  node: GradNode,
  gradients: Gradients,
  take: ((node: GradNode, index: number, g: Tensor) => void) | null,
): void {
  if (node.hooks === null && take === null) return;
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

function step(
  run: Run,
  node: GradNode,
  gradients: Gradients,
  wants: (s: Source, index: number) => boolean,
): void {
  const { sources, sourceIndexes, rule } = node;
  const need = new Array<boolean>(sources.length);
  for (let i = 0; i < need.length; i++) {
    need[i] = wants(sources[i] as Source, sourceIndexes[i] as number);
  }
  const results = rule.byUser
    ? inFrame(run.users, () =>
        rule.backward(
          node,
          gradients.map((g) => g && aliasOf(g)),
          need,
        ),
      ).map((g) => g && aliasOf(g))
    : (owned(() => rule.backward(node, gradients, need)) as Gradients);
  try {
    for (let i = 0; i < results.length; i++) {
      const g = results[i];
      if (g === undefined || !need[i]) continue;
      check(node, i, g);
      results[i] = undefined;
      deliver(run, sources[i] as GradNode | Leaf, sourceIndexes[i] as number, g);
    }
  } finally {
    for (const g of results) g?.release();
  }
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
