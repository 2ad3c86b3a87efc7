// What a view is of. Writing through a view while recording changes the base, and all its other views: the base
// gets a new source, made of its old one and the view's, and views made before ask for theirs anew when it is
// next read. As PyTorch rebases history.
import type { Meta } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import { followRetained } from "./hooks.ts";
import { GradNode, type Rule, type Source } from "./tape.ts";

/** Where a view comes from: the base that all views lead back to, and the op that made it of its parent. */
export class Lineage {
  /** Null: made under noGrad, so nothing is known of it. */
  readonly base: Tensor | null;
  /** Null: a view of the base itself. */
  readonly parent: Lineage | null;
  readonly rule: Rule | null;
  readonly attrs: unknown;
  readonly input: Meta | null;
  readonly output: Meta | null;
  /** Of the storage (Storage.rebased) when the view's source was last made. */
  epoch: number;

  constructor(
    base: Tensor | null,
    parent: Lineage | null,
    rule: Rule | null,
    attrs: unknown,
    input: Meta | null,
    output: Meta | null,
    epoch: number,
  ) {
    this.base = base;
    this.parent = parent;
    this.rule = rule;
    this.attrs = attrs;
    this.input = input;
    this.output = output;
    this.epoch = epoch;
  }

  /** For another handle of the same view. */
  copy(): Lineage {
    const { base, parent, rule, attrs, input, output, epoch } = this;
    return new Lineage(base, parent, rule, attrs, input, output, epoch);
  }
}

/** The source of a view after its base has changed: the same views of what the base is now. */
export function renewed(link: Lineage, old: Source, epoch: number): Source {
  if (link.base === null) return old; // made under noGrad: no history
  link.epoch = epoch;
  const path: Lineage[] = [];
  for (let at: Lineage | null = link; at !== null; at = at.parent) path.push(at);
  let { source, sourceIndex } = link.base;
  if (source === null) return null;
  for (const { rule, attrs, input, output } of path.reverse()) {
    source = new GradNode(
      rule as Rule,
      [source],
      [sourceIndex],
      [input as Meta],
      output as Meta,
      null,
      attrs,
      [],
    );
    sourceIndex = 0;
  }
  if (old instanceof GradNode && source instanceof GradNode) followRetained(old, 0, source, 0);
  return source;
}
