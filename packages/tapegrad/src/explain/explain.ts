// explain(): what a model's ops cost on this machine, layer by layer, which ways the backend has to compute each,
// and how near the one that it picks comes to what the machine can do at all.
import { measureRoofs, type Roofs, roofMs } from "@tapegrad/backend-cpu";
import {
  ArgumentError,
  areDeterministicAlgorithmsEnabled,
  bytesPer,
  checkOptions,
  currentBackend,
  defaultGenerator,
  grad,
  isTuning,
  type Meta,
  type OptionNames,
  randn,
  sizeOf,
  sum,
  Tensor,
} from "@tapegrad/core";
import { nn } from "@tapegrad/nn";
import {
  type Direction,
  type Layer,
  locate,
  type Recorded,
  recordLayers,
  recordPass,
  runPass,
} from "./record.ts";
import { explanationText } from "./text.ts";
import { NO_TIMES, type Pass, type Times, timed, timedByDevice } from "./times.ts";

export interface ExplainOptions {
  /** Also the gradients of all parameters, with the model in training mode. Default false. */
  readonly backward?: boolean;
}
const OPTIONS: OptionNames<ExplainOptions> = { backward: true };

export interface ExplainedOp {
  /** Path of the module, "" for the model itself; and its class. */
  readonly layer: string;
  readonly type: string;
  readonly direction: Direction;
  readonly op: string;
  /** Shape of the first output. */
  readonly output: readonly number[];
  /** What ran, in the backend's words. */
  readonly kernel: string;
  /** All ways to compute it, where there are several, with the milliseconds of each. */
  readonly candidates: readonly { readonly name: string; readonly ms: number }[];
  readonly pick: string | null;
  readonly pickedBy: "shape" | "time" | null;
  /** Median milliseconds. NaN, like what follows from it, where nothing could be timed: see explain(). */
  readonly ms: number;
  readonly multiplyAdds: number;
  /** Of inputs and outputs. */
  readonly bytes: number;
  readonly gflops: number;
  readonly gbs: number;
  /** What sets the lower roof, and the share of it that was reached; null where roofs are not known. */
  readonly boundBy: "arithmetic" | "memory" | null;
  readonly roofShare: number | null;
}

export interface ExplainedPass {
  /** Median milliseconds from start to end, and the sum over the ops. */
  readonly ms: number;
  readonly opMs: number;
  readonly multiplyAdds: number;
  readonly gflops: number;
  readonly roofShare: number | null;
}

/** Data, and text for people: `String(explain(model, shape))`. */
export interface Explanation {
  readonly model: string;
  readonly input: readonly number[];
  readonly backend: string;
  /** Of the CPU; 1 on another device. */
  readonly threads: number;
  readonly tuned: boolean;
  readonly deterministic: boolean;
  /** Of the CPU; null on another device. */
  readonly roofs: Roofs | null;
  /** By layer, in the order in which layers are called. */
  readonly ops: readonly ExplainedOp[];
  readonly forward: ExplainedPass;
  readonly backward: ExplainedPass | null;
  toString(): string;
}

/**
 * Runs `model` some times on `input` (a shape, for random numbers of it, or a tensor) and tells for each op of
 * each layer: what ran, what else could have, milliseconds, and the share of the machine's lower roof. The
 * model is left as it was. A GPU computes after this has returned: there it tells what runs, without times; see
 * explainAsync().
 *
 *     console.log(String(explain(model, [1, 3, 32, 32])));
 *
 * @throws ArgumentError for what is no module or no shape; what the model throws for an input that does not fit
 */
export function explain(
  model: nn.Module,
  input: readonly number[] | Tensor,
  options: ExplainOptions = {},
): Explanation {
  const study = begin(model, input, options);
  try {
    const { pass, events } = study;
    return conclude(study, onCpu() ? timed(pass, events.length) : NO_TIMES);
  } finally {
    study.restore();
  }
}

/**
 * The same, and on a GPU with its times, by the clock of the device (`timestamp-query`) where it has one. Nothing else
 * should run on the model meanwhile.
 */
export async function explainAsync(
  model: nn.Module,
  input: readonly number[] | Tensor,
  options: ExplainOptions = {},
): Promise<Explanation> {
  if (onCpu()) return explain(model, input, options);
  const study = begin(model, input, options);
  try {
    return conclude(study, await timedByDevice(study.pass, study.events.length));
  } finally {
    study.restore();
  }
}

const onCpu = (): boolean => currentBackend().device === "cpu";

/** What ran, and how it is run again. */
interface Study {
  readonly model: nn.Module;
  readonly input: readonly number[];
  readonly backward: boolean;
  readonly pass: Pass;
  readonly events: readonly Recorded[];
  readonly layers: readonly Layer[];
  restore(): void;
}

