// Recurrent layers: RNN, LSTM, GRU, in several layers and both directions.
import {
  ArgumentError,
  adopt,
  cat,
  checkOptions,
  dropout,
  empty,
  gruSequence,
  lstmSequence,
  type OptionNames,
  owned,
  ShapeError,
  stack,
  type Tensor,
  zeros,
} from "@tapegrad/core";
import { FACTORY_OPTIONS, type FactoryOptions, factory, oneOf, whole, within } from "../args.ts";
import { uniform_ } from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { python, pythonFloat } from "../print.ts";
import { PackedSequence, segmentsOf } from "../utils/sequences.ts";
import { inSegments, type Passed } from "./recurrent-packed.ts";
import {
  affine,
  GATES,
  type RecurrentKind,
  type State,
  step,
  type Weights,
} from "./recurrent-step.ts";

export interface RecurrentOptions extends FactoryOptions {
  /** One upon the other. Default: 1. */
  readonly numLayers?: number | undefined;
  /** Default: true. */
  readonly bias?: boolean | undefined;
  /** Input and output are [N, L, …] instead of [L, N, …]; the states stay as they are. Default: false. */
  readonly batchFirst?: boolean | undefined;
  /** In training, of the output of each layer but the last. Default: 0. */
  readonly dropout?: number | undefined;
  /** A second net reads from the end; outputs stand side by side. Default: false. */
  readonly bidirectional?: boolean | undefined;
}
const OPTIONS: OptionNames<RecurrentOptions> = {
  numLayers: true,
  bias: true,
  batchFirst: true,
  dropout: true,
  bidirectional: true,
  ...FACTORY_OPTIONS,
};
export interface RNNOptions extends RecurrentOptions {
  /** Default: "tanh". */
  readonly nonlinearity?: "tanh" | "relu" | undefined;
}
const RNN_OPTIONS: OptionNames<RNNOptions> = { ...OPTIONS, nonlinearity: true };
export interface LSTMOptions extends RecurrentOptions {
  /** Projects the hidden state to this size; 0 does not. Default: 0. */
  readonly projSize?: number | undefined;
}
const LSTM_OPTIONS: OptionNames<LSTMOptions> = { ...OPTIONS, projSize: true };

/**
 * The slices of dim 0. By halves: the gradient of a slice is as large as what it was cut from, so that slices of the
 * whole would cost the square of their number.
 */
function frames(t: Tensor): Tensor[] {
  const length = t.shape[0] as number;
  if (length === 1) return [t.squeeze(0)];
  const half = length >> 1;
  return [...frames(t.narrow(0, 0, half)), ...frames(t.narrow(0, half, length - half))];
}

/**
 * What all recurrent layers share. Parameters have PyTorch's names: weight_ih_l0, weight_hh_l0, bias_ih_l0,
 * bias_hh_l0, then those of the other direction, with "_reverse" behind, then those of the next layer.
 */
abstract class Recurrent extends Module {
  [parameter: `weight_${string}` | `bias_${string}`]: Parameter;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly projSize: number;
  private readonly kind: RecurrentKind;

