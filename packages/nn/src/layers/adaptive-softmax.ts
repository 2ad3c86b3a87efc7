// Softmax over many classes, the rare ones in clusters with smaller projections. Grave et al., Efficient softmax
// approximation for GPUs, https://arxiv.org/abs/1609.04309.
import {
  ArgumentError,
  adopt,
  cat,
  checkOptions,
  logSoftmax,
  type OptionNames,
  owned,
  ShapeError,
  type Tensor,
  tensor,
} from "@tapegrad/core";
import { FACTORY_OPTIONS, type FactoryOptions, whole } from "../args.ts";
import { Module, ModuleList } from "../module.ts";
import { Sequential } from "../sequential.ts";
import { Linear } from "./linear.ts";

export interface AdaptiveLogSoftmaxOptions extends FactoryOptions {
  /** By how much each cluster's projection is smaller than the one before. Default: 4. */
  readonly divValue?: number | undefined;
  /** Default: false. */
  readonly headBias?: boolean | undefined;
}
const OPTIONS: OptionNames<AdaptiveLogSoftmaxOptions> = {
  divValue: true,
  headBias: true,
  ...FACTORY_OPTIONS,
};

/**
 * As `torch.nn.AdaptiveLogSoftmaxWithLoss`: classes in the order of their frequency; those below cutoffs[0] and one for
 * each cluster are in the head, the others in clusters that end at the other cutoffs and at nClasses.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveLogSoftmaxWithLoss.html
 */
export class AdaptiveLogSoftmaxWithLoss extends Module {
  head: Linear;
  tail: ModuleList;
  readonly inFeatures: number;
  readonly nClasses: number;
  /** With nClasses behind them. */
  readonly cutoffs: readonly number[];
  readonly divValue: number;
  constructor(
    inFeatures: number,
    nClasses: number,
    cutoffs: readonly number[],
    options: AdaptiveLogSoftmaxOptions = {},
  ) {
    super();
    const name = "AdaptiveLogSoftmaxWithLoss";
    checkOptions(name, options, OPTIONS);
    const { divValue = 4, headBias = false, ...rest } = options;
    this.inFeatures = whole(name, "inFeatures", inFeatures);
    this.nClasses = whole(name, "nClasses", nClasses);
    const rising = cutoffs.every((c, i) => Number.isInteger(c) && c > (cutoffs[i - 1] ?? 0));
    if (cutoffs.length === 0 || !rising || (cutoffs.at(-1) as number) >= nClasses) {
      throw new ArgumentError(
        name,
        `cutoffs must be whole numbers that rise from 1 to ${nClasses - 1}; got [${cutoffs.join(", ")}]`,
      );
    }
    this.divValue = divValue;
    this.cutoffs = [...cutoffs, nClasses];
    this.head = new Linear(inFeatures, this.shortlist + cutoffs.length, {
      ...rest,
      bias: headBias,
    });
    this.tail = new ModuleList(
      cutoffs.map((cutoff, i) => {
        const size = Math.floor(inFeatures / divValue ** (i + 1));
        const classes = (this.cutoffs[i + 1] as number) - cutoff;
        return new Sequential(
          new Linear(inFeatures, size, { ...rest, bias: false }),
          new Linear(size, classes, { ...rest, bias: false }),
        );
      }),
    );
  }
  /** The classes that the head has itself. */
  get shortlist(): number {
    return this.cutoffs[0] as number;
  }
  resetParameters(): void {
    for (const module of [this.head, ...this.tail].flatMap((m) => m.modules())) {
      if (module instanceof Linear) module.resetParameters();
    }
  }

  /** The log-probability of each target, [N] (or a number of one input [inFeatures]), and the mean loss. */
  forward(x: Tensor, target: Tensor): [output: Tensor, loss: Tensor] {
    const single = x.ndim === 1;
    if (x.shape.slice(0, -1).join() !== target.shape.join() || x.ndim < 1 || x.ndim > 2) {
      throw new ShapeError(this.constructor.name, "expects [N, inFeatures] and targets [N]", {
        input: x.shape,
        target: target.shape,
      });
    }
    const classes = Array.from(target.dataSync() as ArrayLike<number | bigint>, Number);
    const bad = classes.find((c) => !(c >= 0 && c < this.nClasses));
    if (bad !== undefined) {
      throw new ArgumentError(
        this.constructor.name,
        `targets must be from 0 to ${this.nClasses - 1}; there is ${bad}`,
      );
    }
    const results = owned(() => {
      const input = single ? x.unsqueeze(0) : x;
      const like = { device: x.backend };
      const integers = (list: readonly number[]): Tensor =>
        tensor(BigInt64Array.from(list, BigInt), like);
      const clusters = classes.map((c) => this.cutoffs.findIndex((end) => c < end));
      // Of each target its own column in the head, or that of its cluster.
      const columns = classes.map((c, i) =>
        clusters[i] === 0 ? c : this.shortlist + (clusters[i] as number) - 1,
      );
      const head = logSoftmax(this.head.call(input), 1);
      let output = head.gather(1, integers(columns).unsqueeze(1)).squeeze(1);
      [...this.tail].forEach((cluster, k) => {
        const rows = clusters.flatMap((c, i) => (c === k + 1 ? [i] : []));
        if (rows.length === 0) return;
        const start = this.cutoffs[k] as number;
        const inside = integers(rows.map((i) => (classes[i] as number) - start));
        const at = integers(rows);
        const scores = (cluster as Sequential).call(input.indexSelect(0, at));
        const picked = logSoftmax(scores, 1).gather(1, inside.unsqueeze(1)).squeeze(1);
        output = output.indexAdd(0, at, picked);
      });
      return [single ? output.squeeze(0) : output, output.mean().neg()];
    });
    return results.map((t) => adopt(t as Tensor)) as [Tensor, Tensor];
  }

  /** The log-probabilities of all classes, [N, nClasses]. */
  logProb(x: Tensor): Tensor {
    const [all] = owned(() => {
      const head = logSoftmax(this.head.call(x), 1);
      const parts = [...this.tail].map((cluster, k) =>
        logSoftmax((cluster as Sequential).call(x), 1).add(head.narrow(1, this.shortlist + k, 1)),
      );
      return [cat([head.narrow(1, 0, this.shortlist), ...parts], { dim: 1 })];
    }) as [Tensor];
    return adopt(all);
  }
  /** The most probable class of each row, int64. */
  predict(x: Tensor): Tensor {
    const [best] = owned(() => [this.logProb(x).argmax(1)]) as [Tensor];
    return adopt(best);
  }
}
