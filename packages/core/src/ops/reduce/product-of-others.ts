// The gradient of a product: what is left without each factor, by scans from both ends.
import type { Tensor } from "../../tensor.ts";
import { mul } from "../elementwise/mul.ts";
import { pad } from "../views/pad.ts";
import { permute } from "../views/permute.ts";
import { reshape } from "../views/view.ts";
import { countOf } from "./reduce.ts";

/** For each element the product over dims of all elements but it. */
export function productOfOthers(x: Tensor, dims: readonly number[]): Tensor {
  const kept = x.shape.map((_, d) => d).filter((d) => !dims.includes(d));
  const order = [...kept, ...dims];
  const n = countOf(x.shape, dims);
  const turned = permute(x, order);
  const rows = reshape(turned, [...kept.map((d) => x.shape[d] as number), n]);
  // Inclusive scans by doubling; shifting one further makes them exclusive.
  const scan = (direction: 1 | -1): Tensor => {
    const shifted = (t: Tensor, by: number): Tensor =>
      pad(t, direction === 1 ? [by, -by] : [-by, by], { value: 1 });
    let products = rows;
    for (let step = 1; step < n; step *= 2) products = mul(products, shifted(products, step));
    return n === 0 ? products : shifted(products, 1);
  };
  const others = reshape(mul(scan(1), scan(-1)), turned.shape);
  return permute(
    others,
    order.map((_, d) => order.indexOf(d)),
  );
}