  constructor(
    name: string,
    kind: RecurrentKind,
    sizes: readonly [inputSize: number, hiddenSize: number],
    options: LSTMOptions,
  ) {
    super();
    const { numLayers = 1, bias = true, batchFirst = false, projSize = 0 } = options;
    this.kind = kind;
    this.inputSize = whole(name, "inputSize", sizes[0]);
    this.hiddenSize = whole(name, "hiddenSize", sizes[1]);
    this.numLayers = whole(name, "numLayers", numLayers);
    this.bias = bias;
    this.batchFirst = batchFirst;
    this.dropout = within(name, "dropout", options.dropout ?? 0, 0, 1);
    this.bidirectional = options.bidirectional ?? false;
    this.projSize = whole(name, "projSize", projSize, 0);
    if (projSize >= this.hiddenSize) {
      throw new ArgumentError(
        name,
        `projSize must be smaller than hiddenSize (${this.hiddenSize}); got ${projSize}`,
      );
    }
    const make = factory(options);
    const rows = GATES[kind] * this.hiddenSize;
    const seen = projSize || this.hiddenSize;
    for (let layer = 0; layer < numLayers; layer++) {
      const below = layer === 0 ? this.inputSize : seen * this.directions.length;
      for (const end of this.directions) {
        this[`weight_ih_l${layer}${end}`] = new Parameter(empty([rows, below], make));
        this[`weight_hh_l${layer}${end}`] = new Parameter(empty([rows, seen], make));
        if (bias) {
          this[`bias_ih_l${layer}${end}`] = new Parameter(empty([rows], make));
          this[`bias_hh_l${layer}${end}`] = new Parameter(empty([rows], make));
        }
        if (projSize > 0) {
          this[`weight_hr_l${layer}${end}`] = new Parameter(empty([projSize, sizes[1]], make));
        }
      }
    }
    this.resetParameters();
  }
  /** What the names of the parameters end with. */
  private get directions(): readonly ("" | "_reverse")[] {
    return this.bidirectional ? ["", "_reverse"] : [""];
  }
  /** Draws all parameters anew from U(−1/√hiddenSize, 1/√hiddenSize), as PyTorch does. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const p of this.parameters()) uniform_(p, -bound, bound);
  }

  /** The output of the last layer, and the last states of all. */
  protected run(x: Tensor, h0: Tensor | undefined, c0: Tensor | undefined) {
    const isBatch = x.ndim === 3;
    this.checkInput(x);
    const results = owned(() => {
      const first = this.batchFirst && isBatch ? x.transpose(0, 1) : x;
      const input = isBatch ? first : first.unsqueeze(1);
      const states = this.initialStates(input, input.shape[1] as number, h0, c0, isBatch);
      const { y, ends } = this.layers(input, states, (...args) => this.pass(...args));
      const shaped = (t: Tensor): Tensor => (isBatch ? t : t.squeeze(1));
      const output = this.batchFirst && isBatch ? y.transpose(0, 1) : shaped(y);
      return [output, ...ends.map(shaped)];
    });
    return results.map((t) => adopt(t as Tensor));
  }
  /** The same of sequences of several lengths: steps that equally many have are taken together. */
  protected runPacked(x: PackedSequence, h0: Tensor | undefined, c0: Tensor | undefined) {
    const { data, batchSizes, sortedIndices, unsortedIndices } = x;
    this.checkInput(data);
    const segments = segmentsOf(batchSizes);
    const results = owned(() => {
      const sorted = (t?: Tensor): Tensor | undefined =>
        t && sortedIndices ? t.indexSelect(1, sortedIndices) : t;
      const batch = batchSizes[0] as number;
      const states = this.initialStates(data, batch, sorted(h0), sorted(c0), true);
      const { y, ends } = this.layers(data, states, (input, from, name, reverse) =>
        inSegments(segments, input, from, reverse, (part, state) =>
          this.pass(part, state, name, reverse),
        ),
      );
      return [y, ...ends.map((t) => (unsortedIndices ? t.indexSelect(1, unsortedIndices) : t))];
    });
    const [y, ...ends] = results.map((t) => adopt(t as Tensor)) as [Tensor, ...Tensor[]];
    const packed = new PackedSequence(y, batchSizes, sortedIndices, unsortedIndices);
    return [packed, ...ends] as const;
  }
  private initialStates(
    x: Tensor,
    batch: number,
    h0: Tensor | undefined,
    c0: Tensor | undefined,
    isBatch: boolean,
  ): readonly Tensor[] {
    const of = (what: string, given: Tensor | undefined, size: number): Tensor =>
      this.initial(what, x, batch, given, isBatch, size);
    const hidden = of("h0", h0, this.projSize || this.hiddenSize);
    return this.kind === "LSTM" ? [hidden, of("c0", c0, this.hiddenSize)] : [hidden];
  }
  /** All layers and directions; `pass` takes one of them over all steps. */
  private layers(
    x: Tensor,
    [hidden, cells]: readonly Tensor[],
    pass: (x: Tensor, from: State, name: string, reverse: boolean) => Passed,
  ): { readonly y: Tensor; readonly ends: readonly Tensor[] } {
    const ends: State[] = [];
    let y = x;
    for (let layer = 0; layer < this.numLayers; layer++) {
      const outputs = this.directions.map((end, d) => {
        const h = (hidden as Tensor).select(0, ends.length);
        const state = cells === undefined ? { h } : { h, c: cells.select(0, ends.length) };
        const { output, last } = pass(y, state, `l${layer}${end}`, d === 1);
        ends.push(last);
        return output;
      });
      y = outputs.length === 1 ? (outputs[0] as Tensor) : cat(outputs, { dim: -1 });
      if (layer < this.numLayers - 1) y = dropout(y, { p: this.dropout, training: this.training });
    }
    const states = [ends.map((s) => s.h)];
    if (cells !== undefined) states.push(ends.map((s) => s.c as Tensor));
    return { y, ends: states.map((list) => stack(list)) };
  }
  /** One direction of one layer over all steps. */
  private pass(x: Tensor, from: State, name: string, reverse: boolean): Passed {
    const bias = (which: "ih" | "hh") => (this.bias ? this[`bias_${which}_${name}`] : null) ?? null;
    const weight = this[`weight_ih_${name}`] as Parameter;
    const hidden = this[`weight_hh_${name}`] as Parameter;
    const share = (b: Tensor | null): Tensor => affine(x, weight, b);
    const end = (y: Tensor): Tensor => y.select(0, reverse ? 0 : -1);
    if (this.kind === "GRU") {
      const h0 = from.h;
      const y = gruSequence(share(bias("ih")), h0, hidden, bias("hh") ?? undefined, reverse);
      return { output: y, last: { h: end(y) } };
    }
    if (this.kind === "LSTM" && this.projSize === 0) {
      // Both biases are added to the same sums.
      const [one, other] = [bias("ih"), bias("hh")];
      const both = one && other && one.add(other);
      const { y, c } = lstmSequence(share(both), from.h, from.c as Tensor, hidden, reverse);
      return { output: y, last: { h: end(y), c } };
    }
    const weights = {
      hidden,
      bias: bias("hh"),
      projection: this.projSize > 0 ? (this[`weight_hr_${name}`] as Parameter) : null,
    };
    return this.steps(share(bias("ih")), from, weights, reverse);
  }
  private steps(given: Tensor, from: State, weights: Weights, reverse: boolean): Passed {
    const shares = frames(given);
    const outputs: Tensor[] = [];
    let last = from;
    for (let i = 0; i < shares.length; i++) {
      const t = reverse ? shares.length - 1 - i : i;
      last = step(this.kind, shares[t] as Tensor, last, weights);
      outputs[t] = last.h;
    }
    return { output: stack(outputs), last };
  }

