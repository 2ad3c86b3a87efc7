// Which ways there are to compute a depthwise convolution: kernels written for the plane (few taps: memory and
// products are in balance, and edges cost nothing), or column by column of taps (any geometry). Measured.
import type { Conv3 } from "../geometry.ts";
import {
  type ConvPath,
  type Forward,
  type InputGrad,
  isDepthwise,
  type WeightGrad,
} from "../path.ts";
import { columnForward, columnInputGrad, takesColumns } from "./columns.ts";
import { columnWeightGrad } from "./columns-grad.ts";
import { directForward, directInputGrad, directWeightGrad, isDirect } from "./depthwise.ts";

const isDirectDepthwise = (c: Conv3): boolean => isDepthwise(c) && isDirect(c);

/** The direct input gradient is written for steps of one and two columns. */
export const gradsDirectly = (c: Conv3): boolean => isDirect(c) && c.stride[2] <= 2;

/** Taps that an output, or an input, meets; from so many on their columns are loops. */
const MANY_TAPS = 12;
const hasFewTaps = (c: Conv3): boolean => c.kernelSize < MANY_TAPS;
/** Rows are half zeros: code that knows its edges leaves them out. */
const readsMuchPadding = (c: Conv3): boolean => c.padding[2] * 4 > c.input[2];
const meetsFewTaps = (c: Conv3): boolean => c.kernelSize < MANY_TAPS * c.stride[1] * c.stride[2];

const columns = {
  name: "depthwise-columns",
  takes: (c: Conv3) => isDepthwise(c) && takesColumns(c),
  suits: () => true,
};

export const DEPTHWISE_FORWARD: readonly ConvPath<Forward>[] = [
  {
    name: "depthwise-direct",
    takes: isDirectDepthwise,
    suits: (c) => hasFewTaps(c) || readsMuchPadding(c),
    run: directForward,
  },
  { ...columns, run: columnForward },
];

export const DEPTHWISE_INPUT_GRAD: readonly ConvPath<InputGrad>[] = [
  {
    name: "depthwise-direct",
    takes: (c) => isDepthwise(c) && gradsDirectly(c),
    suits: meetsFewTaps,
    run: directInputGrad,
  },
  { ...columns, run: columnInputGrad },
];

export const DEPTHWISE_WEIGHT_GRAD: readonly ConvPath<WeightGrad>[] = [
  {
    name: "depthwise-direct",
    takes: isDirectDepthwise,
    suits: (c) => hasFewTaps(c) && c.stride[2] === 1 && c.outChannels === c.channels,
    run: directWeightGrad,
  },
  { ...columns, run: columnWeightGrad },
];
