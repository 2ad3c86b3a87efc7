// What is measured: ids, shapes, arithmetic and minimum bytes. Plain data, so that it can be sent to the
// peers as it is; nothing here computes a tensor.
//
// FLOP = 2 × multiply-adds of the forward, × 3 for forward + backward; taps that fall into the padding count.
// Minimum bytes count each tensor once at 4 bytes: forward x + w + y of every layer; forward + backward adds
// x, w and dy read and dx and dw written.

export type Pass = "fwd" | "fwdbwd";
export type Shape4 = readonly [n: number, c: number, h: number, w: number];

/** One convolution without bias; the same in both dims. */
export interface Conv {
  readonly out: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly groups: number;
}

/** Convolutions one after the other. */
export interface Chain {
  readonly kind: "chain";
  readonly input: Shape4;
  readonly convs: readonly Conv[];
}
/** Convolution + bias + ReLU each; then mean over the image and a linear layer with bias. */
export interface Inference {
  readonly kind: "inference";
  readonly input: Shape4;
  readonly convs: readonly Conv[];
  readonly classes: number;
}
/** Convolution + batch norm + ReLU each; mean, linear, cross-entropy; backward; SGD. */
export interface Step {
  readonly kind: "step";
  readonly input: Shape4;
  readonly convs: readonly Conv[];
  readonly classes: number;
  readonly lr: number;
  readonly eps: number;
}
/** `count` additions of two tensors of `size` elements; fwdbwd: in chains of `length`, summed, differentiated. */
export interface Adds {
  readonly kind: "adds";
  readonly size: number;
  readonly count: number;
  readonly length: number;
}
/** A square matrix product. */
export interface Gemm {
  readonly kind: "gemm";
  readonly size: number;
}
/** An op that moves memory; own-memory.ts says what it does. */
export interface Traffic {
  readonly kind: "memory";
  readonly op: MemoryOp;
}
export type Spec = Chain | Inference | Step | Adds | Gemm | Traffic;

export interface Cost {
  readonly flops: number;
  readonly bytes: number;
}
export interface Workload {
  readonly id: string;
  readonly note: string;
  readonly spec: Spec;
  /** The passes it has, with what each of them costs at least. */
  readonly passes: { readonly [P in Pass]?: Cost };
}

// ---- arithmetic -------------------------------------------------------------------------------------

export interface Layer extends Conv {
  readonly x: Shape4;
  readonly w: Shape4;
  readonly y: Shape4;
}

export const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The convolutions with the shapes that they see. */
export function layersOf(input: Shape4, convs: readonly Conv[]): Layer[] {
  let x = input;
  return convs.map((conv) => {
    const { out, kernel, stride, padding, groups } = conv;
    const size = (n: number) => Math.floor((n + 2 * padding - kernel) / stride) + 1;
    const w: Shape4 = [out, x[1] / groups, kernel, kernel];
    const layer = { ...conv, x, w, y: [x[0], out, size(x[2]), size(x[3])] as const };
    x = layer.y;
    return layer;
  });
}

function convCosts(input: Shape4, convs: readonly Conv[]): Record<Pass, Cost> {
  let flops = 0;
  let forward = 0;
  let both = 0;
  for (const { x, w, y } of layersOf(input, convs)) {
    const [X, W, Y] = [product(x), product(w), product(y)];
    flops += 2 * Y * (W / w[0]);
    forward += 4 * (X + W + Y);
    both += 4 * (3 * X + 3 * W + 2 * Y);
  }
  return { fwd: { flops, bytes: forward }, fwdbwd: { flops: 3 * flops, bytes: both } };
}

// ---- convolutions -----------------------------------------------------------------------------------

const conv = (
  out: number,
  kernel: number,
  stride: number,
  padding: number,
  groups: number,
): Conv => ({
  out,
  kernel,
  stride,
  padding,
  groups,
});

function chain(id: string, note: string, input: Shape4, convs: readonly Conv[]): Workload {
  return { id, note, spec: { kind: "chain", input, convs }, passes: convCosts(input, convs) };
}

const W1A: Shape4 = [8, 256, 14, 14];
const W1B: Shape4 = [1, 256, 32, 32];

