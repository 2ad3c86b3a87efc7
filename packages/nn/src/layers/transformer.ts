// The transformer: layers of attention and a small net, stacked as encoder and decoder.
import {
  ArgumentError,
  checkOptions,
  composite,
  full,
  gelu,
  type OptionNames,
  relu,
  type Tensor,
  triu,
} from "@tapegrad/core";
import { FACTORY_OPTIONS, type FactoryOptions, given, whole } from "../args.ts";
import { cloneModule } from "../clone.ts";
import { xavierUniform_ } from "../init.ts";
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
const LAYER_OPTIONS: OptionNames<TransformerLayerOptions> = {
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
function enclosed(module: Module, f: () => Tensor): Tensor {
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
function settings(options: TransformerLayerOptions) {
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
const DECODER_CALL: OptionNames<DecoderLayerCallOptions> = {
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

// ---- stacks -----------------------------------------------------------------------------------------

export interface TransformerStackOptions {
  /** Applied to the output of the last layer. */
  readonly norm?: Module | null | undefined;
}
const STACK_OPTIONS: OptionNames<TransformerStackOptions> = { norm: true };

/** Copies of a layer, one upon the other, and a norm. */
abstract class TransformerStack<L extends Module> extends Module {
  readonly layers: readonly L[];
  readonly norm: Module | null;
  constructor(name: string, layer: L, numLayers: number, options: TransformerStackOptions) {
    super();
    checkOptions(name, options, STACK_OPTIONS);
    this.layers = Array.from({ length: whole(name, "numLayers", numLayers) }, () =>
      cloneModule(layer),
    );
    this.norm = options.norm ?? null;
  }
  protected finished(x: Tensor): Tensor {
    return this.norm === null ? x : (this.norm.call(x) as Tensor);
  }
}

export interface EncoderCallOptions extends Omit<EncoderLayerCallOptions, "srcMask"> {
  /** [L, L]: true where a position does not see another; or numbers added to the scores. */
  readonly mask?: Tensor | undefined;
}
const ENCODER_STACK: OptionNames<EncoderCallOptions> = {
  mask: "Tensor",
  srcKeyPaddingMask: "Tensor",
  isCausal: true,
};

/** numLayers copies of a TransformerEncoderLayer; as `torch.nn.TransformerEncoder`. */
export class TransformerEncoder extends TransformerStack<TransformerEncoderLayer> {
  constructor(
    encoderLayer: TransformerEncoderLayer,
    numLayers: number,
    options: TransformerStackOptions = {},
  ) {
    super("TransformerEncoder", encoderLayer, numLayers, options);
  }
  forward(src: Tensor, options: EncoderCallOptions = {}): Tensor {
    checkOptions("TransformerEncoder", options, ENCODER_STACK);
    const { mask, ...rest } = options;
    return enclosed(this, () =>
      this.finished(
        this.layers.reduce((x, layer) => layer.call(x, { ...rest, srcMask: mask }), src),
      ),
    );
  }
}

/** numLayers copies of a TransformerDecoderLayer; as `torch.nn.TransformerDecoder`. */
export class TransformerDecoder extends TransformerStack<TransformerDecoderLayer> {
  constructor(
    decoderLayer: TransformerDecoderLayer,
    numLayers: number,
    options: TransformerStackOptions = {},
  ) {
    super("TransformerDecoder", decoderLayer, numLayers, options);
  }
  forward(tgt: Tensor, memory: Tensor, options: DecoderLayerCallOptions = {}): Tensor {
    checkOptions("TransformerDecoder", options, DECODER_CALL);
    return enclosed(this, () =>
      this.finished(this.layers.reduce((x, layer) => layer.call(x, memory, options), tgt)),
    );
  }
}

export interface TransformerOptions extends TransformerLayerOptions {
  /** Default: 512. */
  readonly dModel?: number | undefined;
  /** Default: 8. */
  readonly nhead?: number | undefined;
  /** Default: 6. */
  readonly numEncoderLayers?: number | undefined;
  /** Default: 6. */
  readonly numDecoderLayers?: number | undefined;
}
const TRANSFORMER_OPTIONS: OptionNames<TransformerOptions> = {
  dModel: true,
  nhead: true,
  numEncoderLayers: true,
  numDecoderLayers: true,
  ...LAYER_OPTIONS,
};
export interface TransformerCallOptions
  extends DecoderLayerCallOptions,
    Omit<EncoderLayerCallOptions, "isCausal"> {
  /** Position i of the source sees 0 … i. Default: false. */
  readonly srcIsCausal?: boolean | undefined;
}
const TRANSFORMER_CALL: OptionNames<TransformerCallOptions> = {
  ...DECODER_CALL,
  srcMask: "Tensor",
  srcKeyPaddingMask: "Tensor",
  srcIsCausal: true,
};

/**
 * Encoder and decoder; as `torch.nn.Transformer`. Takes a source [S, N, dModel] and a target [L, N, dModel].
 * @see Vaswani et al., Attention Is All You Need, 2017
 */
export class Transformer extends Module {
  readonly encoder: TransformerEncoder;
  readonly decoder: TransformerDecoder;
  constructor(options: TransformerOptions = {}) {
    super();
    checkOptions("Transformer", options, TRANSFORMER_OPTIONS);
    const {
      dModel = 512,
      nhead = 8,
      numEncoderLayers = 6,
      numDecoderLayers = 6,
      ...rest
    } = options;
    const { norm } = settings(rest);
    const encoderLayer = new TransformerEncoderLayer(dModel, nhead, rest);
    this.encoder = new TransformerEncoder(encoderLayer, numEncoderLayers, {
      norm: new LayerNorm(dModel, norm),
    });
    const decoderLayer = new TransformerDecoderLayer(dModel, nhead, rest);
    this.decoder = new TransformerDecoder(decoderLayer, numDecoderLayers, {
      norm: new LayerNorm(dModel, norm),
    });
    for (const p of this.parameters()) if (p.ndim > 1) xavierUniform_(p);
  }
  /** [size, size] with 0 where position i sees j ≤ i and −∞ elsewhere. */
  static generateSquareSubsequentMask(size: number): Tensor {
    return triu(full([size, size], Number.NEGATIVE_INFINITY), { diagonal: 1 });
  }
  forward(src: Tensor, tgt: Tensor, options: TransformerCallOptions = {}): Tensor {
    checkOptions("Transformer", options, TRANSFORMER_CALL);
    const { srcMask, srcKeyPaddingMask, srcIsCausal, ...decoding } = options;
    return enclosed(this, () => {
      const mask = { mask: srcMask, srcKeyPaddingMask, isCausal: srcIsCausal };
      return this.decoder.call(tgt, this.encoder.call(src, mask), decoding);
    });
  }
}

trustContainers(TransformerEncoderLayer, TransformerDecoderLayer);
trustContainers(TransformerEncoder, TransformerDecoder, Transformer);
