// Averages of a model's weights over training, equal (SWA) or fading (EMA), and the batch norm statistics that go with
// them; as torch.optim.swa_utils.
import {
  ArgumentError,
  checkOptions,
  composite,
  isFloating,
  noGrad,
  type OptionNames,
  owned,
  ShapeError,
  Tensor,
  type TensorOptions,
  zeros,
} from "@tapegrad/core";
import { within } from "../args.ts";
import { cloneModule } from "../clone.ts";
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from "../layers/norm.ts";
import { Module } from "../module.ts";
import { buffer } from "../parameter.ts";
import { trustContainers } from "../trust.ts";

/** The next average of a tensor. numAveraged: how many models the average is of. */
export type AveragingFunction = (averaged: Tensor, current: Tensor, numAveraged: number) => Tensor;
/** Changes averages, tensors of one dtype, in place. */
export type MultiAveragingFunction = (
  averaged: readonly Tensor[],
  current: readonly Tensor[],
  numAveraged: number,
) => void;

/** A way to average: current's share in the next average, and the rule written out, with temporaries. */
interface Rule {
  share(numAveraged: number): number;
  next(averaged: Tensor, current: Tensor, numAveraged: number): Tensor;
}
const equal: Rule = {
  share: (n) => 1 / (n + 1),
  next: (averaged, current, n) => averaged.add(current.sub(averaged).div(n + 1)),
};
function fading(name: string, decay: number): Rule {
  const rest = 1 - within(name, "decay", decay, 0, 1);
  return {
    share: () => rest,
    next: (averaged, current) => averaged.mul(decay).add(current.mul(rest)),
  };
}

const averaging =
  ({ next }: Rule): AveragingFunction =>
  (averaged, current, numAveraged) =>
    composite(() => noGrad(() => next(averaged, current, numAveraged)));

/** Of whole numbers (counts of batches) the copy drops what is behind the point, as PyTorch's does. */
const multiAveraging =
  ({ share, next }: Rule): MultiAveragingFunction =>
  (averaged, current, numAveraged) => {
    const change = () =>
      averaged.forEach((p, i) => {
        const now = current[i] as Tensor;
        if (isFloating(p.dtype)) p.lerp_(now, share(numAveraged));
        else p.copy_(next(p, now, numAveraged));
      });
    owned(() => {
      noGrad(change);
      return [];
    });
  };

/**
 * For AveragedModel's `avgFn`: decay · averaged + (1 − decay) · current; as `get_ema_avg_fn`.
 * @throws ArgumentError unless decay is in [0, 1]
 */
export const getEmaAvgFn = (decay = 0.999): AveragingFunction =>
  averaging(fading("getEmaAvgFn", decay));
/** For AveragedModel's `multiAvgFn`: as getEmaAvgFn, in place; as `get_ema_multi_avg_fn`. */
export const getEmaMultiAvgFn = (decay = 0.999): MultiAveragingFunction =>
  multiAveraging(fading("getEmaMultiAvgFn", decay));
/** For AveragedModel's `avgFn`: the mean of all models so far; as `get_swa_avg_fn`. */
export const getSwaAvgFn = (): AveragingFunction => averaging(equal);
/** For AveragedModel's `multiAvgFn`: as getSwaAvgFn, in place; as `get_swa_multi_avg_fn`. */
export const getSwaMultiAvgFn = (): MultiAveragingFunction => multiAveraging(equal);

export interface AveragedModelOptions {
  /** Where the averages lie. Default: where the model does. */
  readonly device?: NonNullable<TensorOptions["device"]> | undefined;
  /** How one tensor is averaged. Default: their mean. */
  readonly avgFn?: AveragingFunction | undefined;
  /** How all of a dtype are averaged at once; in place of avgFn. */
  readonly multiAvgFn?: MultiAveragingFunction | undefined;
  /** Average buffers too; else they are copied at each update. Default: false. */
  readonly useBuffers?: boolean | undefined;
}
const OPTIONS: OptionNames<AveragedModelOptions> = {
  device: true,
  avgFn: true,
  multiAvgFn: true,
  useBuffers: true,
};

/**
 * A copy of a model whose parameters are averages of those that the model had at each updateParameters(); as
 * `torch.optim.swa_utils.AveragedModel`, with its state keys ("n_averaged", "module.…"). Batch norms want updateBn()
 * afterwards, or `useBuffers`.
 *
 *     const averaged = new optim.AveragedModel(model, { multiAvgFn: optim.getEmaMultiAvgFn(0.999) });
 *     // after each optimizer.step()
 *     averaged.updateParameters(model);
 *
 * @throws ArgumentError when both avgFn and multiAvgFn are given
 * @see Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, 2018
 */
export class AveragedModel<M extends Module = Module> extends Module {
  static override readonly stateKeys = { nAveraged: "n_averaged" };
  readonly module: M;
  /** How many models the average is of; int64, zero-dimensional. On the CPU, where it can be read at once. */
  readonly nAveraged: Tensor;
  readonly useBuffers: boolean;
  private readonly average: MultiAveragingFunction;

