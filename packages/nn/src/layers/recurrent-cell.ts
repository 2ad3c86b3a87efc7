// Single steps of recurrent nets: RNNCell, LSTMCell, GRUCell.
import {
  adopt,
  checkOptions,
  empty,
  type OptionNames,
  owned,
  ShapeError,
  type Tensor,
  zeros,
} from "@tapegrad/core";
import { FACTORY_OPTIONS, type FactoryOptions, factory, oneOf, whole } from "../args.ts";
import { uniform_ } from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { affine, GATES, type RecurrentKind, step } from "./recurrent-step.ts";

export interface RecurrentCellOptions extends FactoryOptions {
  /** Default: true. */
  readonly bias?: boolean | undefined;
}
const OPTIONS: OptionNames<RecurrentCellOptions> = { bias: true, ...FACTORY_OPTIONS };
export interface RNNCellOptions extends RecurrentCellOptions {
  /** Default: "tanh". */
  readonly nonlinearity?: "tanh" | "relu" | undefined;
}
const RNN_OPTIONS: OptionNames<RNNCellOptions> = { ...OPTIONS, nonlinearity: true };

abstract class RecurrentCell extends Module {
  static override readonly stateKeys = {
    weightIh: "weight_ih",
    weightHh: "weight_hh",
    biasIh: "bias_ih",
    biasHh: "bias_hh",
  };
  /** [gates · hiddenSize, inputSize] */
  weightIh: Parameter;
  /** [gates · hiddenSize, hiddenSize] */
  weightHh: Parameter;
  /** [gates · hiddenSize], or null without one. */
  biasIh: Parameter | null;
  /** [gates · hiddenSize], or null without one. */
  biasHh: Parameter | null;
  readonly inputSize: number;
  readonly hiddenSize: number;
  private readonly kind: RecurrentKind;
  constructor(
    name: string,
    kind: RecurrentKind,
    sizes: readonly [inputSize: number, hiddenSize: number],
    options: RecurrentCellOptions,
  ) {
    super();
    this.kind = kind;
    this.inputSize = whole(name, "inputSize", sizes[0]);
    this.hiddenSize = whole(name, "hiddenSize", sizes[1]);
    const make = factory(options);
    const rows = GATES[kind] * this.hiddenSize;
    const bias = () => (options.bias === false ? null : new Parameter(empty([rows], make)));
    this.weightIh = new Parameter(empty([rows, this.inputSize], make));
    this.weightHh = new Parameter(empty([rows, this.hiddenSize], make));
    this.biasIh = bias();
    this.biasHh = bias();
    this.resetParameters();
  }
  /** Draws all parameters anew from U(−1/√hiddenSize, 1/√hiddenSize), as PyTorch does. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const p of this.parameters()) uniform_(p, -bound, bound);
  }
  protected next(x: Tensor, states: readonly (Tensor | undefined)[]): Tensor[] {
    const { inputSize, hiddenSize, kind } = this;
    const lead = x.shape.slice(0, -1);
    const fits = (t: Tensor, size: number): boolean =>
      t.shape.join() === [...lead, size].join() && lead.length < 2;
    for (const t of [x, ...states]) {
      if (t === undefined || fits(t, t === x ? inputSize : hiddenSize)) continue;
      throw new ShapeError(
        this.constructor.name,
        `expected an input [N, ${inputSize}] or [${inputSize}], and states [N, ${hiddenSize}] or [${hiddenSize}]`,
        t === x ? { input: x.shape } : { input: x.shape, state: t.shape },
      );
    }
    return owned(() => {
      const rows = x.reshape([-1, inputSize]);
      const like = { dtype: x.dtype, device: x.backend };
      const [h, c] = states.map(
        (s) => s?.reshape([-1, hiddenSize]) ?? zeros([rows.shape[0] as number, hiddenSize], like),
      ) as [Tensor, Tensor?];
      const given = affine(rows, this.weightIh, this.biasIh);
      const after = step(kind, given, c === undefined ? { h } : { h, c }, {
        hidden: this.weightHh,
        bias: this.biasHh,
        projection: null,
      });
      const results = after.c === undefined ? [after.h] : [after.h, after.c];
      return results.map((t) => t.reshape([...lead, hiddenSize]));
    }).map((t) => adopt(t as Tensor));
  }
  override extraRepr(): string {
    const bias = this.biasIh === null ? ", bias=False" : "";
    const other = this.kind === "RNN_RELU" ? ", nonlinearity=relu" : "";
    return `${this.inputSize}, ${this.hiddenSize}${bias}${other}`;
  }
}

/** One step of an RNN: [N, inputSize] and h [N, hiddenSize], zeros unless given; as `torch.nn.RNNCell`. */
export class RNNCell extends RecurrentCell {
  readonly nonlinearity: "tanh" | "relu";
  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}) {
    checkOptions("RNNCell", options, RNN_OPTIONS);
    const { nonlinearity = "tanh" } = options;
    const chosen = oneOf("RNNCell", "nonlinearity", nonlinearity, ["tanh", "relu"]);
    const kind = chosen === "tanh" ? "RNN_TANH" : "RNN_RELU";
    super("RNNCell", kind, [inputSize, hiddenSize], options);
    this.nonlinearity = chosen;
  }
  forward(x: Tensor, h?: Tensor): Tensor {
    return this.next(x, [h])[0] as Tensor;
  }
}
/** One step of an LSTM: gives [h, c] from x and [h, c], zeros unless given; as `torch.nn.LSTMCell`. */
export class LSTMCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    checkOptions("LSTMCell", options, OPTIONS);
    super("LSTMCell", "LSTM", [inputSize, hiddenSize], options);
  }
  forward(x: Tensor, state?: readonly [h: Tensor, c: Tensor]): [h: Tensor, c: Tensor] {
    return this.next(x, [state?.[0], state?.[1]]) as [Tensor, Tensor];
  }
}
/** One step of a GRU: [N, inputSize] and h [N, hiddenSize], zeros unless given; as `torch.nn.GRUCell`. */
export class GRUCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    checkOptions("GRUCell", options, OPTIONS);
    super("GRUCell", "GRU", [inputSize, hiddenSize], options);
  }
  forward(x: Tensor, h?: Tensor): Tensor {
    return this.next(x, [h])[0] as Tensor;
  }
}