const ten = (name: string, input: Shape4): Workload[] =>
  [1, 2, 4, 256].map((g) => {
    const convs = Array.from({ length: 10 }, () => conv(256, 3, 1, 1, g));
    return chain(`${name}-g${g}`, `10 × conv 3×3, 256 → 256, ${g} groups`, input, convs);
  });

const CHAINS: readonly Workload[] = [
  ...ten("W1a", W1A),
  ...ten("W1b", W1B),
  chain("W2a", "depthwise 3×3", [8, 256, 32, 32], [conv(256, 3, 1, 1, 256)]),
  chain("W2b", "depthwise 5×5", [8, 256, 32, 32], [conv(256, 5, 1, 2, 256)]),
  chain("W2c", "depthwise 7×7", [8, 256, 32, 32], [conv(256, 7, 1, 3, 256)]),
  chain("W2d3", "depthwise 3×3, no padding", [1, 1024, 20, 20], [conv(1024, 3, 1, 0, 1024)]),
  chain("W2d5", "depthwise 5×5, no padding", [1, 1024, 20, 20], [conv(1024, 5, 1, 0, 1024)]),
  chain("W2e", "depthwise 5×5, 50,000 channels", [1, 50000, 9, 9], [conv(50000, 5, 1, 4, 50000)]),
  chain("W2f", "depthwise 3×3, multiplier 2", [8, 128, 28, 28], [conv(256, 3, 1, 1, 128)]),
  chain("W2g", "depthwise 3×3, stride 2", [8, 128, 56, 56], [conv(128, 3, 2, 1, 128)]),
  chain(
    "W3sep",
    "depthwise 3×3 + pointwise",
    [8, 256, 28, 28],
    [conv(256, 3, 1, 1, 256), conv(256, 1, 1, 0, 1)],
  ),
  chain("W3pw", "pointwise 1024 → 1024", [1, 1024, 20, 20], [conv(1024, 1, 1, 0, 1)]),
];

/** The layer of W1a at any number of groups. */
export const GROUPS: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const SWEEP: readonly Workload[] = GROUPS.map((g) =>
  chain(`G-${g}`, `conv 3×3, 256 → 256, ${g} groups`, W1A, [conv(256, 3, 1, 1, g)]),
);

// ---- networks ---------------------------------------------------------------------------------------

/** A stem, then blocks of a 3×3 depthwise and a pointwise convolution. */
function separable(
  stem: Conv,
  blocks: readonly (readonly [out: number, stride: number])[],
): readonly Conv[] {
  let width = stem.out;
  return [
    stem,
    ...blocks.flatMap(([out, stride]) => {
      const both = [conv(width, 3, stride, 1, width), conv(out, 1, 1, 0, 1)];
      width = out;
      return both;
    }),
  ];
}

// MobileNetV1, width 1.0. Howard et al., arXiv 1704.04861, table 1; batch norm folded into the bias.
const MOBILENET_V1 = separable(conv(32, 3, 2, 1, 1), [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  ...Array.from({ length: 5 }, () => [512, 1] as const),
  [1024, 2],
  [1024, 1],
]);
const SMALL = separable(conv(32, 3, 1, 1, 1), [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
]);

const IMAGE: Shape4 = [1, 3, 224, 224];

function step(id: string, input: Shape4): Workload {
  return {
    id,
    note: `training step, batch ${input[0]} of ${input[1]}×${input[2]}×${input[3]}`,
    spec: { kind: "step", input, convs: SMALL, classes: 10, lr: 0.01, eps: 1e-5 },
    passes: { fwdbwd: convCosts(input, SMALL).fwdbwd },
  };
}

const NETWORKS: readonly Workload[] = [
  {
    id: "W4inf",
    note: "MobileNetV1, one image of 224×224",
    spec: { kind: "inference", input: IMAGE, convs: MOBILENET_V1, classes: 1000 },
    passes: { fwd: convCosts(IMAGE, MOBILENET_V1).fwd },
  },
  step("W4t28", [32, 1, 28, 28]),
  step("W4t32", [32, 3, 32, 32]),
];

// ---- the rest ---------------------------------------------------------------------------------------

const ADDS: Adds = { kind: "adds", size: 10, count: 10_000, length: 100 };
const addCost: Cost = { flops: 0, bytes: 0 };