function begin(
  model: nn.Module,
  input: readonly number[] | Tensor,
  options: ExplainOptions,
): Study {
  checkOptions("explain", options, OPTIONS);
  if (!(model instanceof nn.Module)) {
    throw new ArgumentError("explain", "the first argument must be a module, as nn.Conv2d is one");
  }
  const { backward = false } = options;
  const parameters = model.parameters().filter((p) => p.requiresGrad);
  const gradients = (outputs: Tensor[]): void => {
    const losses = outputs.filter((y) => y.source !== null).map((y) => sum(y));
    if (losses.length === 0) {
      throw new ArgumentError(
        "explain",
        "with backward the model must give a tensor that depends on its parameters",
      );
    }
    grad(losses, parameters, { allowUnused: true });
  };
  const restore = freeze(model, backward);
  try {
    const x = inputOf(input);
    const pass: Pass = (onDirection) => runPass(model, x, backward ? gradients : null, onDirection);
    const hooked = recordLayers(model, pass);
    pass(() => {}); // what is made once and kept, such as weights with a norm folded in, is made here
    const events = recordPass(pass, { choices: true });
    return {
      model,
      input: x.shape,
      backward,
      pass,
      events,
      layers: locate(events, hooked),
      restore,
    };
  } catch (error) {
    restore();
    throw error;
  }
}

function conclude(study: Study, { opMs, passMs }: Times): Explanation {
  const { model, input, backward, events, layers } = study;
  const roofs = onCpu() ? measureRoofs() : null;
  const ops = events.map((event, i): ExplainedOp => {
    const ms = opMs[i] ?? Number.NaN;
    const bytes = bytesOf([...event.inputs, ...event.outputs]);
    const { multiplyAdds, choice } = event;
    const layer = layers[i] as Layer;
    return {
      ...{ layer: layer.path, type: layer.type, direction: event.direction, op: event.op },
      output: event.outputs[0]?.shape ?? [],
      kernel: event.variant,
      candidates: choice?.candidates ?? [],
      pick: choice?.pick ?? null,
      pickedBy: choice?.by ?? null,
      ...{ ms, multiplyAdds, bytes },
      gflops: perMs(2 * multiplyAdds, ms),
      gbs: perMs(bytes, ms),
      ...underRoofs(roofs, multiplyAdds, bytes, ms),
    };
  });
  const whole = (direction: Direction): ExplainedPass => {
    const own = ops.filter((op) => op.direction === direction);
    const total = (f: (op: ExplainedOp) => number): number =>
      own.reduce((all, op) => all + f(op), 0);
    const inOps = total((op) => op.ms);
    const multiplyAdds = total((op) => op.multiplyAdds);
    const share = inOps > 0 ? total((op) => (op.roofShare ?? 0) * op.ms) / inOps : 0;
    return {
      ms: passMs[direction],
      opMs: inOps,
      multiplyAdds,
      gflops: perMs(2 * multiplyAdds, inOps),
      roofShare: roofs === null ? null : share,
    };
  };
  const explanation = {
    model: model.constructor.name,
    input,
    backend: currentBackend().name,
    threads: currentBackend().threads ?? 1,
    tuned: isTuning(),
    deterministic: areDeterministicAlgorithmsEnabled(),
    roofs,
    ops: byLayer(ops),
    forward: whole("forward"),
    backward: backward ? whole("backward") : null,
  };
  const toString = { value: () => explanationText(explanation), enumerable: false };
  return Object.defineProperty(explanation, "toString", toString);
}

function underRoofs(
  roofs: Roofs | null,
  multiplyAdds: number,
  bytes: number,
  ms: number,
): Pick<ExplainedOp, "boundBy" | "roofShare"> {
  if (roofs === null) return { boundBy: null, roofShare: null };
  const [toMove, toDo] = [roofMs(roofs, 0, bytes), roofMs(roofs, multiplyAdds, 0)];
  return {
    boundBy: toDo > toMove ? "arithmetic" : "memory",
    roofShare: ms > 0 ? Math.max(toDo, toMove) / ms : 0,
  };
}

function inputOf(input: readonly number[] | Tensor): Tensor {
  if (input instanceof Tensor) return input.detach();
  const isShape = Array.isArray(input) && input.every((n) => Number.isInteger(n) && n >= 1);
  if (!isShape) {
    throw new ArgumentError(
      "explain",
      `expected the shape of the input, whole numbers ≥ 1 such as [1, 3, 32, 32], or a tensor; got ${JSON.stringify(input)}`,
    );
  }
  return randn(input);
}

/** Sets the mode; the returned function gives the model back its mode and its buffers, and the generator its place. */
function freeze(model: nn.Module, training: boolean): () => void {
  const modes = model.namedModules().map(([, m]) => [m, m.training] as const);
  const generator = defaultGenerator.getState();
  const state = new Map([...model.stateDict()].map(([key, t]) => [key, t.clone()]));
  model.train(training);
  return () => {
    if (training) model.loadStateDict(state);
    for (const [m, mode] of modes) m.training = mode;
    defaultGenerator.setState(generator);
    for (const t of state.values()) t.release();
  };
}

const perMs = (amount: number, ms: number): number => (ms > 0 ? amount / ms / 1e6 : 0);

const bytesOf = (metas: readonly (Meta | undefined)[]): number =>
  metas.reduce((all, m) => all + (m === undefined ? 0 : sizeOf(m.shape) * bytesPer(m.dtype)), 0);

/** Layers in the order of their first op; of a layer, forward before backward. */
function byLayer(ops: readonly ExplainedOp[]): ExplainedOp[] {
  const groups = new Map<string, ExplainedOp[]>();
  for (const op of ops) {
    const group = groups.get(op.layer);
    if (group === undefined) groups.set(op.layer, [op]);
    else group.push(op);
  }
  return [...groups.values()].flat();
}
