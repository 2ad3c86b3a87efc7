// Inputs of samples: seeded, on the backend and in the dtype under test.
import type { DType } from "../dtype.ts";
import type { SampleRng } from "../op/define.ts";
import { tensor } from "../ops/creation.ts";
import { eachBlock } from "../random/philox.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

export function sampleRng(backend: string, dtype: DType, seed = 0): SampleRng {
  let offset = 0n;
  const uniform = (count: number): Float64Array => {
    const out = new Float64Array(count);
    eachBlock({ seed: BigInt(seed), offset }, count, (words, i) => {
      out[i] = (words[0] as number) / 2 ** 32;
    });
    offset += BigInt(count);
    return out;
  };
  const make = (values: Float64Array, shape: Shape, type: DType): Tensor =>
    tensor(values, { shape, dtype: type, device: backend });
  return {
    dtype,
    tensor: (shape, { low = -1, high = 1 } = {}) =>
      make(
        // Rounded to float32, so that every backend and dtype starts from the same numbers.
        uniform(sizeOf(shape)).map((u) => Math.fround(low + u * (high - low))),
        shape,
        dtype,
      ),
    distinct(shape) {
      const size = sizeOf(shape);
      const u = uniform(size);
      const order = Array.from({ length: size }, (_, i) => i).sort(
        (a, b) => (u[a] as number) - (u[b] as number),
      );
      const values = new Float64Array(size);
      order.forEach((place, rank) => {
        values[place] = Math.fround((rank - size / 2) * 0.0625 + 0.01);
      });
      return make(values, shape, dtype);
    },
    ints: (shape, below, type = "int64") =>
      make(
        uniform(sizeOf(shape)).map((u) => Math.floor(u * below)),
        shape,
        type,
      ),
    bools: (shape) => make(uniform(sizeOf(shape)).map(Math.round), shape, "bool"),
  };
}
