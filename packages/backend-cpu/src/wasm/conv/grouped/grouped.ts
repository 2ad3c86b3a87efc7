// Convolution with few channels per group, or few channels at all, forward and input gradient, as sums over channels
// and taps (conv/grouped/sums.ts). Planes of one group are copied to a box of the thread's own (padding, phases of a
// stride) and used at once, while they are in the cache.

import { upTo } from "../../assembler/lists.ts";
import type { WasmContext } from "../../context.ts";
import type { ActivationCode } from "../../gemm/contraction.ts";
import { allPhases, at3, type Phase } from "../boxes.ts";
import { type Conv3, ofGeometry, ofVariant, perKind } from "../geometry.ts";
import { clearBytes } from "../pad.ts";
import { phaseSpan } from "./fill.ts";
import {
  ENOUGH_UNITS,
  planSums,
  roundUp,
  runSums,
  type Source,
  type Sums,
  type SumsPlan,
  type Tile,
} from "./sums.ts";

/** One or two dims. */
export const isPlanar = (c: Conv3): boolean =>
  c.input[0] === 1 && c.kernel[0] === 1 && c.output[0] === 1 && c.padding[0] === 0;

/** Of one dim: phases that taps read, as their index by phase. */
export function usedPhases(c: Conv3, d: number): number[] {
  const used = new Set<number>();
  for (let t = 0; t < at3(c.kernel, d); t++) used.add((t * at3(c.dilation, d)) % at3(c.stride, d));
  return [...used].sort((a, b) => a - b);
}

/** Where outputs of neighbouring indices find the inputs of a convolution. */
function forwardSource(c: Conv3): Source {
  const [, height, width] = c.input;
  const [, sh, sw] = c.stride;
  const [inPer, inPlane] = [c.channels / c.groups, height * width];
  const inPlace =
    sh === 1 && sw === 1 && c.padding[1] === 0 && c.padding[2] === 0 && c.output[2] >= 4;
  const [phaseRows, phaseColumns] = [usedPhases(c, 1), usedPhases(c, 2)];
  const haloOf = (d: 1 | 2): number =>
    Math.floor(((c.kernel[d] - 1) * c.dilation[d]) / c.stride[d]);
  const halo = haloOf(1);
  const pitch = inPlace ? width : c.output[2] + haloOf(2);
  const phases = inPlace ? 1 : phaseRows.length * phaseColumns.length;
  const boxAll = c.output[1] + halo;
  return {
    inPlace,
    pitch,
    halo,
    phases,
    fill: (rows, strips) => ({
      rows: phaseRows.map((p) => phaseSpan(p, height, sh, c.padding[1], boxAll)),
      columns: phaseColumns.map((p) => phaseSpan(p, width, sw, c.padding[2], pitch)),
      stride: [sh, sw],
      width,
      plane: inPlane,
      boxRows: rows + halo,
      pitch,
      phase: inPlace ? inPlane : roundUp((rows + halo) * pitch, 4),
      strips,
    }),
    taps: (phase) => {
      const offsets: number[] = [];
      for (let i = 0; i < inPer; i++) {
        for (let ky = 0; ky < c.kernel[1]; ky++) {
          for (let kx = 0; kx < c.kernel[2]; kx++) {
            const [a, b] = [ky * c.dilation[1], kx * c.dilation[2]];
            const plane =
              phaseRows.indexOf(a % sh) * phaseColumns.length + phaseColumns.indexOf(b % sw);
            const pixel = Math.floor(a / sh) * pitch + Math.floor(b / sw);
            offsets.push(((i * phases + plane) * phase + pixel) * 4);
          }
        }
      }
      return offsets;
    },
  };
}

/** Pixels of a pointwise convolution need no rows: where there is enough to share out, a plane is one row. */
function joinRows(c: Conv3): Conv3 {
  const pointwise =
    c.kernelSize === 1 && c.padding.every((p) => p === 0) && c.stride.every((s) => s === 1);
  if (!pointwise || c.outputSize < 4) return c;
  if (c.batch * c.groups < ENOUGH_UNITS && c.output[2] % 4 === 0) return c;
  const size = [1, 1, c.outputSize] as const;
  return { ...c, input: size, output: size };
}

const forwardPlans = perKind((relaxed) =>
  ofVariant((c, activation: ActivationCode) => planSums(forwardSums(c, activation), relaxed)),
);

/** y = activation(x ⋆ w + bias). */
export function groupedForward(
  ctx: WasmContext,
  c: Conv3,
  x: number,
  w: number,
  bias: number | undefined,
  y: number,
  activation: ActivationCode = 0,
  tile?: Tile,
): void {
  // A tile of one's own is for tests.
  const plan =
    tile === undefined
      ? forwardPlans(ctx.relaxed)(c, activation)
      : planSums(forwardSums(c, activation), ctx.relaxed, tile);
  if (plan !== undefined) runSums(ctx, plan, x, w, bias ?? 0, y);
}

