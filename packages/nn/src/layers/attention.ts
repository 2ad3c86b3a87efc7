// Multi-head attention: scaled dot-product attention in several subspaces at once.
import {
  ArgumentError,
  adopt,
  cat,
  checkOptions,
  dropout,
  empty,
  linear,
  type OptionNames,
  ones,
  owned,
  pad,
  ShapeError,
  scaledDotProductAttention,
  softmax,
  type Tensor,
  triu,
  where,
  zeros,
} from "@tapegrad/core";
import { FACTORY_OPTIONS, type FactoryOptions, factory, given, whole, within } from "../args.ts";
import { xavierNormal_, xavierUniform_, zeros_ } from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { trust } from "../trust.ts";
import { Linear } from "./linear.ts";

export interface MultiheadAttentionOptions extends FactoryOptions {
  /** Of the weights, in training. Default: 0. */
  readonly dropout?: number | undefined;
  /** Default: true. */
  readonly bias?: boolean | undefined;
  /** Adds a learned key and value at the end of the sequence. Default: false. */
  readonly addBiasKv?: boolean | undefined;
  /** Adds a key and a value of zeros at the end of the sequence. Default: false. */
  readonly addZeroAttn?: boolean | undefined;
  /** Features of the keys. Default: embedDim. */
  readonly kdim?: number | undefined;
  /** Features of the values. Default: embedDim. */
  readonly vdim?: number | undefined;
  /** Tensors are [N, L, E] instead of [L, N, E]. Default: false. */
  readonly batchFirst?: boolean | undefined;
}
const OPTIONS: OptionNames<MultiheadAttentionOptions> = {
  dropout: true,
  bias: true,
  addBiasKv: true,
  addZeroAttn: true,
  kdim: true,
  vdim: true,
  batchFirst: true,
  ...FACTORY_OPTIONS,
};

export interface AttentionCallOptions {
  /** [N, S] or [S]: true for keys that nobody sees; or numbers added to the scores. */
  readonly keyPaddingMask?: Tensor | undefined;
  /** Give the weights too. Default: true. */
  readonly needWeights?: boolean | undefined;
  /** [L, S] or [N·heads, L, S]: true where a query does not see a key; or numbers added to the scores. */
  readonly attnMask?: Tensor | undefined;
  /** The weights' mean over the heads. Default: true. */
  readonly averageAttnWeights?: boolean | undefined;
  /** Query i sees keys 0 … i; says that attnMask means that, or stands for it. Default: false. */
  readonly isCausal?: boolean | undefined;
}
const CALL_OPTIONS: OptionNames<AttentionCallOptions> = {
  keyPaddingMask: "Tensor",
  needWeights: true,
  attnMask: "Tensor",
  averageAttnWeights: true,
  isCausal: true,
};

/** PyTorch's out_proj prints under this name; it is a Linear. */
class NonDynamicallyQuantizableLinear extends Linear {}

/**
 * Attention in numHeads subspaces of embedDim features; as `torch.nn.MultiheadAttention`. Takes query [L, N, E], key
 * [S, N, kdim] and value [S, N, vdim] (without N for one sequence) and gives [output, weights], the weights null unless
 * they are needed.
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html
 */