  private checkInput(x: Tensor): void {
    const name = this.constructor.name;
    const shapes = this.batchFirst ? "[N, L, inputSize]" : "[L, N, inputSize]";
    if ((x.ndim !== 2 && x.ndim !== 3) || x.shape[x.ndim - 1] !== this.inputSize) {
      throw new ShapeError(
        name,
        `expected an input ${shapes} or [L, inputSize] with inputSize ${this.inputSize}`,
        { input: x.shape },
      );
    }
    const steps = x.shape[this.batchFirst && x.ndim === 3 ? 1 : 0];
    if (steps === 0) throw new ShapeError(name, "the sequence is empty", { input: x.shape });
  }
  private initial(
    what: string,
    input: Tensor,
    batch: number,
    given: Tensor | undefined,
    isBatch: boolean,
    size: number,
  ): Tensor {
    const expected = [this.numLayers * this.directions.length, batch, size];
    if (given === undefined) return zeros(expected, { dtype: input.dtype, device: input.backend });
    const wanted = isBatch ? expected : [expected[0] as number, size];
    if (given.shape.join() !== wanted.join()) {
      throw new ShapeError(
        this.constructor.name,
        `${what} must be [numLayers · directions, ${isBatch ? "N, " : ""}size]`,
        { expected: wanted, [what]: given.shape },
      );
    }
    return isBatch ? given : given.unsqueeze(1);
  }
  override extraRepr(): string {
    const { inputSize, hiddenSize, projSize, numLayers, bias, batchFirst, bidirectional } = this;
    const parts: [text: string, shown: boolean][] = [
      [`${inputSize}, ${hiddenSize}`, true],
      [`proj_size=${projSize}`, projSize !== 0],
      [`num_layers=${numLayers}`, numLayers !== 1],
      [`bias=${python(bias)}`, !bias],
      [`batch_first=${python(batchFirst)}`, batchFirst],
      [`dropout=${pythonFloat(this.dropout)}`, this.dropout !== 0],
      [`bidirectional=${python(bidirectional)}`, bidirectional],
    ];
    return parts.flatMap(([text, shown]) => (shown ? [text] : [])).join(", ");
  }
}

