// Special functions where single precision would lose what the op's samples do not reach.
import { igamma, pow, type Tensor, tensor } from "@tapegrad/core";
import { expect } from "chai";
import { describeGpu } from "./gpu.ts";

describeGpu("powers of what has none in exponents and logarithms", () => {
  const [none, infinite] = [Number.NaN, Number.POSITIVE_INFINITY];
  /** C's pow, and so PyTorch's; of -1 by an infinity JavaScript says NaN. */
  const pairs: readonly (readonly [number, number, number])[] = [
    ...([0, 0.5, 1e-4].map((b) => [0, b, b === 0 ? 1 : 0]) as [number, number, number][]),
    ...([-1, -0.5, -infinite].map((b) => [0, b, infinite]) as [number, number, number][]),
    ...[[-0, -1, -infinite] as const, [-0, -2, infinite] as const, [-0, 3, -0] as const],
    ...[[infinite, 0.3, infinite] as const, [infinite, -1, 0] as const],
    ...[[-infinite, 3, -infinite] as const, [-infinite, 0.5, infinite] as const],
    ...[[0.5, infinite, 0] as const, [0.5, -infinite, infinite] as const],
    ...[[-2, infinite, infinite] as const, [-1, infinite, 1] as const, [-2, 0.5, none] as const],
    ...[[1, none, 1] as const, [none, 0, 1] as const, [none, 2, none] as const],
  ];
  it("as PyTorch", async () => {
    const [a, b] = [0, 1].map((k) => tensor(pairs.map((pair) => pair[k] as number)));
    const got = await pow(a as Tensor, b as Tensor).data();
    expect(Array.from(got, Number)).to.deep.equal(pairs.map(([, , result]) => result));
  });
});

describeGpu("special functions of large arguments", () => {
  it("igamma near a large a", async () => {
    const got = await igamma(tensor([1e4, 1e5]), tensor([1e4, 99_900])).data();
    [0.50132981, 0.37627489].forEach((exact, i) => {
      expect(Number(got[i])).to.be.closeTo(exact, 1e-5 * exact);
    });
  });
});
