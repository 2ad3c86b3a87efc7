// Convolutions of one, two and three spatial dims as one of three: missing dims have size 1.
import type { ConvGeometry } from "@tapegrad/core";

/** Depth, height, width. */
export type Triple = readonly [number, number, number];

export interface Conv3 {
  readonly batch: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly input: Triple;
  readonly kernel: Triple;
  readonly output: Triple;
  readonly stride: Triple;
  readonly padding: Triple;
  readonly dilation: Triple;
  /** Floats per channel of input, weight and output. */
  readonly inputSize: number;
  readonly kernelSize: number;
  readonly outputSize: number;
}

const volume = ([d, h, w]: Triple): number => d * h * w;

function lift(list: readonly number[], missing: number): Triple {
  const at = (d: number): number => list[d + list.length - 3] ?? missing;
  return [at(0), at(1), at(2)];
}

export function liftGeometry(g: ConvGeometry): Conv3 {
  const input = lift(g.x.slice(2), 1);
  const kernel = lift(g.w.slice(2), 1);
  const output = lift(g.y.slice(2), 1);
  return {
    batch: g.x[0] as number,
    channels: g.x[1] as number,
    outChannels: g.w[0] as number,
    groups: g.groups,
    input,
    kernel,
    output,
    stride: lift(g.stride, 1),
    padding: lift(g.padding, 0),
    dilation: lift(g.dilation, 1),
    inputSize: volume(input),
    kernelSize: volume(kernel),
    outputSize: volume(output),
  };
}

/** "k3 s1" for a square kernel, "k3x5 s2x1" for others, "d2" where dilated; for the names of variants. */
export function describeKernel(c: Conv3, dims: number): string {
  const text = (values: Triple): string => {
    const list = values.slice(3 - dims);
    return list.every((v) => v === list[0]) ? String(list[0]) : list.join("x");
  };
  const dilated = c.dilation.some((d) => d > 1);
  return `k${text(c.kernel)} s${text(c.stride)}${dilated ? ` d${text(c.dilation)}` : ""}`;
}