const OVERHEAD: readonly Workload[] = [
  { id: "W5fwd", note: "10,000 adds of 10 elements", spec: ADDS, passes: { fwd: addCost } },
  {
    id: "W5bwd",
    note: "100 chains of 100 adds of 10 elements",
    spec: ADDS,
    passes: { fwdbwd: addCost },
  },
];

const GEMMS: readonly Workload[] = [512, 1024].map((n) => ({
  id: `W6-${n}`,
  note: `matrix product ${n} × ${n} × ${n}`,
  spec: { kind: "gemm", size: n },
  passes: { fwd: { flops: 2 * n ** 3, bytes: 12 * n * n } },
}));

// What each moves at least, in tensors of 8 MiB: forward, and forward + backward where that is a row of its
// own. Ops that also need arithmetic worth speaking of (exp, tanh, erf) are not held to the copy roof.
const MEMORY = {
  copy: ["clone", 2],
  fill: ["zeros", 1],
  add: ["a + b", 3],
  mul: ["a · b", 3],
  relu: ["relu", 2, 5],
  exp: ["exp", 2],
  tanh: ["tanh", 2],
  erf: ["erf", 2],
  sum0: ["sum over dim 0 of 8×256×32×32", 1 + 1 / 8],
  sum1: ["sum over dim 1 of 8×256×32×32", 1 + 1 / 256],
  sum2: ["sum over dim 2 of 8×256×32×32", 1 + 1 / 32],
  sum3: ["sum over dim 3 of 8×256×32×32", 1 + 1 / 32],
  sum: ["sum of all", 1],
  batchNorm: ["batch norm, batch statistics, 8×256×32×32", 2, 5],
  normRelu: ["batch norm + ReLU", 2, 5],
  layerNorm: ["layer norm over 1024", 2, 5],
  maxPool: ["max pool 2×2 of 8×256×32×32", 1 + 1 / 4, 2 + 2 / 4],
  avgPool: ["average pool 2×2 of 8×256×32×32", 1 + 1 / 4, 2 + 2 / 4],
  softmax: ["softmax over 1024", 2],
  crossEntropy: ["softmax cross-entropy, 2048 × 1024 classes", 1, 3],
  permute: ["NCHW to NHWC, 8×256×32×32", 2],
  transpose: ["2048×1024 transposed", 2],
  cast: ["float32 to int32", 2],
  castBytes: ["uint8 to float32", 1 + 1 / 4],
  gather: ["gather within rows of 1024, int64 indices", 4],
  indexSelect: ["2048 of 4096 rows of 1024", 2],
  scatterAdd: ["scatterAdd within rows of 1024, int64 indices", 5],
  cat: ["cat of two halves", 2],
  sgd: ["SGD step, 64 parameters", 3],
  momentum: ["SGD step with momentum, 64 parameters", 5],
  adamw: ["AdamW step, 64 parameters", 7],
} as const satisfies Record<string, readonly [note: string, fwd: number, fwdbwd?: number]>;

export type MemoryOp = keyof typeof MEMORY;
/** The tensor of these rows: 8 MiB of float32. */
export const PLANES: Shape4 = [8, 256, 32, 32];
export const MATRIX: readonly [rows: number, columns: number] = [2048, 1024];
/** Arithmetic bound, or nearly. */
export const TRANSCENDENTAL: readonly MemoryOp[] = ["exp", "tanh", "erf"];

const TRAFFIC: readonly Workload[] = (Object.keys(MEMORY) as MemoryOp[]).map((op) => {
  const [note, forward, both]: readonly [string, number, number?] = MEMORY[op];
  const cost = (tensors: number): Cost => ({ flops: 0, bytes: tensors * 4 * product(PLANES) });
  const passes = { fwd: cost(forward), ...(both === undefined ? {} : { fwdbwd: cost(both) }) };
  return { id: `M-${op}`, note, spec: { kind: "memory", op }, passes };
});

/** In the order of a run: what is smallest first, before the engine has seen much else. */
export const WORKLOADS: readonly Workload[] = [
  ...OVERHEAD,
  ...CHAINS,
  ...NETWORKS,
  ...GEMMS,
  ...SWEEP,
  ...TRAFFIC,
];
