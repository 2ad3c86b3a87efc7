// Batch normalisation: which channels go together, addresses and sizes for the kernels. Inputs that are not
// dense are copied first.
//
// A channel is looked at twice, for its statistics and for the result. Where its elements fit into the
// second-level cache, a task does both for a few channels after the other: as few at a time as make stretches of
// memory long enough to be read quickly. Where not, tasks are slices of all channels, their sums are added up in
// order, and a second launch makes the result.
import type { FusedKernels, View } from "@tapegrad/core";
import { sizeOf } from "@tapegrad/core";
import type { Scratch, WasmContext } from "../context.ts";
import { pieces, traffic } from "../threads/launch.ts";
import { addressOf, contiguousAt } from "../view.ts";
import { type BatchNormGradKernels, batchNormGradFuncs } from "./batch-norm-grad-kernels.ts";
import {
  type BatchNormKernels,
  batchNormFuncs,
  givenKernel,
  runningKernel,
} from "./batch-norm-kernels.ts";
import { batchNormGradLanes, batchNormLanes } from "./batch-norm-lanes.ts";
import { constantSize, isSmall } from "./planes.ts";

type Kernels = Pick<
  FusedKernels,
  "batchNorm" | "batchNormRunning" | "batchNormGrad" | "batchNormEval"
>;

const float32 = (...views: readonly (View | undefined)[]): boolean =>
  views.every((v) => v === undefined || v.dtype === "float32");

/** A channel of all tensors together has at most this many bytes if it is to stay in the second-level cache. */
const CACHED = 1024 * 1024;
/** Channels are taken together until their planes, which lie side by side, make a stretch of this many bytes. */
const STRETCH = 4 * 1024;
/** Groups of channels of a task, about, if there are so many: one is measured while another is made. */
const GROUPS = 16;
/** Bytes of a slice, roughly. */
const SLICE = 128 * 1024;
const MOST_SLICES = 64;
/** Slices of lanes, at most. */
const LANE_SLICES = 16;
/** Bytes per channel in which small planes are summed, of two sums. */
const RUN = 32;
/** A centre is the mean of this many elements, if the channel has them. */
const CENTRE = 64;
const LARGEST_CENTRE = 256;

/** What the kernels' first five arguments say, and the bytes to add to the address of the tensor. */
type Part = readonly [
  images: number,
  channels: number,
  n: number,
  planeStep: number,
  imageStep: number,
  offset: number,
];

interface Layout {
  readonly channels: number;
  /** Elements of a channel. */
  readonly count: number;
  readonly lanes: boolean;
  /** The size the kernels are made for. */
  readonly size: number;
  /** Channels worked on at a time. */
  readonly step: number;
  /** Where a channel fits the cache: channels first … first + part[1] − 1 of all images. */
  readonly groups: readonly (readonly [first: number, part: Part])[];
  /** Where not: parts of all channels; else empty. */
  readonly slices: readonly Part[];
  /** The elements whose mean is near that of the channel; per group of channels or for all. */
  centre(part: Part): Part;
}

const layouts = new Map<string, Layout>();

/** @param streams tensors of this shape that are read or written */
function layoutOf(shape: readonly number[], streams: number): Layout {
  const key = `${streams}/${shape}`;
  let layout = layouts.get(key);
  if (layout === undefined) {
    if (layouts.size > 512) layouts.clear();
    layout = makeLayout(shape, streams);
    layouts.set(key, layout);
  }
  return layout;
}

function makeLayout(shape: readonly number[], streams: number): Layout {
  const [images, channels] = shape as readonly [number, number];
  const plane = sizeOf(shape.slice(2));
  const lanes = plane === 1 && channels >= 4;
  const planeStep = plane * 4;
  const imageStep = channels * planeStep;
  const channelBytes = images * planeStep * streams;
  const rows = Math.min(images, Math.ceil(CENTRE / plane));
  const centre = ([, count, , , , offset]: Part): Part => {
    const n = Math.min(plane, LARGEST_CENTRE);
    return [rows, count, n, planeStep, imageStep, offset];
  };
  const base = {
    channels,
    step: channels,
    count: images * plane,
    lanes,
    size: constantSize(plane),
    centre,
  };
  // Lanes lie side by side in each row: a few of them at a time would jump from page to page.
  const total = channelBytes * channels;
  if (lanes ? total > SLICE : channelBytes > CACHED) {
    return { ...base, groups: [], slices: slicesOf(images, channels, plane) };
  }
  const groups: (readonly [number, Part])[] = [];
  const fitting = Math.max(1, Math.floor(CACHED / channelBytes));
  const step = lanes ? channels : Math.min(fitting, Math.ceil(STRETCH / planeStep));
  pieces(
    channels,
    traffic(total),
    (first, size) =>
      groups.push([first, [images, size, plane, planeStep, imageStep, first * planeStep]]),
    lanes ? step : evenShare(channels, step),
  );
  return { ...base, step, groups, slices: [] };
}

