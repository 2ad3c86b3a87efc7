// From the named vjp of a spec to the positional rule that backward() runs.
import { type GradNode, type Rule, Saved } from "../autograd/tape.ts";
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

export function compileRule(
  spec: AnySpec,
  inputNames: readonly string[],
  places: readonly SavedPlace[],
): Rule | null {
  if (spec.vjp === undefined) return null;
  const vjp = spec.vjp.bind(spec);
  const { outputs } = spec;
  const name = spec.label ?? spec.name;

  const unpack = (node: GradNode): object => {
    const saved: Named<Tensor | Tensor[] | undefined> = {};
    for (let i = 0; i < places.length; i++) {
      const slot = node.saved[i];
      const key = (places[i] as SavedPlace).name;
      saved[key] =
        slot === undefined || slot instanceof Saved
          ? slot?.unpack(name)
          : slot.map((s) => s.unpack(name));
    }
    return saved;
  };

  /** Flat values to one per input, lists regrouped. */
  const byName = <T>(node: GradNode, flat: readonly T[]): Named<unknown> => {
    const named: Named<unknown> = {};
    let at = 0;
    inputNames.forEach((input, i) => {
      const length = node.listLengths?.[i] ?? -1;
      named[input] = length < 0 ? flat[at] : flat.slice(at, at + length);
      at += length < 0 ? 1 : length;
    });
    return named;
  };

  const flatten = (node: GradNode, named: Named<Gradient | readonly Gradient[]>): Gradient[] => {
    const flat: Gradient[] = [];
    inputNames.forEach((input, i) => {
      const g = named[input];
      const length = node.listLengths?.[i] ?? -1;
      if (length < 0) flat.push(g as Gradient);
      else for (let j = 0; j < length; j++) flat.push((g as readonly Gradient[] | undefined)?.[j]);
    });
    return flat;
  };

  return {
    name,
    byUser: false,
    backward(node, gradients, need) {
      const gs: Named<Gradient> = {};
      outputs.forEach((output, k) => {
        gs[output] = gradients[k];
      });
      const metas = byName(node, node.inputMetas);
      outputs.forEach((output, k) => {
        metas[output] = node.outputMetas[k];
      });
      const result = vjp(gs, unpack(node), node.attrs, metas, byName(node, need));
      return flatten(node, result as Named<Gradient | readonly Gradient[]>);
    },
  };
}
