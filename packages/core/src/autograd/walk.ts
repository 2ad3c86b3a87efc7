// The walk over the tape, in reverse creation order and without recursion. Each node runs once, when everything
// that uses its outputs has run, because users are always younger. What a walk knows of a node or leaf is marked
// in these themselves.

import { AnomalyError, AutogradError, DTypeError, GraphFreedError, ShapeError } from "../errors.ts";
import { sameShape } from "../shape.ts";
import {
  aliasOf,
  claim,
  closeFrame,
  currentFrame,
  inFrame,
  openFrame,
  ownedOne,
  type Tensor,
} from "../tensor.ts";
import { runHooks } from "./hooks.ts";
import {
  anomalyMode,
  GradNode,
  gradMode,
  type Leaf,
  type Source,
  siteOf,
  withGradMode,
} from "./tape.ts";

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

type Gradients = (Tensor | undefined)[];

/** One walk; its nodes, leaves and their gradients are marked in these themselves (GradNode.walk, Leaf.walk). */
export interface Run {
  readonly wanted: Wanted | null;
  /** That a gradient has reached, and those gradients when the walk is over. */
  readonly leaves: Leaf[];
  gradients: readonly Tensor[];
  readonly users: Tensor[] | null;
  /** Puts back the marks of a walk outside of this one: a rule or hook of it has started this one. */
  readonly undo: (() => void)[];
}

/** What grad() is asked for, and has found. */
export class Wanted {
  private readonly sources: (GradNode | Leaf)[] = [];
  private readonly indexes: number[] = [];
  /** For many: a source's first place. */
  private readonly places = new Map<GradNode | Leaf, number>();
  readonly gradients: (Tensor | null)[] = [];
  /** Whether nodes are among them: inputs that are no leaves. */
  nodes = false;

  add(source: GradNode | Leaf, index: number): void {
    if (this.find(source, index) >= 0) return;
    this.nodes ||= source instanceof GradNode;
    this.places.set(source, this.places.get(source) ?? this.sources.length);
    this.sources.push(source);
    this.indexes.push(index);
    this.gradients.push(null);
  }

  /** The place of an output of a node, or of a leaf; −1: nobody asked. */
  find(source: GradNode | Leaf, index: number): number {
    const { sources, indexes } = this;
    const from = sources.length <= FEW ? 0 : (this.places.get(source) ?? sources.length);
    for (let i = from; i < sources.length; i++) {
      if (sources[i] === source && indexes[i] === index) return i;
    }
    return -1;
  }

  gradientOf(source: GradNode | Leaf, index: number): Tensor | null {
    return this.gradients[this.find(source, index)] ?? null;
  }
}
const FEW = 8;

function deliver(run: Run, to: GradNode | Leaf, index: number, g: Tensor): void {
  if (to instanceof GradNode) {
    const old = to.gradientOf(index);
    to.setGradient(index, old === undefined ? g : addInto(old, g));
  } else if (to.walk === run) to.arrived = addInto(to.arrived as Tensor, g);
  else {
    const { walk, arrived } = to;
    if (walk !== null) run.undo.push(() => Object.assign(to, { walk, arrived }));
    to.walk = run;
    to.arrived = g;
    run.leaves.push(to);
  }
}

/** Nobody else can see it, and nothing records. */
const isOwn = (t: Tensor): boolean => !gradMode && t.storage.count === 1 && t.contiguous;

/** old + g, both owned by the walk; where nobody else can see old it is added where it lies. */
function addInto(old: Tensor, g: Tensor): Tensor {
  let sum = old;
  if (isOwn(old)) arithmetic.addInPlace(old, g);
  else {
    sum = ownedOne(() => arithmetic.add(old, g));
    old.release();
  }
  g.release();
  return sum;
}

/** As deliver(), of a gradient that belongs to somebody else. */
function lend(run: Run, to: GradNode | Leaf, index: number, g: Tensor): void {
  const old =
    to instanceof GradNode ? to.gradientOf(index) : to.walk === run ? to.arrived : undefined;
  if (old && isOwn(old)) arithmetic.addInPlace(old, g);
  else deliver(run, to, index, aliasOf(g));
}

