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
import { type Direction, locate, recordLayers, recordPass, runPass } from "./record.ts";
import { explanationText } from "./text.ts";

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
  /** Median milliseconds. */
  readonly ms: number;
  readonly multiplyAdds: number;
  /** Of inputs and outputs. */
  readonly bytes: number;
  readonly gflops: number;
  readonly gbs: number;
  /** What sets the lower roof, and the share of it that was reached. */
  readonly boundBy: "arithmetic" | "memory";
  readonly roofShare: number;
}

export interface ExplainedPass {
  /** Median milliseconds from start to end, and the sum over the ops. */
  readonly ms: number;
  readonly opMs: number;
  readonly multiplyAdds: number;
  readonly gflops: number;
  readonly roofShare: number;
}

/** Data, and text for people: `String(explain(model, shape))`. */
export interface Explanation {
  readonly model: string;
  readonly input: readonly number[];
  readonly backend: string;
  readonly threads: number;
  readonly tuned: boolean;
  readonly deterministic: boolean;
  readonly roofs: Roofs;
  /** By layer, in the order in which layers are called. */
  readonly ops: readonly ExplainedOp[];
  readonly forward: ExplainedPass;
  readonly backward: ExplainedPass | null;
  toString(): string;
}

/** Runs until the engine has compiled what is often called; then those that are timed, at least so many. */
const WARM_MS = 300;
const LEAST_RUNS = 7;
const TIME_MS = 700;
const MOST_RUNS = 200;

/**
 * Runs `model` some times on `input` (a shape, for random numbers of it, or a tensor) and tells for each op of
 * each layer: what ran, what else could have, milliseconds, and the share of the machine's lower roof. The
 * model is left as it was.
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
    const pass = (onDirection: (d: Direction) => void): void =>
      runPass(model, x, backward ? gradients : null, onDirection);
    const hooked = recordLayers(model, pass);
    pass(() => {}); // what is made once and kept, such as weights with a norm folded in, is made here
    const events = recordPass(pass, { choices: true });
    const layers = locate(events, hooked);
    const { opMs, passMs } = timed(pass, events.length);
    const roofs = measureRoofs();
    const ops = events.map((event, i): ExplainedOp => {
      const ms = opMs[i] as number;
      const bytes = bytesOf([...event.inputs, ...event.outputs]);
      const { multiplyAdds, choice } = event;
      const layer = layers[i] as (typeof layers)[number];
      const [toMove, toDo] = [roofMs(roofs, 0, bytes), roofMs(roofs, multiplyAdds, 0)];
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
        boundBy: toDo > toMove ? "arithmetic" : "memory",
        roofShare: ms > 0 ? Math.max(toDo, toMove) / ms : 0,
      };
    });
    const whole = (direction: Direction): ExplainedPass => {
      const own = ops.filter((op) => op.direction === direction);
      const total = (f: (op: ExplainedOp) => number): number =>
        own.reduce((all, op) => all + f(op), 0);
      const inOps = total((op) => op.ms);
      const multiplyAdds = total((op) => op.multiplyAdds);
      return {
        ms: passMs[direction],
        opMs: inOps,
        multiplyAdds,
        gflops: perMs(2 * multiplyAdds, inOps),
        roofShare: inOps > 0 ? total((op) => op.roofShare * op.ms) / inOps : 0,
      };
    };
    const explanation = {
      model: model.constructor.name,
      input: x.shape,
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
  } finally {
    restore();
  }
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

/** Medians over some runs: of each op, and of each pass from start to end. */
function timed(
  pass: (onDirection: (d: Direction) => void) => void,
  count: number,
): { opMs: number[]; passMs: Record<Direction, number> } {
  const perOp: number[][] = Array.from({ length: count }, () => []);
  const perPass: Record<Direction, number[]> = { forward: [], backward: [] };
  const warm = performance.now();
  while (performance.now() - warm < WARM_MS) pass(() => {});
  const start = performance.now();
  for (let run = 0; run < MOST_RUNS; run++) {
    if (run >= LEAST_RUNS && performance.now() - start > TIME_MS) break;
    for (const [i, { ms }] of recordPass(pass).entries()) perOp[i]?.push(ms);
    // Without a listener, which costs a little at each op.
    let [direction, since] = ["forward" as Direction, performance.now()];
    pass((next) => {
      const now = performance.now();
      if (next !== direction) perPass[direction].push(now - since);
      [direction, since] = [next, now];
    });
    perPass[direction].push(performance.now() - since);
  }
  const passMs = { forward: median(perPass.forward), backward: median(perPass.backward) };
  return { opMs: perOp.map(median), passMs };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

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
