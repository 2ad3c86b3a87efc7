// From the named vjp of a spec to the positional rule that backward() runs.
import { type GradNode, type Rule, Saved } from "../autograd/tape.ts";
import type { Meta } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import type { AnySpec } from "./define.ts";

type Gradient = Tensor | undefined;
type Named<T> = Record<string, T>;

/** Where a saved name is found. */
export interface SavedPlace {
  readonly name: string;
  readonly from: "input" | "output";
  readonly index: number;
}

/** Flat values to one per input, lists regrouped. */
function valueAt<T>(
  { listLengths }: GradNode,
  flat: readonly T[],
  input: number,
): T | T[] | undefined {
  if (listLengths === null) return flat[input];
  let at = 0;
  for (let i = 0; i < input; i++) at += Math.abs(listLengths[i] as number);
  const length = listLengths[input] as number;
  return length < 0 ? flat[at] : flat.slice(at, at + length);
}

function metaAt(node: GradNode, input: number): Meta | (Meta | undefined)[] | undefined {
  if (node.listLengths === null) return node.inputMeta(input);
  const flat = node.sources.map((_, i) => node.inputMeta(i));
  return valueAt(node, flat, input);
}

/** An object that looks a value up each time one of its names is read. */
function lookup(names: readonly string[], reader: (index: number) => () => unknown): object {
  const object = {};
  names.forEach((name, index) => {
    Object.defineProperty(object, name, { get: reader(index), enumerable: true });
  });
  return Object.freeze(object);
}

export function compileRule(
  spec: AnySpec,
  inputNames: readonly string[],
  places: readonly SavedPlace[],
): Rule | null {
  if (spec.vjp === undefined) return null;
  const vjp = spec.vjp.bind(spec);
  const { outputs } = spec;
  const name = spec.label ?? spec.name;
  const inputs = inputNames.length;

  // What the rule that runs is given. It reads them through objects made once per op, which cost nothing
  // per run; so they are of use only until the rule returns.
  let node: GradNode;
  const gs = lookup(outputs, (k) => (k === 0 ? () => node.gradient : () => node.gradientOf(k)));
  const saved = lookup(
    places.map((place) => place.name),
    (i) => () => {
      const slot = node.saved[i];
      if (slot === undefined || slot instanceof Saved) return slot?.unpack(name);
      return slot.map((s) => s.unpack(name));
    },
  );
  const metas = lookup([...inputNames, ...outputs], (i) =>
    i < inputs ? () => metaAt(node, i) : () => node.outputMeta(i - inputs),
  );

  /** Without lists there are few different ones, kept by their bits. */
  const needs: object[] = [];
  const named = (need: readonly boolean[]): object =>
    Object.fromEntries(inputNames.map((input, i) => [input, valueAt(node, need, i)]));
  const needOf = (need: readonly boolean[]): object => {
    if (node.listLengths !== null) return named(need);
    let bits = 0;
    for (let i = 0; i < need.length; i++) bits = 2 * bits + (need[i] ? 1 : 0);
    needs[bits] ??= Object.freeze(named(need));
    return needs[bits] as object;
  };

  /** Filled anew by each run: who runs the rule has read it before that. */
  const results = new Array<Gradient>(inputs);
  const flatten = (gradients: Named<Gradient | readonly Gradient[]>): Gradient[] => {
    const { listLengths } = node;
    if (listLengths === null) {
      for (let i = 0; i < inputs; i++) results[i] = gradients[inputNames[i] as string] as Gradient;
      return results;
    }
    const flat: Gradient[] = [];
    for (let i = 0; i < inputs; i++) {
      const g = gradients[inputNames[i] as string];
      const length = listLengths[i] as number;
      if (length < 0) flat.push(g as Gradient);
      else for (let j = 0; j < length; j++) flat.push((g as readonly Gradient[] | undefined)?.[j]);
    }
    return flat;
  };

  return {
    name,
    byUser: false,
    backward(running, _gradients, need) {
      const outer = node;
      node = running;
      try {
        return flatten(vjp(gs, saved, node.attrs, metas, needOf(need)) as Named<Gradient>);
      } finally {
        node = outer;
      }
    },
  };
}
