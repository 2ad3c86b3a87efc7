// The transformer: layers stacked as encoder and decoder.
import { checkOptions, composite, full, type OptionNames, type Tensor, triu } from "@tapegrad/core";
import { FACTORY_OPTIONS, type FactoryOptions, factory, whole } from "../args.ts";
import { cloneModule } from "../clone.ts";
import { xavierUniform_ } from "../init.ts";
import { Module } from "../module.ts";
import { trustContainers } from "../trust.ts";
import { LayerNorm } from "./norm.ts";
import {
  DECODER_CALL,
  type DecoderLayerCallOptions,
  type EncoderLayerCallOptions,
  enclosed,
  LAYER_OPTIONS,
  settings,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
} from "./transformer-layers.ts";

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
  static generateSquareSubsequentMask(size: number, options: FactoryOptions = {}): Tensor {
    checkOptions("Transformer.generateSquareSubsequentMask", options, FACTORY_OPTIONS);
    return composite(() =>
      triu(full([size, size], Number.NEGATIVE_INFINITY, factory(options)), { diagonal: 1 }),
    );
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

trustContainers(TransformerEncoder, TransformerDecoder, Transformer);