/**
 * Elman's recurrent net, h = tanh(W·x + U·h) or with relu; as `torch.nn.RNN`. Takes [L, N, inputSize] (or
 * [L, inputSize]) and h0 [numLayers · directions, N, hiddenSize], zeros unless given; gives [output, hn].
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html
 */
export class RNN extends Recurrent {
  readonly nonlinearity: "tanh" | "relu";
  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    checkOptions("RNN", options, RNN_OPTIONS);
    const chosen = oneOf("RNN", "nonlinearity", options.nonlinearity ?? "tanh", ["tanh", "relu"]);
    super("RNN", chosen === "tanh" ? "RNN_TANH" : "RNN_RELU", [inputSize, hiddenSize], options);
    this.nonlinearity = chosen;
  }
  forward(x: Tensor, h0?: Tensor): [output: Tensor, hn: Tensor] {
    return this.run(x, h0, undefined) as [Tensor, Tensor];
  }
  /** Takes sequences of several lengths, as PyTorch's does when it is given a PackedSequence. Hooks do not see it. */
  callPacked(x: PackedSequence, h0?: Tensor): [output: PackedSequence, hn: Tensor] {
    const [output, hn] = this.runPacked(x, h0, undefined);
    return [output, hn as Tensor];
  }
}

/**
 * Long short-term memory; as `torch.nn.LSTM`. Takes [L, N, inputSize] (or [L, inputSize]) and [h0, c0], zeros unless
 * given; gives [output, [hn, cn]].
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
 */
export class LSTM extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    checkOptions("LSTM", options, LSTM_OPTIONS);
    super("LSTM", "LSTM", [inputSize, hiddenSize], options);
  }
  forward(
    x: Tensor,
    state?: readonly [h0: Tensor, c0: Tensor],
  ): [output: Tensor, state: [hn: Tensor, cn: Tensor]] {
    const [output, hn, cn] = this.run(x, state?.[0], state?.[1]) as [Tensor, Tensor, Tensor];
    return [output, [hn, cn]];
  }
  /** Takes sequences of several lengths, as PyTorch's does when it is given a PackedSequence. Hooks do not see it. */
  callPacked(
    x: PackedSequence,
    state?: readonly [h0: Tensor, c0: Tensor],
  ): [output: PackedSequence, state: [hn: Tensor, cn: Tensor]] {
    const [output, hn, cn] = this.runPacked(x, state?.[0], state?.[1]);
    return [output, [hn as Tensor, cn as Tensor]];
  }
}

/**
 * Gated recurrent units; as `torch.nn.GRU`. Takes [L, N, inputSize] (or [L, inputSize]) and h0, zeros unless given;
 * gives [output, hn].
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html
 */
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    checkOptions("GRU", options, OPTIONS);
    super("GRU", "GRU", [inputSize, hiddenSize], options);
  }
  forward(x: Tensor, h0?: Tensor): [output: Tensor, hn: Tensor] {
    return this.run(x, h0, undefined) as [Tensor, Tensor];
  }
  /** Takes sequences of several lengths, as PyTorch's does when it is given a PackedSequence. Hooks do not see it. */
  callPacked(x: PackedSequence, h0?: Tensor): [output: PackedSequence, hn: Tensor] {
    const [output, hn] = this.runPacked(x, h0, undefined);
    return [output, hn as Tensor];
  }
}
