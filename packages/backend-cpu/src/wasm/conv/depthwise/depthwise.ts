// Depthwise convolution (groups = input channels, any multiplier), and grouped convolution with few channels per
// group: driving the kernels that are written for one plane size.
import type { WasmContext } from "../../context.ts";
import type { ActivationCode } from "../../gemm/contraction.ts";
import { type Conv3, ofGeometry, ofVariant } from "../geometry.ts";
import { forwardKernel } from "./forward.ts";
import { inputGradKernel } from "./input-grad.ts";
import { costOf, overChannels, overPlanes } from "./launch.ts";
import type { Cut, PlaneShape } from "./plane.ts";
import { weightGradKernel } from "./weight-grad.ts";

/** Whether the kernels written for one plane size take it: one or two dims, taps that can be written out. */
export function isDirect(c: Conv3): boolean {
  return (
    c.input[0] === 1 &&
    c.kernel[0] === 1 &&
    c.output[0] === 1 &&
    c.padding[0] === 0 &&
    c.kernelSize <= MOST_TAPS
  );
}

const MOST_TAPS = 49;

/** Vector instructions that a kernel may have: what the instruction cache and the compiler take gladly. */
const CODE_BUDGET = 3000;

const planeShape = (c: Conv3): PlaneShape => ({
  kernel: [c.kernel[1], c.kernel[2]],
  stride: [c.stride[1], c.stride[2]],
  dilation: [c.dilation[1], c.dilation[2]],
  padding: [c.padding[1], c.padding[2]],
  input: [c.input[1], c.input[2]],
  output: [c.output[1], c.output[2]],
});

/** Up to so many columns are written out; of wider planes the inner ones share a loop. */
const FEW_COLUMNS = 8;

/**
 * Forward and input gradient of a plane of height × width outputs. Measured: the fewer rows, the more evenly memory
 * is read, the more, the fewer loads; planes of up to 16 rows are read at once anyway.
 */
function sumTiling(s: PlaneShape, height: number, columns: number): Cut {
  const [kh, kw] = s.kernel;
  const kinds = columns <= FEW_COLUMNS ? columns : 3;
  const rows = Math.floor(CODE_BUDGET / (kh * kw * kinds * (height > 16 ? 3 : 1)));
  const most = height <= 16 ? 16 : s.stride[0] > 1 ? 2 : 6;
  return {
    rows: Math.max(1, Math.min(most, rows)),
    columns: columns <= FEW_COLUMNS ? columns : 0,
    settled: false,
  };
}

/** The same for the columns of the weight gradient. */
const FEW_GRADIENT_COLUMNS = 4;

/** Weight gradient. Measured; sums of more than five taps leave no registers for the vectors of a row. */
function weightTiling(s: PlaneShape): Cut {
  const [kh, kw] = s.kernel;
  const columns = Math.ceil(s.output[1] / 4);
  if (kw > 5) return { rows: 1, columns: 0, settled: false };
  if (kh * kw > 9) return { rows: 4, columns: 0, settled: true };
  return columns <= FEW_GRADIENT_COLUMNS
    ? { rows: 7, columns, settled: true }
    : { rows: s.stride[0] === 1 ? 6 : 2, columns: 0, settled: true };
}

/** What planeShape() holds, as a key. */
function keyOf({
  kernel: k,
  stride: s,
  dilation: d,
  padding: p,
  input: i,
  output: o,
}: Conv3): string {
  const taps = `${k[1]},${k[2]} ${s[1]},${s[2]} ${d[1]},${d[2]} ${p[1]},${p[2]}`;
  return `${taps} ${i[1]},${i[2]} ${o[1]},${o[2]}`;
}

/** A variant is twice the activation, plus one where there is a bias. */
const forwardKey = ofVariant(
  (c, variant: number) => `dw forward ${keyOf(c)} ${c.channels > c.groups} ${variant}`,
);
const inputGradKey = ofGeometry((c) => `dw inputGrad ${keyOf(c)} ${c.outChannels > c.groups}`);
const weightGradKey = ofGeometry((c) => `dw weightGrad ${keyOf(c)}`);

/** y = activation(x ⋆ w + bias). */
export function directForward(
  ctx: WasmContext,
  c: Conv3,
  x: number,
  w: number,
  bias: number | undefined,
  y: number,
  activation: ActivationCode = 0,
): void {
  const planes = c.batch * c.outChannels;
  if (planes * c.outputSize === 0) return;
  const sources = c.channels / c.groups;
  const multiplier = c.outChannels / c.groups;
  const biased = bias !== undefined;
  const key = forwardKey(c, 2 * activation + (biased ? 1 : 0));
  const { forward } = ctx.get<"forward">(key, () => {
    const s = planeShape(c);
    const cut = sumTiling(s, s.output[0], Math.ceil(s.output[1] / 4));
    return [forwardKernel(s, cut, sources > 1, biased, activation, ctx.relaxed)];
  });
  overPlanes(ctx, forward, planes, costOf(c), (first, count) => [
    count,
    x + Math.floor(first / multiplier) * sources * c.inputSize * 4,
    w,
    y + first * c.outputSize * 4,
    bias ?? 0,
    first % c.outChannels,
    c.outChannels,
    first % multiplier,
    multiplier,
    sources,
  ]);
}

export function directInputGrad(
  ctx: WasmContext,
  c: Conv3,
  g: number,
  w: number,
  dx: number,
): void {
  const planes = c.batch * c.channels;
  if (planes * c.inputSize === 0) return;
  const multiplier = c.outChannels / c.groups;
  const siblings = c.channels / c.groups;
  const { inputGrad } = ctx.get<"inputGrad">(inputGradKey(c), () => {
    const s = planeShape(c);
    const cut = sumTiling(s, s.input[0], Math.ceil(s.input[1] / (4 * s.stride[1])));
    return [inputGradKernel(s, cut, multiplier > 1, ctx.relaxed)];
  });
  overPlanes(ctx, inputGrad, planes, costOf(c), (first, count) => [
    count,
    g + Math.floor(first / siblings) * multiplier * c.outputSize * 4,
    w,
    dx + first * c.inputSize * 4,
    first % c.channels,
    c.channels,
    first % siblings,
    siblings,
    multiplier,
  ]);
}

export function directWeightGrad(
  ctx: WasmContext,
  c: Conv3,
  g: number,
  x: number,
  dw: number,
): void {
  if (c.outChannels === 0) return;
  const { weightGrad } = ctx.get<"weightGrad">(weightGradKey(c), () => {
    const s = planeShape(c);
    return [weightGradKernel(s, weightTiling(s), ctx.relaxed)];
  });
  overChannels(ctx, c, weightGrad, g, x, dw, [c.channels / c.groups]);
}