  constructor(model: M, options: AveragedModelOptions = {}) {
    super();
    checkOptions("AveragedModel", options, OPTIONS);
    const { device, avgFn, multiAvgFn, useBuffers = false } = options;
    if (!(model instanceof Module)) {
      throw new ArgumentError("AveragedModel", `expected a Module, got ${typeof model}`);
    }
    if (avgFn !== undefined && multiAvgFn !== undefined) {
      throw new ArgumentError("AveragedModel", "give avgFn or multiAvgFn, not both");
    }
    this.module = cloneModule(model);
    if (device !== undefined) this.module.to(device);
    this.nAveraged = buffer(zeros([], { dtype: "int64", device: "cpu" }));
    this.useBuffers = useBuffers;
    this.average = avgFn === undefined ? (multiAvgFn ?? getSwaMultiAvgFn()) : oneByOne(avgFn);
  }
  forward(...args: Parameters<M["forward"]>): ReturnType<M["forward"]> {
    return (this.module as Module).call(...args);
  }
  override to(where: Parameters<Tensor["to"]>[0]): this {
    this.module.to(where);
    return this;
  }

  /**
   * Takes the model's parameters into the average; the first ones are copied.
   * @throws ArgumentError or ShapeError unless the model is built as the one that was copied
   */
  updateParameters(model: Module): void {
    const { module, useBuffers } = this;
    const parameters = pairs(module.parameters(), model.parameters());
    const buffers = pairs(module.buffers(), model.buffers());
    const averaged = useBuffers ? [...parameters, ...buffers] : parameters;
    const count = this.nAveraged.item();
    noGrad(() => {
      if (count === 0) copy(averaged);
      else for (const [own, other] of byKind(averaged)) this.average(own, other, count);
      if (!useBuffers) copy(buffers);
      this.nAveraged.add_(1);
    });
  }
}
trustContainers(AveragedModel);

type Pair = readonly [averaged: Tensor, current: Tensor];

function pairs(averaged: readonly Tensor[], current: readonly Tensor[]): Pair[] {
  if (averaged.length !== current.length) {
    throw new ArgumentError(
      "AveragedModel.updateParameters",
      `the average has ${averaged.length} parameters or buffers where the model has ${current.length}`,
    );
  }
  return averaged.map((own, i) => {
    const other = current[i] as Tensor;
    if (`${own.shape}` === `${other.shape}`) return [own, other];
    throw new ShapeError("AveragedModel.updateParameters", "the model has another shape", {
      averaged: own.shape,
      current: other.shape,
    });
  });
}

function copy(list: readonly Pair[]): void {
  owned(() => {
    for (const [averaged, current] of list) averaged.copy_(current.to(averaged.backend));
    return [];
  });
}

/** Those of one dtype and backend together, the model's brought to the average's backend. */
function byKind(list: readonly Pair[]): Iterable<readonly [averaged: Tensor[], current: Tensor[]]> {
  const kinds = new Map<string, [Tensor[], Tensor[]]>();
  for (const [averaged, current] of list) {
    const { dtype, backend } = averaged;
    const kind = `${dtype} ${backend}`;
    const [own, other] = kinds.get(kind) ?? [[], []];
    own.push(averaged);
    other.push(current.to(backend));
    kinds.set(kind, [own, other]);
  }
  return kinds.values();
}

const oneByOne =
  (avgFn: AveragingFunction): MultiAveragingFunction =>
  (averaged, current, numAveraged) => {
    averaged.forEach((p, i) => {
      p.copy_(avgFn(p, current[i] as Tensor, numAveraged));
    });
  };

export interface UpdateBnOptions {
  /** Moves the inputs there. Default: they stay where they are. */
  readonly device?: NonNullable<TensorOptions["device"]> | undefined;
}
const UPDATE_BN: OptionNames<UpdateBnOptions> = { device: true };

/**
 * Runs the model over a loader in training mode, nothing recorded, so that the running statistics of its batch norms
 * become the plain means over these batches; what was averaged has never seen any. As `torch.optim.swa_utils.update_bn`;
 * modes are restored module by module.
 * @param loader gives inputs, or lists that begin with them, as [x, target]; a DataLoader, or anything that for await takes
 * @throws ArgumentError for a batch of another kind
 */
export async function updateBn(
  loader: Iterable<unknown> | AsyncIterable<unknown>,
  model: Module,
  options: UpdateBnOptions = {},
): Promise<void> {
  checkOptions("updateBn", options, UPDATE_BN);
  const { device } = options;
  const norms = model
    .modules()
    .filter(
      (m) => m instanceof BatchNorm1d || m instanceof BatchNorm2d || m instanceof BatchNorm3d,
    );
  if (norms.length === 0) return;
  const modes = model.modules().map((m) => [m, m.training] as const);
  const restore = norms.map((norm) => {
    const { momentum } = norm;
    norm.resetRunningStats();
    let batches = 0;
    // What momentum null means, without reading a count from the device.
    const remove = norm.registerForwardPreHook(() => {
      norm.momentum = 1 / ++batches;
    });
    return () => {
      remove();
      norm.momentum = momentum;
    };
  });
  model.train();
  try {
    for await (const batch of loader) {
      const input: unknown = Array.isArray(batch) ? batch[0] : batch;
      if (!(input instanceof Tensor)) {
        throw new ArgumentError(
          "updateBn",
          "each batch must be a tensor, or a list that begins with one",
        );
      }
      noGrad(() => model.call(device === undefined ? input : input.to(device)));
    }
  } finally {
    for (const back of restore) back();
    for (const [module, training] of modes) module.training = training;
  }
}