function forwardSums(c: Conv3, activation: ActivationCode): Sums {
  const [inPer, outPer] = [c.channels / c.groups, c.outChannels / c.groups];
  const flat = joinRows(c);
  const k = inPer * c.kernelSize;
  return {
    images: c.batch,
    groups: c.groups,
    channels: inPer,
    out: outPer,
    groupIn: inPer * c.inputSize * 4,
    yOffset: 0,
    activation,
    rows: flat.output[1],
    columns: flat.output[2],
    rowOut: flat.output[2] * 4,
    laneOut: 4,
    planeOut: c.outputSize * 4,
    groupOut: outPer * c.outputSize * 4,
    weights: { group: outPer * k * 4, row: k * 4, offsets: upTo(k).map((i) => i * 4) },
    source: forwardSource(flat),
  };
}

/** The gradients of y as a phase of dx sees them: a box that starts `low` before the plane. */
function gradSource(c: Conv3, y: Phase, x: Phase): Source {
  const [, height, width] = c.output;
  const outPer = c.outChannels / c.groups;
  // Output j of the phase reads origin + j − back·u of g for tap u.
  const span = (p: Phase): number => p.back * (p.taps - 1);
  const low = (p: Phase): number => p.origin - span(p);
  const pitch = x.pixels + span(x);
  const box = (p: Phase, size: number, length: number) => phaseSpan(low(p), size, 1, 0, length);
  const inPlace =
    low(y) === 0 &&
    low(x) === 0 &&
    pitch === width &&
    y.pixels + span(y) <= height &&
    x.pixels >= 4;
  return {
    inPlace,
    pitch: inPlace ? width : pitch,
    halo: span(y),
    phases: 1,
    fill: (rows, strips) => ({
      rows: [box(y, height, y.pixels + span(y))],
      columns: [box(x, width, pitch)],
      stride: [1, 1],
      width,
      plane: c.outputSize,
      boxRows: rows + span(y),
      pitch,
      phase: inPlace ? c.outputSize : roundUp((rows + span(y)) * pitch, 4),
      strips,
    }),
    taps: (phase) =>
      upTo(outPer).flatMap((o) =>
        upTo(y.taps).flatMap((u) =>
          upTo(x.taps).map(
            (v) => (o * phase + (span(y) - y.back * u) * pitch + span(x) - x.back * v) * 4,
          ),
        ),
      ),
  };
}

/** dx from the gradient g of y: each phase of the stride is a convolution of its own with some of the taps. */
export function groupedInputGrad(
  ctx: WasmContext,
  c: Conv3,
  g: number,
  w: number,
  dx: number,
  tile?: Tile,
): void {
  const { idle, phases } =
    tile === undefined ? inputGradPlans(ctx.relaxed)(c) : planInputGrad(c, ctx.relaxed, tile);
  if (idle) clearBytes(ctx, dx, c.batch * c.channels * c.inputSize * 4);
  for (const plan of phases) runSums(ctx, plan, g, w, 0, dx);
}

interface InputGradPlan {
  /** Some pixels have no tap. */
  readonly idle: boolean;
  readonly phases: readonly SumsPlan[];
}

const inputGradPlans = perKind((relaxed) => ofGeometry((c) => planInputGrad(c, relaxed)));

function planInputGrad(geometry: Conv3, relaxed: boolean, tile?: Tile): InputGradPlan {
  const c = joinRows(geometry);
  const [, rows, columns] = allPhases(c);
  const phases: SumsPlan[] = [];
  for (const y of rows) {
    for (const x of columns) {
      if (y.taps * x.taps === 0) continue;
      const plan = planSums(inputGradSums(c, y, x), relaxed, tile);
      if (plan !== undefined) phases.push(plan);
    }
  }
  return { idle: [...rows, ...columns].some(({ taps }) => taps === 0), phases };
}

function inputGradSums(c: Conv3, y: Phase, x: Phase): Sums {
  const [inPer, outPer] = [c.channels / c.groups, c.outChannels / c.groups];
  const [, , width] = c.input;
  const [, sh, sw] = c.stride;
  const tap = (u: number, v: number): number =>
    (y.first + y.step * u) * c.kernel[2] + x.first + x.step * v;
  return {
    images: c.batch,
    groups: c.groups,
    channels: outPer,
    out: inPer,
    groupIn: outPer * c.outputSize * 4,
    yOffset: (y.phase * width + x.phase) * 4,
    activation: 0,
    rows: y.pixels,
    columns: x.pixels,
    rowOut: sh * width * 4,
    laneOut: sw * 4,
    planeOut: c.inputSize * 4,
    groupOut: inPer * c.inputSize * 4,
    weights: {
      group: outPer * inPer * c.kernelSize * 4,
      row: c.kernelSize * 4,
      offsets: upTo(outPer).flatMap((o) =>
        upTo(y.taps).flatMap((u) =>
          upTo(x.taps).map((v) => (o * inPer * c.kernelSize + tap(u, v)) * 4),
        ),
      ),
    },
    source: gradSource(c, y, x),
  };
}