/** Channels of a task: of an even number of tasks, so that none of two threads has one more to do. */
function evenShare(channels: number, step: number): number {
  return Math.ceil(channels / (2 * Math.ceil(channels / (2 * step * GROUPS))));
}

/** Runs of images with all their channels; where an image is large, of parts of its planes. */
function slicesOf(images: number, channels: number, plane: number): Part[] {
  const planeStep = plane * 4;
  const imageStep = channels * planeStep;
  const wanted = Math.ceil((images * imageStep) / SLICE);
  const most = Math.min(plane === 1 ? LANE_SLICES : MOST_SLICES, wanted);
  const perRun = Math.ceil(images / Math.min(images, most));
  const runs = Math.ceil(images / perRun);
  const cuts = Math.max(1, Math.min(Math.ceil(most / runs), Math.ceil(plane / 4096)));
  const n = cuts === 1 ? plane : Math.ceil(plane / cuts / 16) * 16;
  const parts: Part[] = [];
  for (let image = 0; image < images; image += perRun) {
    for (let from = 0; from < plane; from += n) {
      const offset = image * imageStep + from * 4;
      const count = Math.min(n, plane - from);
      const run = Math.min(perRun, images - image);
      parts.push([run, channels, count, planeStep, imageStep, offset]);
    }
  }
  return parts;
}

/** Sixteen-byte steps keep arrays of floats that follow each other aligned. */
const floats = (n: number): number => Math.ceil(n / 4) * 16;

/** Whether each plane is one element over and over, as that of a gradient behind a mean over planes. */
const isFlat = ({ shape, strides, contiguous }: View): boolean =>
  !contiguous && shape.every((n, i) => i < 2 || n === 1 || strides[i] === 0);
/** One element of each plane. */
function perPlane(view: View): View {
  const [shape, strides] = [view.shape.slice(0, 2), view.strides.slice(0, 2)];
  const [images, channels] = shape as [number, number];
  const dense = (images === 1 || strides[0] === channels) && (channels === 1 || strides[1] === 1);
  return { ...view, shape, strides, contiguous: dense };
}

