// The memory-bound rows on tapegrad.
import { cat, F, grad, nn, noGrad, ones, optim, scope, type Tensor, tensor, zeros } from "tapegrad";
import { uniform } from "./data.ts";
import type { Prepared } from "./own.ts";
import { MATRIX, type MemoryOp, type Pass, PLANES, product } from "./workloads.ts";

const [ROWS, COLUMNS] = MATRIX;
const CHANNELS = PLANES[1];
const PARAMETERS = 64;

type Op = (x: Tensor) => Tensor;
/** What is applied to x, and what else has a gradient. */
interface Applied {
  readonly op: Op;
  readonly parameters?: readonly Tensor[];
}

const filled = (shape: readonly number[], seed: number): Tensor =>
  tensor(uniform(product(shape), seed), { shape });
/** int64 indices below `end`, in no order. */
const indices = (shape: readonly number[], end: number): Tensor =>
  tensor(
    Int32Array.from(uniform(product(shape), 7, 1), (v) => Math.floor(Math.abs(v) * 1e6) % end),
    { shape, dtype: "int64" },
  );

/** A layer, and its parameters. */
const layer = (module: nn.Module & { forward(x: Tensor): Tensor }): Applied => ({
  op: (x) => module.call(x),
  parameters: module.parameters(),
});

/** Rows on [8, 256, 32, 32]. */
const ON_PLANES: { readonly [K in MemoryOp]?: () => Applied } = {
  copy: () => ({ op: (x) => x.clone() }),
  fill: () => ({ op: () => zeros(PLANES) }),
  add: () => {
    const other = filled(PLANES, 1);
    return { op: (x) => x.add(other) };
  },
  mul: () => {
    const other = filled(PLANES, 1);
    return { op: (x) => x.mul(other) };
  },
  relu: () => ({ op: (x) => x.relu() }),
  exp: () => ({ op: (x) => x.exp() }),
  tanh: () => ({ op: (x) => x.tanh() }),
  erf: () => ({ op: (x) => x.erf() }),
  sum0: () => ({ op: (x) => x.sum(0) }),
  sum1: () => ({ op: (x) => x.sum(1) }),
  sum2: () => ({ op: (x) => x.sum(2) }),
  sum3: () => ({ op: (x) => x.sum(3) }),
  sum: () => ({ op: (x) => x.sum() }),
  batchNorm: () => layer(new nn.BatchNorm2d(CHANNELS, { trackRunningStats: false })),
  normRelu: () =>
    layer(
      new nn.Sequential(new nn.BatchNorm2d(CHANNELS, { trackRunningStats: false }), new nn.ReLU()),
    ),
  maxPool: () => ({ op: (x) => F.maxPool2d(x, 2) }),
  avgPool: () => ({ op: (x) => F.avgPool2d(x, 2) }),
  permute: () => ({ op: (x) => x.permute([0, 2, 3, 1]).clone() }),
  cast: () => ({ op: (x) => x.to("int32") }),
  castBytes: () => {
    const bytes = tensor(Uint8Array.from({ length: product(PLANES) }, (_, i) => i % 251));
    return { op: () => bytes.to("float32") };
  },
  cat: () => {
    const shape = [PLANES[0] / 2, ...PLANES.slice(1)];
    const halves = [filled(shape, 1), filled(shape, 2)];
    return { op: () => cat(halves, { dim: 0 }) };
  },
};

/** Rows on [2048, 1024]. */
const ON_MATRIX: { readonly [K in MemoryOp]?: () => Applied } = {
  layerNorm: () => layer(new nn.LayerNorm(COLUMNS)),
  softmax: () => ({ op: (x) => x.softmax(1) }),
  crossEntropy: () => {
    const labels = indices([ROWS], COLUMNS);
    return { op: (x) => F.crossEntropy(x, labels) };
  },
  transpose: () => ({ op: (x) => x.t().clone() }),
  gather: () => {
    const index = indices(MATRIX, COLUMNS);
    return { op: (x) => x.gather(1, index) };
  },
  indexSelect: () => {
    const index = indices([ROWS], 2 * ROWS);
    const table = filled([2 * ROWS, COLUMNS], 1);
    return { op: () => table.indexSelect(0, index) };
  },
  scatterAdd: () => {
    const index = indices(MATRIX, COLUMNS);
    const source = filled(MATRIX, 1);
    return { op: (x) => x.scatterAdd(1, index, source) };
  },
};

type AnyOptimizer = optim.SGD | optim.AdamW;
const OPTIMIZERS: { readonly [K in MemoryOp]?: (p: nn.Parameter[]) => AnyOptimizer } = {
  sgd: (p) => new optim.SGD(p, { lr: 1e-3 }),
  momentum: (p) => new optim.SGD(p, { lr: 1e-3, momentum: 0.9 }),
  adamw: (p) => new optim.AdamW(p, { lr: 1e-3 }),
};

function stepOf(make: (p: nn.Parameter[]) => AnyOptimizer): Prepared {
  const shape = [product(PLANES) / PARAMETERS];
  const parameters = Array.from({ length: PARAMETERS }, (_, i) => {
    const p = new nn.Parameter(filled(shape, i));
    p.grad = filled(shape, 100 + i);
    return p;
  });
  const optimizer = make(parameters);
  return { run: () => optimizer.step(), probe: () => [] };
}

export function memoryRow(name: MemoryOp, pass: Pass): Prepared {
  const optimizer = OPTIMIZERS[name];
  if (optimizer !== undefined) return stepOf(optimizer);
  const make = ON_PLANES[name] ?? ON_MATRIX[name];
  if (make === undefined) throw new Error(`own-memory.ts has no '${name}'`);
  const { op, parameters = [] } = make();
  const x = filled(ON_PLANES[name] === undefined ? MATRIX : PLANES, 0);
  if (pass === "fwd") {
    return { run: () => noGrad(() => scope(() => void op(x))), probe: () => [] };
  }
  x.requiresGrad = true;
  const shape = noGrad(() => scope(() => op(x).shape));
  const dy = shape.length === 0 ? ones(shape) : filled(shape, 1);
  return {
    run: () => scope(() => void grad(op(x), [x, ...parameters], { gradOutputs: [dy] })),
    probe: () => [],
  };
}
