// What the channel-wise norms share: [N, C, …] beside [C].
import { ArgumentError } from "../../errors.ts";
import type { Tensor } from "../../tensor.ts";

/** All dims but the channels'. */
export const otherDims = (rank: number): readonly number[] =>
  Array.from({ length: rank }, (_, d) => d).filter((d) => d !== 1);

/** [C] seen beside [N, C, …]. */
export const perChannel = (v: Tensor, rank: number): Tensor =>
  v.reshape([v.shape[0] as number, ...new Array<number>(rank - 2).fill(1)]);

/** (x − mean) · rstd, the statistics per channel. */
export const standardised = (x: Tensor, mean: Tensor, rstd: Tensor): Tensor =>
  x.sub(perChannel(mean, x.ndim)).mul(perChannel(rstd, x.ndim));

/** y · weight + bias where they are given, both per channel. */
export function affine(y: Tensor, weight: Tensor | undefined, bias: Tensor | undefined): Tensor {
  const scaled = weight === undefined ? y : y.mul(perChannel(weight, y.ndim));
  return bias === undefined ? scaled : scaled.add(perChannel(bias, y.ndim));
}

export interface Statistics {
  readonly mean: Tensor;
  /** Biased: divided by the number of values, not by one less. */
  readonly variance: Tensor;
  readonly rstd: Tensor;
}

/** Mean, variance and 1 / sqrt(variance + eps) over all dims but the channels', each [C]. */
export function channelStatistics(x: Tensor, eps: number): Statistics {
  const dims = otherDims(x.ndim);
  const mean = x.mean(dims);
  const variance = x.sub(perChannel(mean, x.ndim)).square().mean(dims);
  return { mean, variance, rstd: variance.add(eps).rsqrt() };
}

export function checkEps(op: string, eps: number): void {
  if (eps >= 0 && Number.isFinite(eps)) return;
  throw new ArgumentError(op, `eps must be a number ≥ 0; got ${eps}`);
}