export class MultiheadAttention extends Module {
  static override readonly stateKeys = {
    inProjWeight: "in_proj_weight",
    qProjWeight: "q_proj_weight",
    kProjWeight: "k_proj_weight",
    vProjWeight: "v_proj_weight",
    inProjBias: "in_proj_bias",
    outProj: "out_proj",
    biasK: "bias_k",
    biasV: "bias_v",
  };
  /** [3·embedDim, embedDim], the projections of queries, keys and values; null if kdim or vdim differ. */
  inProjWeight: Parameter | null;
  qProjWeight: Parameter | null;
  kProjWeight: Parameter | null;
  vProjWeight: Parameter | null;
  /** [3·embedDim], or null without one. */
  inProjBias: Parameter | null;
  readonly outProj: Linear;
  /** [1, 1, embedDim] */
  biasK: Parameter | null;
  biasV: Parameter | null;
  readonly embedDim: number;
  readonly numHeads: number;
  readonly kdim: number;
  readonly vdim: number;
  readonly dropout: number;
  readonly addZeroAttn: boolean;
  readonly batchFirst: boolean;

  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    const name = "MultiheadAttention";
    checkOptions(name, options, OPTIONS);
    const { bias = true, addBiasKv = false, kdim = embedDim, vdim = embedDim } = options;
    this.embedDim = whole(name, "embedDim", embedDim);
    this.numHeads = whole(name, "numHeads", numHeads);
    if (embedDim % numHeads !== 0) {
      throw new ArgumentError(name, `numHeads=${numHeads} must divide embedDim=${embedDim}`);
    }
    this.kdim = whole(name, "kdim", kdim);
    this.vdim = whole(name, "vdim", vdim);
    this.dropout = within(name, "dropout", options.dropout ?? 0, 0, 1);
    this.addZeroAttn = options.addZeroAttn ?? false;
    this.batchFirst = options.batchFirst ?? false;
    const make = factory(options);
    const matrix = (...shape: number[]) => new Parameter(empty(shape, make));
    const same = kdim === embedDim && vdim === embedDim;
    this.qProjWeight = same ? null : matrix(embedDim, embedDim);
    this.kProjWeight = same ? null : matrix(embedDim, kdim);
    this.vProjWeight = same ? null : matrix(embedDim, vdim);
    this.inProjWeight = same ? matrix(3 * embedDim, embedDim) : null;
    this.inProjBias = bias ? matrix(3 * embedDim) : null;
    const place = given({ dtype: options.dtype, device: options.device });
    this.outProj = new NonDynamicallyQuantizableLinear(embedDim, embedDim, { bias, ...place });
    this.biasK = addBiasKv ? matrix(1, 1, embedDim) : null;
    this.biasV = addBiasKv ? matrix(1, 1, embedDim) : null;
    this.resetParameters();
  }
  /** Draws the projections anew, as PyTorch does: Xavier's for weights, zeros for biases. */
  resetParameters(): void {
    for (const w of [this.inProjWeight, this.qProjWeight, this.kProjWeight, this.vProjWeight]) {
      if (w !== null) xavierUniform_(w);
    }
    for (const b of [this.inProjBias, this.outProj.bias]) if (b !== null) zeros_(b);
    for (const b of [this.biasK, this.biasV]) if (b !== null) xavierNormal_(b);
  }

  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: AttentionCallOptions = {},
  ): [output: Tensor, weights: Tensor | null] {
    checkOptions("MultiheadAttention", options, CALL_OPTIONS);
    const isBatch = this.checkShapes(query, key, value);
    const { needWeights = true, averageAttnWeights = true } = options;
    const [output, weights] = owned(() => {
      // Batch first inside.
      const inside = (t: Tensor): Tensor =>
        !isBatch ? t.unsqueeze(0) : this.batchFirst ? t : t.transpose(0, 1);
      const [q, k, v] = this.projected(query, key, value, inside);
      const mask = this.mask(query, key, options, [q, k]);
      const dropoutP = this.training ? this.dropout : 0;
      let y: Tensor;
      let w: Tensor | undefined;
      if (needWeights) {
        const scores = q.mul(1 / Math.sqrt(q.shape[3] as number)).matmul(k.transpose(2, 3));
        w = dropout(softmax(mask === undefined ? scores : scores.add(mask), -1), { p: dropoutP });
        y = w.matmul(v);
      } else {
        y = scaledDotProductAttention(q, k, v, { attnMask: mask, dropoutP });
      }
      const [batch, , length] = y.shape as [number, number, number];
      const { weight, bias } = this.outProj;
      const joined = y.transpose(1, 2).reshape([batch, length, this.embedDim]);
      const out = linear(joined, weight, bias ?? undefined);
      const shown = averageAttnWeights ? w?.mean(1) : w;
      return [
        !isBatch ? out.squeeze(0) : this.batchFirst ? out : out.transpose(0, 1),
        isBatch ? shown : shown?.squeeze(0),
      ];
    });
    return [adopt(output as Tensor), weights === undefined ? null : adopt(weights as Tensor)];
  }

  /** Queries, keys and values of the heads: [N, heads, L, E / heads]. */
  private projected(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    inside: (t: Tensor) => Tensor,
  ): readonly [Tensor, Tensor, Tensor] {
    const { embedDim, numHeads, inProjWeight, inProjBias } = this;
    const part = (t: Tensor, which: number): Tensor => t.narrow(0, which * embedDim, embedDim);
    const bias = (which: number) => (inProjBias === null ? undefined : part(inProjBias, which));
    const apart = [this.qProjWeight, this.kProjWeight, this.vProjWeight];
    const one = (t: Tensor, which: number): Tensor => {
      const w = inProjWeight === null ? (apart[which] as Tensor) : part(inProjWeight, which);
      return linear(inside(t), w, bias(which));
    };
    const self = query === key && key === value && inProjWeight !== null;
    const all = self ? linear(inside(query), inProjWeight, inProjBias ?? undefined) : undefined;
    const of = (t: Tensor, which: number): Tensor =>
      all?.narrow(2, which * embedDim, embedDim) ?? one(t, which);
    const heads = (t: Tensor): Tensor => {
      const [batch, length] = t.shape as [number, number];
      return t.reshape([batch, length, numHeads, embedDim / numHeads]).transpose(1, 2);
    };
    /** With the learned key or value, and zeros, at the end. */
    const longer = (t: Tensor, learned: Parameter | null): Tensor => {
      const batch = t.shape[0] as number;
      const zero = { dtype: t.dtype, device: t.backend };
      const more = [
        t,
        ...(learned === null ? [] : [learned.expand(batch, 1, embedDim)]),
        ...(this.addZeroAttn ? [zeros([batch, 1, embedDim], zero)] : []),
      ];
      return more.length === 1 ? t : cat(more, { dim: 1 });
    };
    return [
      heads(of(query, 0)),
      heads(longer(of(key, 1), this.biasK)),
      heads(longer(of(value, 2), this.biasV)),
    ];
  }

  /** What is added to the scores [N, heads, L, S], broadcast; undefined: nothing. */
  private mask(
    query: Tensor,
    key: Tensor,
    options: AttentionCallOptions,
    [q, k]: readonly [Tensor, Tensor],
  ): Tensor | undefined {
    const { keyPaddingMask, attnMask, isCausal = false } = options;
    const [batch, heads, length] = q.shape as [number, number, number];
    const given = key.shape[key.ndim === 2 || this.batchFirst ? key.ndim - 2 : 0] as number;
    const extra = (k.shape[2] as number) - given;
    const additive = (t: Tensor): Tensor => {
      const numbers =
        t.dtype === "bool" ? where(t, Number.NEGATIVE_INFINITY, 0).to(q.dtype) : t.to(q.dtype);
      return extra > 0 ? pad(numbers, [0, extra]) : numbers;
    };
    const parts: Tensor[] = [];
    if (attnMask !== undefined) {
      const shape = attnMask.shape.join();
      const each = shape === [batch * heads, length, given].join();
      if (shape !== [length, given].join() && !each) {
        throw new ShapeError(
          "MultiheadAttention",
          "attnMask must be [L, S] or [N·numHeads, L, S]",
          {
            query: query.shape,
            key: key.shape,
            attnMask: attnMask.shape,
          },
        );
      }
      const numbers = additive(attnMask);
      parts.push(each ? numbers.reshape([batch, heads, length, given + extra]) : numbers);
    } else if (isCausal) {
      parts.push(
        additive(triu(ones([length, given], { device: q.backend }), { diagonal: 1 }).to("bool")),
      );
    }
    if (keyPaddingMask !== undefined) {
      if (keyPaddingMask.shape.join() !== (key.ndim === 2 ? [given] : [batch, given]).join()) {
        throw new ShapeError(
          "MultiheadAttention",
          "keyPaddingMask must be [N, S], or [S] for one",
          {
            key: key.shape,
            keyPaddingMask: keyPaddingMask.shape,
          },
        );
      }
      parts.push(additive(keyPaddingMask).reshape([batch, 1, 1, given + extra]));
    }
    return parts.length === 0 ? undefined : parts.reduce((a, b) => a.add(b));
  }

  private checkShapes(query: Tensor, key: Tensor, value: Tensor): boolean {
    const shapes = { query: query.shape, key: key.shape, value: value.shape };
    const { ndim } = query;
    const features = [query, key, value].map((t) => t.shape[t.ndim - 1]);
    const fits =
      (ndim === 2 || ndim === 3) &&
      key.ndim === ndim &&
      key.shape.slice(0, -1).join() === value.shape.slice(0, -1).join() &&
      features.join() === [this.embedDim, this.kdim, this.vdim].join() &&
      (ndim === 2 || query.shape[this.batchFirst ? 0 : 1] === key.shape[this.batchFirst ? 0 : 1]);
    if (fits) return ndim === 3;
    const [l, s] = this.batchFirst ? ["[N, L, ", "[N, S, "] : ["[L, N, ", "[S, N, "];
    throw new ShapeError(
      "MultiheadAttention",
      `expected query ${l}${this.embedDim}], key ${s}${this.kdim}] and value ${s}${this.vdim}], ` +
        "all of them with or without N",
      shapes,
    );
  }
}

trust(MultiheadAttention);