/** Puts everything reachable into `nodes`, oldest first, and marks it. */
function reach(roots: readonly Tensor[], run: Run, nodes: GradNode[]): void {
  for (const t of roots) visit(t.source, run, nodes);
  let youngest = Number.POSITIVE_INFINITY;
  let inOrder = true;
  for (let i = 0; i < nodes.length; i++) {
    const { id, sources } = nodes[i] as GradNode;
    inOrder &&= id < youngest;
    youngest = id;
    for (let k = 0; k < sources.length; k++) visit(sources[k] as Source, run, nodes);
  }
  if (inOrder) nodes.reverse();
  else nodes.sort(byAge);
}
const byAge = (a: GradNode, b: GradNode): number => a.id - b.id;

function visit(s: Source, run: Run, nodes: GradNode[]): void {
  if (!(s instanceof GradNode) || s.walk === run) return;
  if (s.freed) throw new GraphFreedError(s.rule.name);
  if (s.walk !== null) {
    const { walk, needed, gradient, others } = s;
    run.undo.push(() => Object.assign(s, { walk, needed, gradient, others }));
    s.gradient = undefined;
    s.others = null;
  }
  s.walk = run;
  s.needed = run.wanted === null;
  nodes.push(s);
}

/** Whether a walk wants the gradient of this source. */
function wants(run: Run, s: Source, index: number): boolean {
  if (s === null) return false;
  const { wanted } = run;
  if (wanted === null) return true;
  const isNode = s instanceof GradNode;
  if (isNode && s.needed) return true;
  return (!isNode || wanted.nodes) && wanted.find(s, index) >= 0;
}

function findNeeded(run: Run, nodes: readonly GradNode[]): void {
  for (let n = 0; n < nodes.length; n++) {
    const node = nodes[n] as GradNode;
    const { sources, sourceIndexes } = node;
    for (let i = 0; i < sources.length && !node.needed; i++) {
      node.needed = wants(run, sources[i] as Source, sourceIndexes[i] as number);
    }
  }
}

/** Takes a node out of its walk, and lets its gradients go. */
function leave(node: GradNode): void {
  node.walk = null;
  node.gradient?.release();
  node.gradient = undefined;
  if (node.others === null) return;
  for (const g of node.others) g?.release();
  node.others = null;
}

function hasGradient(node: GradNode): boolean {
  if (node.gradient !== undefined) return true;
  return node.others?.some((g) => g !== undefined) ?? false;
}

/**
 * @param seeds the gradients of the roots; ones where there is none
 * @param createGraph the rules are recorded
 * @param retain nodes keep what they saved
 * @returns the gradients that have reached leaves, owned by the caller
 */
export function walk(
  roots: readonly Tensor[],
  seeds: readonly (Tensor | undefined)[],
  createGraph: boolean,
  retain: boolean,
  wanted: Wanted | null,
): Run {
  const run: Run = { wanted, leaves: [], gradients: [], users: currentFrame(), undo: [] };
  const nodes = spare ?? [];
  spare = null;
  try {
    reach(roots, run, nodes);
    if (wanted !== null) findNeeded(run, nodes);
    withGradMode(createGraph, () => {
      roots.forEach((t, i) => {
        const seed = seeds[i];
        const g = seed !== undefined ? aliasOf(seed) : ownedOne(() => arithmetic.ones(t));
        deliver(run, t.source as GradNode | Leaf, t.sourceIndex, g);
      });
      // Popped, so that the objects of the graph go as the walk proceeds.
      for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
        try {
          if (node.hooks !== null || wanted?.nodes) hookAndTake(run, node);
          if (node.needed && hasGradient(node)) step(run, node);
        } finally {
          leave(node);
        }
        if (!retain) node.release();
      }
    });
    run.gradients = run.leaves.map(arrivedAt);
  } catch (error) {
    for (const node of nodes) leave(node);
    nodes.length = 0;
    for (const leaf of run.leaves) leaf.arrived?.release();
    throw error;
  } finally {
    for (const leaf of run.leaves) {
      leaf.walk = null;
      leaf.arrived = null;
    }
    for (const undo of run.undo) undo();
    spare = nodes;
  }
  return run;
}
const arrivedAt = (leaf: Leaf): Tensor => leaf.arrived as Tensor;
/** The empty list of a walk that is over, for the next: one that grows anew takes more than a small node. */
let spare: GradNode[] | null = null;

