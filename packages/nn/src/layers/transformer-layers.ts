// The transformer's layers: attention and a small net, each beside a shortcut and a norm.
import {
  ArgumentError,
  checkOptions,
  composite,
  gelu,
  type OptionNames,
  relu,
  type Tensor,
} from "@tapegrad/core";
import { FACTORY_OPTIONS, type FactoryOptions, given } from "../args.ts";
import { Module } from "../module.ts";
import { isTrusted, trustContainers } from "../trust.ts";
import { Dropout } from "./activation.ts";
import { MultiheadAttention } from "./attention.ts";
import { Linear } from "./linear.ts";
import { LayerNorm } from "./norm.ts";

export type TransformerActivation = "relu" | "gelu" | ((x: Tensor) => Tensor);

export interface TransformerLayerOptions extends FactoryOptions {
  /** Width of the small net. Default: 2048. */
  readonly dimFeedforward?: number | undefined;
  /** Default: 0.1. */
  readonly dropout?: number | undefined;
  /** Of the small net. Default: "relu". */
  readonly activation?: TransformerActivation | undefined;
  /** Default: 1e-5. */
  readonly layerNormEps?: number | undefined;
  /** Tensors are [N, L, E] instead of [L, N, E]. Default: false. */
  readonly batchFirst?: boolean | undefined;
  /** Normalise before attention and net instead of after. Default: false. */
  readonly normFirst?: boolean | undefined;
  /** Default: true. */
  readonly bias?: boolean | undefined;
}
export const LAYER_OPTIONS: OptionNames<TransformerLayerOptions> = {
  dimFeedforward: true,
  dropout: true,
  activation: true,
  layerNormEps: true,
  batchFirst: true,
  normFirst: true,
  bias: true,
  ...FACTORY_OPTIONS,
};

/**
 * Runs f, and lets go of what it made on the way if no user's code has seen that: no hook, no module and no activation
 * of the user's own lies inside.
 */
export function enclosed(module: Module, f: () => Tensor): Tensor {
  const isOurs = (m: Module): boolean =>
    !(m instanceof TransformerEncoderLayer || m instanceof TransformerDecoderLayer) ||
    Object.values(ACTIVATIONS).includes(m.activation);
  return isTrusted(module) && module.modules().every(isOurs) ? composite(f) : f();
}

const ACTIVATIONS = { relu: (x: Tensor) => relu(x), gelu: (x: Tensor) => gelu(x) };

function activationOf(name: string, activation: TransformerActivation) {
  if (typeof activation === "function") return activation;
  const found = ACTIVATIONS[activation];
  if (found !== undefined) return found;
  throw new ArgumentError(
    name,
    `activation must be "relu", "gelu" or a function; got ${JSON.stringify(activation)}`,
  );
}

/** What the parts of a layer are made with. */
export function settings(options: TransformerLayerOptions) {
  const { dimFeedforward = 2048, dropout = 0.1, layerNormEps = 1e-5, bias = true } = options;
  const place = given({ dtype: options.dtype, device: options.device });
  const batchFirst = options.batchFirst ?? false;
  return {
    width: dimFeedforward,
    dropout,
    attention: { dropout, bias, batchFirst, ...place },
    linear: { bias, ...place },
    norm: { eps: layerNormEps, bias, ...place },
  };
}

export interface EncoderLayerCallOptions {
  /** [L, L]: true where a position does not see another; or numbers added to the scores. */
  readonly srcMask?: Tensor | undefined;
  /** [N, L]: true for positions that nobody sees. */
  readonly srcKeyPaddingMask?: Tensor | undefined;
  /** Position i sees 0 … i. Default: false. */
  readonly isCausal?: boolean | undefined;
}
const ENCODER_CALL: OptionNames<EncoderLayerCallOptions> = {
  srcMask: "Tensor",
  srcKeyPaddingMask: "Tensor",
  isCausal: true,
};

/**
 * Self-attention and a small net, each beside a shortcut and a norm; as `torch.nn.TransformerEncoderLayer`.
 * @see Vaswani et al., Attention Is All You Need, 2017
 */
