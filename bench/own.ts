// The workloads on tapegrad, through its public API alone.
import { F, grad, nn, noGrad, onRun, optim, scope, type Tensor, tensor } from "tapegrad";
import { uniform } from "./data.ts";
import { memoryRow } from "./own-memory.ts";
import {
  type Adds,
  type Chain,
  type Conv,
  type Gemm,
  type Inference,
  layersOf,
  type Pass,
  product,
  type Shape4,
  type Spec,
  type Step,
} from "./workloads.ts";

/** A workload ready to be called again and again. */
export interface Prepared {
  run(): void;
  /** Means of the absolute values of the results of one call, to compare with the peers'; may be empty. */
  probe(): number[];
}

const filled = (shape: readonly number[], seed: number, deviation?: number): Tensor =>
  tensor(uniform(product(shape), seed, deviation), { shape });

const assign = (target: Tensor, source: Tensor): void => noGrad(() => void target.copy_(source));

/** Mean of |v| over several tensors together. */
function meanAbs(...tensors: Tensor[]): number {
  let total = 0;
  let count = 0;
  for (const t of tensors) {
    const values = t.dataSync() as Float32Array;
    for (const v of values) total += Math.abs(v);
    count += values.length;
  }
  return total / count;
}

// ---- layers -----------------------------------------------------------------------------------------

/** Weights of variance gain / fan-in, seeded 1, 2, 3 …. */
function convolutions(
  input: Shape4,
  convs: readonly Conv[],
  gain: number,
  bias: boolean,
): nn.Conv2d[] {
  return layersOf(input, convs).map(({ x, w, out, kernel, stride, padding, groups }, index) => {
    const layer = new nn.Conv2d(x[1], out, kernel, { stride, padding, groups, bias });
    assign(layer.weight, filled(w, index + 1, Math.sqrt(gain / product(w.slice(1)))));
    if (layer.bias !== null) assign(layer.bias, filled([out], 100 + index, 0.01));
    return layer;
  });
}

function classifierOf(width: number, classes: number): nn.Linear {
  const linear = new nn.Linear(width, classes);
  assign(linear.weight, filled([classes, width], 201, 1 / Math.sqrt(width)));
  if (linear.bias !== null) assign(linear.bias, filled([classes], 202, 0.01));
  return linear;
}

/** Layers, mean over the image, classifier. */
class Net extends nn.Module {
  readonly features: nn.Sequential;
  readonly classifier: nn.Linear;
  constructor(features: nn.Sequential, classifier: nn.Linear) {
    super();
    this.features = features;
    this.classifier = classifier;
  }
  forward(x: Tensor): Tensor {
    return this.classifier.call(this.features.call(x).mean([2, 3]));
  }
}

const widthOf = (convs: readonly Conv[]): number => convs.at(-1)?.out ?? 0;

// ---- one function per kind --------------------------------------------------------------------------

function forward(model: nn.Module & { forward(x: Tensor): Tensor }, x: Tensor): Prepared {
  return {
    run: () => noGrad(() => scope(() => void model.call(x))),
    probe: () => noGrad(() => scope(() => [meanAbs(model.call(x))])),
  };
}

function chain({ input, convs }: Chain, pass: Pass): Prepared {
  const model = new nn.Sequential(...convolutions(input, convs, 1, false));
  const x = filled(input, 0);
  if (pass === "fwd") return forward(model, x);
  x.requiresGrad = true;
  const weights = model.parameters();
  const dy = filled(layersOf(input, convs).at(-1)?.y ?? [], 300);
  const gradients = () => grad(model.call(x), [x, ...weights], { gradOutputs: [dy] });
  return {
    run: () => scope(() => void gradients()),
    probe: () =>
      scope(() => {
        const [dx, ...dw] = gradients() as [Tensor, ...Tensor[]];
        return [meanAbs(dx), meanAbs(...dw)];
      }),
  };
}

function inference({ input, convs, classes }: Inference): Prepared {
  const layers = convolutions(input, convs, 2, true).flatMap((layer) => [layer, new nn.ReLU()]);
  const net = new Net(new nn.Sequential(...layers), classifierOf(widthOf(convs), classes));
  return forward(net, filled(input, 0));
}

function trainingStep({ input, convs, classes, lr, eps }: Step): Prepared {
  const layers = convolutions(input, convs, 2, false).flatMap((layer) => [
    layer,
    new nn.BatchNorm2d(layer.outChannels, { eps, trackRunningStats: false }),
    new nn.ReLU(),
  ]);
  const net = new Net(new nn.Sequential(...layers), classifierOf(widthOf(convs), classes));
  const optimizer = new optim.SGD(net.parameters(), { lr });
  const x = filled(input, 0);
  const labels = tensor(
    Int32Array.from({ length: input[0] }, (_, i) => i % classes),
    { dtype: "int64", shape: [input[0]] },
  );
  /** As a user writes it: no scope(). */
  const step = (): number => {
    optimizer.zeroGrad();
    const loss = F.crossEntropy(net.call(x), labels);
    loss.backward();
    optimizer.step();
    return loss.item();
  };
  return { run: () => void step(), probe: () => [step()] };
}

// Functions of the module, not closures: what is measured is the cost of a call.
function addLoop(a: Tensor, b: Tensor, count: number): void {
  for (let i = 0; i < count; i++) a.add(b);
}
function addChains({ count, length }: Adds, a: Tensor, b: Tensor): void {
  for (let i = 0; i < count; i += length) {
    let y = a;
    for (let j = 0; j < length; j++) y = y.add(b);
    grad(y.sum(), [a, b]);
  }
}

function adds(spec: Adds, pass: Pass): Prepared {
  const requiresGrad = pass === "fwdbwd";
  const [a, b] = [filled([spec.size], 0), filled([spec.size], 1)];
  a.requiresGrad = requiresGrad;
  b.requiresGrad = requiresGrad;
  return {
    run: requiresGrad ? () => addChains(spec, a, b) : () => addLoop(a, b, spec.count),
    probe: () => [],
  };
}

function gemm({ size }: Gemm): Prepared {
  const [a, b] = [filled([size, size], 0), filled([size, size], 1)];
  return {
    run: () => scope(() => void a.matmul(b)),
    probe: () => scope(() => [meanAbs(a.matmul(b))]),
  };
}

export function prepare(spec: Spec, pass: Pass): Prepared {
  switch (spec.kind) {
    case "chain":
      return chain(spec, pass);
    case "inference":
      return inference(spec);
    case "step":
      return trainingStep(spec);
    case "adds":
      return adds(spec, pass);
    case "gemm":
      return gemm(spec);
    case "memory":
      return memoryRow(spec.op, pass);
  }
}

/** What one call runs, as "op:kernel" in the order of the first call of each. */
export function kernelsOf(prepared: Prepared): string[] {
  const names = new Set<string>();
  const stop = onRun(({ op, variant }) => {
    if (variant !== "view") names.add(`${op}:${variant}`);
  });
  try {
    prepared.run();
  } finally {
    stop();
  }
  return [...names];
}