function hookAndTake(run: Run, node: GradNode): void {
  for (let k = 0; k < node.outputs; k++) {
    let g = node.gradientOf(k);
    if (g === undefined) continue;
    const hooks = node.hooks?.[k];
    if (hooks !== undefined) {
      g = runHooks(hooks.list, g, run.users);
      node.setGradient(k, g);
      if (hooks.retained !== null) keep(hooks.retained, g);
    }
    const place = run.wanted?.find(node, k) ?? -1;
    if (run.wanted && place >= 0) run.wanted.gradients[place] = aliasOf(g);
  }
}

/** Adds g to what is retained; who has looked at that keeps what she saw. */
function keep(retained: Leaf, g: Tensor): void {
  const old = retained.grad;
  retained.grad = ownedOne(() => (old === null ? arithmetic.copy(g) : arithmetic.add(old, g)));
  retained.shown = null;
  old?.release();
}

/** What rules are told to compute, by their number of inputs and its bits: arrays that live for ever. */
const NEEDS: (readonly boolean[] | undefined)[][] = Array.from({ length: 5 }, () => []);

function needOf(run: Run, { sources, sourceIndexes }: GradNode): readonly boolean[] {
  const count = sources.length;
  const needs = NEEDS[count];
  if (needs === undefined) {
    return sources.map((s, i) => wants(run, s, sourceIndexes[i] as number));
  }
  let bits = 0;
  for (let i = 0; i < count; i++) {
    if (wants(run, sources[i] as Source, sourceIndexes[i] as number)) bits |= 1 << i;
  }
  needs[bits] ??= Array.from({ length: count }, (_, i) => (bits & (1 << i)) !== 0);
  return needs[bits] as readonly boolean[];
}

function step(run: Run, node: GradNode): void {
  const need = needOf(run, node);
  if (node.rule.byUser) {
    stepOfUser(run, node, need);
    return;
  }
  const outer = openFrame();
  try {
    const results = node.rule.backward(node, NO_GRADIENTS, need);
    // Backwards: what passes its gradient on lends it to the last of its inputs, often a parameter, and hands it
    // on to the first.
    for (let i = results.length - 1; i >= 0; i--) {
      const g = results[i];
      if (g === undefined) continue;
      results[i] = undefined;
      if (need[i]) pass(run, node, i, g, i > 0 && results.indexOf(g) >= 0);
    }
  } finally {
    closeFrame(outer);
  }
}
const NO_GRADIENTS: Gradients = [];

/**
 * A result of a rule to where it belongs.
 * @param again it is the result for another input, too, which follows
 */
function pass(run: Run, node: GradNode, input: number, g: Tensor, again: boolean): void {
  check(node, input, g);
  const to = node.sources[input] as GradNode | Leaf;
  const index = node.sourceIndexes[input] as number;
  if (again) lend(run, to, index, g);
  else if (g === node.gradient) {
    node.gradient = undefined; // handed on
    deliver(run, to, index, g);
  } else if (claim(g)) deliver(run, to, index, g);
  else lend(run, to, index, g);
}

/** User code in the user's frame, on handles of its own. */
function stepOfUser(run: Run, node: GradNode, need: readonly boolean[]): void {
  const aliases = Array.from({ length: node.outputs }, (_, k) => {
    const g = node.gradientOf(k);
    return g && aliasOf(g);
  });
  const results = inFrame(run.users, () => node.rule.backward(node, aliases, need));
  results.forEach((g, i) => {
    if (g === undefined || !need[i]) return;
    check(node, i, g);
    const index = node.sourceIndexes[i] as number;
    deliver(run, node.sources[i] as GradNode | Leaf, index, aliasOf(g));
  });
}

function check(node: GradNode, input: number, g: Tensor): void {
  const name = node.rule.name;
  const expected = node.inputMeta(input);
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
        `Its forward ran at:\n${siteOf.get(node) ?? "    (before anomaly mode was on)"}`,
    );
  }
}