export class TransformerEncoderLayer extends Module {
  static override readonly stateKeys = { selfAttn: "self_attn" };
  readonly selfAttn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly normFirst: boolean;
  readonly activation: (x: Tensor) => Tensor;
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super();
    checkOptions("TransformerEncoderLayer", options, LAYER_OPTIONS);
    const { width, dropout, attention, linear, norm } = settings(options);
    this.selfAttn = new MultiheadAttention(dModel, nhead, attention);
    this.linear1 = new Linear(dModel, width, linear);
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(width, dModel, linear);
    this.norm1 = new LayerNorm(dModel, norm);
    this.norm2 = new LayerNorm(dModel, norm);
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.normFirst = options.normFirst ?? false;
    this.activation = activationOf("TransformerEncoderLayer", options.activation ?? "relu");
  }
  forward(src: Tensor, options: EncoderLayerCallOptions = {}): Tensor {
    checkOptions("TransformerEncoderLayer", options, ENCODER_CALL);
    return enclosed(this, () => this.encoded(src, options));
  }
  private encoded(src: Tensor, options: EncoderLayerCallOptions): Tensor {
    const attend = (x: Tensor): Tensor => {
      const [y] = this.selfAttn.call(x, x, x, {
        attnMask: options.srcMask,
        keyPaddingMask: options.srcKeyPaddingMask,
        isCausal: options.isCausal,
        needWeights: false,
      });
      return this.dropout1.call(y);
    };
    const net = (x: Tensor): Tensor => {
      const wide = this.dropout.call(this.activation(this.linear1.call(x)));
      return this.dropout2.call(this.linear2.call(wide));
    };
    if (this.normFirst) {
      const x = src.add(attend(this.norm1.call(src)));
      return x.add(net(this.norm2.call(x)));
    }
    const x = this.norm1.call(src.add(attend(src)));
    return this.norm2.call(x.add(net(x)));
  }
}

export interface DecoderLayerCallOptions {
  /** [L, L], of the target for itself. */
  readonly tgtMask?: Tensor | undefined;
  /** [L, S], of the target for the memory. */
  readonly memoryMask?: Tensor | undefined;
  /** [N, L] */
  readonly tgtKeyPaddingMask?: Tensor | undefined;
  /** [N, S] */
  readonly memoryKeyPaddingMask?: Tensor | undefined;
  /** Position i of the target sees 0 … i. Default: false. */
  readonly tgtIsCausal?: boolean | undefined;
  /** Position i of the target sees 0 … i of the memory. Default: false. */
  readonly memoryIsCausal?: boolean | undefined;
}
export const DECODER_CALL: OptionNames<DecoderLayerCallOptions> = {
  tgtMask: "Tensor",
  memoryMask: "Tensor",
  tgtKeyPaddingMask: "Tensor",
  memoryKeyPaddingMask: "Tensor",
  tgtIsCausal: true,
  memoryIsCausal: true,
};

/**
 * Self-attention, attention to the encoder's output, and a small net; as `torch.nn.TransformerDecoderLayer`.
 * @see Vaswani et al., Attention Is All You Need, 2017
 */
export class TransformerDecoderLayer extends Module {
  static override readonly stateKeys = { selfAttn: "self_attn", multiheadAttn: "multihead_attn" };
  readonly selfAttn: MultiheadAttention;
  readonly multiheadAttn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly norm3: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly dropout3: Dropout;
  readonly normFirst: boolean;
  readonly activation: (x: Tensor) => Tensor;
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super();
    checkOptions("TransformerDecoderLayer", options, LAYER_OPTIONS);
    const { width, dropout, attention, linear, norm } = settings(options);
    this.selfAttn = new MultiheadAttention(dModel, nhead, attention);
    this.multiheadAttn = new MultiheadAttention(dModel, nhead, attention);
    this.linear1 = new Linear(dModel, width, linear);
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(width, dModel, linear);
    this.norm1 = new LayerNorm(dModel, norm);
    this.norm2 = new LayerNorm(dModel, norm);
    this.norm3 = new LayerNorm(dModel, norm);
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.dropout3 = new Dropout(dropout);
    this.normFirst = options.normFirst ?? false;
    this.activation = activationOf("TransformerDecoderLayer", options.activation ?? "relu");
  }
  forward(tgt: Tensor, memory: Tensor, options: DecoderLayerCallOptions = {}): Tensor {
    checkOptions("TransformerDecoderLayer", options, DECODER_CALL);
    return enclosed(this, () => this.decoded(tgt, memory, options));
  }
  private decoded(tgt: Tensor, memory: Tensor, options: DecoderLayerCallOptions): Tensor {
    const attend = (x: Tensor): Tensor => {
      const [y] = this.selfAttn.call(x, x, x, {
        attnMask: options.tgtMask,
        keyPaddingMask: options.tgtKeyPaddingMask,
        isCausal: options.tgtIsCausal,
        needWeights: false,
      });
      return this.dropout1.call(y);
    };
    const look = (x: Tensor): Tensor => {
      const [y] = this.multiheadAttn.call(x, memory, memory, {
        attnMask: options.memoryMask,
        keyPaddingMask: options.memoryKeyPaddingMask,
        isCausal: options.memoryIsCausal,
        needWeights: false,
      });
      return this.dropout2.call(y);
    };
    const net = (x: Tensor): Tensor => {
      const wide = this.dropout.call(this.activation(this.linear1.call(x)));
      return this.dropout3.call(this.linear2.call(wide));
    };
    const parts: readonly [LayerNorm, (x: Tensor) => Tensor][] = [
      [this.norm1, attend],
      [this.norm2, look],
      [this.norm3, net],
    ];
    return parts.reduce(
      (x, [norm, part]) => (this.normFirst ? x.add(part(norm.call(x))) : norm.call(x.add(part(x)))),
      tgt,
    );
  }
}

trustContainers(TransformerEncoderLayer, TransformerDecoderLayer);