export function batchNormKernels(ctx: WasmContext): Kernels {
  const { relaxed } = ctx;
  /** The address of a dense copy, or 0: none. */
  const optional = (scratch: Scratch, v: View | undefined): number =>
    v === undefined ? 0 : contiguousAt(ctx, scratch, v);
  /** Address + bytes, but none stays none. */
  const plus = (address: number, bytes: number): number => (address === 0 ? 0 : address + bytes);
  const variant = ({ lanes }: Layout): string => (lanes ? "lanes" : "channels");

  return {
    batchNorm(x, weight, bias, y, mean, variance, rstd, eps, activation) {
      if (!float32(x, weight, bias)) return undefined;
      if (sizeOf(x.shape) === 0) return undefined;
      const layout = layoutOf(x.shape, 2);
      const { channels, count, lanes, size, step, groups, slices, centre } = layout;
      const { centres, moments, statistics, normalise, forward } = ctx.get<BatchNormKernels>(
        `batchNorm/${lanes ? "lanes" : size}/${activation}`,
        () => (lanes ? batchNormLanes : batchNormFuncs.bind(null, size))(activation, relaxed),
      );
      return ctx.withScratch((scratch) => {
        const [from, to] = [contiguousAt(ctx, scratch, x), addressOf(y)];
        const [w, b] = [optional(scratch, weight), optional(scratch, bias)];
        const [m, v] = [addressOf(mean), addressOf(variance)];
        const width = floats(channels);
        const arrays = scratch.take(4 * width + 2 * channels * 8 * Math.max(1, slices.length));
        const [near, scale, shift] = [arrays, arrays + width, arrays + 2 * width];
        const r = rstd === undefined ? arrays + 3 * width : addressOf(rstd);
        const sums = arrays + 4 * width;
        const squares = sums + channels * 8;
        const cost = traffic(channels * count * 8);
        if (slices.length === 0) {
          ctx.launch(cost, (tasks) => {
            const run = isSmall(size) ? tasks.local(step * RUN) : 0;
            for (const [c, part] of groups) {
              const [images, n, plane, planeStep, imageStep, offset] = part;
              const [c4, c8] = [c * 4, c * 8];
              const [centreImages, , centreSize] = centre(part);
              tasks.add(
                forward,
                ...[images, n, plane, planeStep, imageStep],
                ...[step, centreImages, centreSize, count, from + offset, to + offset],
                ...[near + c4, sums + c8, squares + c8, plus(w, c4), plus(b, c4)],
                ...[m + c4, v + c4, r + c4, scale + c4, shift + c4, run, eps],
              );
            }
          });
          return variant(layout);
        }
        const [p0, p1, p2, p3, p4, p5] = centre(slices[0] as Part);
        const together = scratch.take(channels * RUN);
        ctx.after(() => ctx.now(centres)(p0, p1, p2, p3, p4, from + p5, near, sums, together));
        const sliceStep = channels * 16;
        ctx.launch(cost, (tasks) => {
          const run = isSmall(size) ? tasks.local(channels * RUN) : 0;
          slices.forEach(([images, n, plane, planeStep, imageStep, offset], i) => {
            const step = i * sliceStep;
            tasks.add(
              moments,
              ...[images, n, plane, planeStep, imageStep, from + offset],
              ...[near, sums + step, squares + step, run],
            );
          });
        });
        ctx.after(() =>
          ctx.now(statistics)(
            ...[channels, slices.length, sliceStep, count, near, sums, squares],
            ...[w, b, m, v, r, scale, shift, eps],
          ),
        );
        ctx.launch(cost, (tasks) => {
          for (const [images, n, plane, planeStep, imageStep, offset] of slices) {
            tasks.add(
              normalise,
              ...[images, n, plane, planeStep, imageStep, from + offset, to + offset],
              ...[scale, shift],
            );
          }
        });
        return "slices";
      });
    },
    batchNormRunning(runningMean, runningVar, mean, variance, { momentum, unbiased }) {
      if (!float32(runningMean, runningVar, mean, variance)) return undefined;
      const { running } = ctx.get<"running">("batchNorm/running", () => [runningKernel()]);
      const channels = sizeOf(mean.shape);
      const keep = 1 - momentum;
      const [runningM, m] = [addressOf(runningMean), addressOf(mean)];
      const [runningV, v] = [addressOf(runningVar), addressOf(variance)];
      ctx.after(() => {
        ctx.now(running)(channels, runningM, m, keep, momentum);
        ctx.now(running)(channels, runningV, v, keep, momentum * unbiased);
      });
      return "channels";
    },
    batchNormEval(x, mean, variance, weight, bias, y, eps, activation) {
      if (!float32(x, mean, variance, weight, bias)) return undefined;
      if (sizeOf(x.shape) === 0) return "empty";
      const layout = layoutOf(x.shape, 2);
      const { channels, count, lanes, size, groups, slices } = layout;
      const { normalise } = ctx.get<BatchNormKernels>(
        `batchNorm/${lanes ? "lanes" : size}/${activation}`,
        () => (lanes ? batchNormLanes : batchNormFuncs.bind(null, size))(activation, relaxed),
      );
      const { given } = ctx.get<"given">("batchNorm/given", () => [givenKernel()]);
      return ctx.withScratch((scratch) => {
        const [from, to] = [contiguousAt(ctx, scratch, x), addressOf(y)];
        const [m, v] = [contiguousAt(ctx, scratch, mean), contiguousAt(ctx, scratch, variance)];
        const [w, b] = [optional(scratch, weight), optional(scratch, bias)];
        const scale = scratch.take(2 * floats(channels));
        const shift = scale + floats(channels);
        ctx.after(() => ctx.now(given)(channels, m, v, w, b, scale, shift, eps));
        ctx.launch(traffic(channels * count * 8), (tasks) => {
          const visit = (c: number, part: Part): void => {
            const [images, n, plane, planeStep, imageStep, offset] = part;
            tasks.add(
              normalise,
              ...[images, n, plane, planeStep, imageStep, from + offset, to + offset],
              ...[scale + c * 4, shift + c * 4],
            );
          };
          for (const [c, part] of groups) visit(c, part);
          for (const part of slices) visit(0, part);
        });
        return variant(layout);
      });
    },
    batchNormGrad(g, x, weight, bias, mean, rstd, dx, dweight, dbias, activation) {
      if (!float32(g, x, weight, bias, mean, rstd)) return undefined;
      if (sizeOf(x.shape) === 0) return undefined;
      const layout = layoutOf(x.shape, 3);
      const { channels, count, lanes, size, step, groups, slices } = layout;
      const flat = !lanes && isFlat(g);
      const { known, products, factors, combine, backward } = ctx.get<BatchNormGradKernels>(
        `batchNormGrad${flat ? "Flat" : ""}/${lanes ? "lanes" : size}/${activation}`,
        () =>
          lanes
            ? batchNormGradLanes(activation, relaxed)
            : batchNormGradFuncs(size, flat, activation, relaxed),
      );
      return ctx.withScratch((scratch) => {
        const up = contiguousAt(ctx, scratch, flat ? perPlane(g) : g);
        const from = contiguousAt(ctx, scratch, x);
        const [m, r] = [contiguousAt(ctx, scratch, mean), contiguousAt(ctx, scratch, rstd)];
        const [w, b] = [optional(scratch, weight), optional(scratch, bias)];
        const [to, dw, db] = [addressOf(dx), addressOf(dweight), addressOf(dbias)];
        const width = floats(channels);
        const arrays = scratch.take(4 * width + 2 * channels * 8 * Math.max(1, slices.length));
        const [scale, shift, fb, fc] = [0, 1, 2, 3].map((i) => arrays + i * width) as [
          number,
          number,
          number,
          number,
        ];
        const totals = arrays + 4 * width;
        const moments = totals + channels * 8;
        const cost = traffic(channels * count * 12);
        if (slices.length === 0) {
          ctx.launch(cost, (tasks) => {
            const run = isSmall(size) ? tasks.local(step * RUN) : 0;
            for (const [c, [images, n, plane, planeStep, imageStep, offset]] of groups) {
              const [c4, c8] = [c * 4, c * 8];
              tasks.add(
                backward,
                ...[images, n, plane, planeStep, imageStep],
                ...[step, count, up + (flat ? c4 : offset), from + offset, to + offset],
                ...[m + c4, r + c4, plus(w, c4), plus(b, c4), scale + c4, shift + c4],
                ...[totals + c8, moments + c8, dw + c4, db + c4, fb + c4, fc + c4, run],
              );
            }
          });
          return variant(layout);
        }
        /** Where g begins that belongs to what lies so many bytes from the beginning of x. */
        const planeBytes = (count / (x.shape[0] as number)) * 4;
        const upAt = (offset: number): number =>
          up + (flat ? Math.floor(offset / planeBytes) * 4 : offset);
        ctx.after(() => ctx.now(known)(channels, m, r, w, b, scale, shift));
        const sliceStep = channels * 16;
        ctx.launch(cost, (tasks) => {
          const run = isSmall(size) ? tasks.local(channels * RUN) : 0;
          slices.forEach(([images, n, plane, planeStep, imageStep, offset], i) => {
            tasks.add(
              products,
              ...[images, n, plane, planeStep, imageStep],
              ...[upAt(offset), from + offset, to + offset],
              ...[m, scale, shift, totals + i * sliceStep, moments + i * sliceStep, run],
            );
          });
        });
        ctx.after(() =>
          ctx.now(factors)(
            ...[channels, slices.length, sliceStep, count, totals, moments],
            ...[m, scale, r, dw, db, fb, fc],
          ),
        );
        ctx.launch(cost, (tasks) => {
          for (const [images, n, plane, planeStep, imageStep, offset] of slices) {
            tasks.add(
              combine,
              ...[images, n, plane, planeStep, imageStep],
              ...[upAt(offset), from + offset, to + offset],
              ...[scale, shift, fb, fc],
            );
          }
        });
        return "slices";
      });
    },
  };
}
