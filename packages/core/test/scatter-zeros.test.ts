// scatterReduce("prod") where zeros meet: gradients of both orders against the same product written out. PyTorch
// refuses the second there.
import { grad, stack, type Tensor, tensor } from "@tapegrad/core";
import { expect } from "chai";
import { useBackend } from "./use-backend.ts";

const double = (data: number[]): Tensor => tensor(data, { dtype: "float64", requiresGrad: true });

/** What scatterReduce does, one factor after the other. */
function writtenOut(x: Tensor, src: Tensor, index: number[], includeSelf: boolean): Tensor {
  const places = Array.from({ length: x.numel }, (_, k) => {
    const landed = index.flatMap((at, i) => (at === k ? [src.select(0, i)] : []));
    const factors = includeSelf || landed.length === 0 ? [x.select(0, k), ...landed] : landed;
    return factors.reduce((a, b) => a.mul(b));
  });
  return stack(places);
}

describe("scatterReduce of products with zeros", () => {
  useBackend("reference");
  const cases: [string, number[], number[], number[]][] = [
    ["one zero", [2, 3], [0, 5, 7], [0, 0, 1]],
    ["two zeros", [2, 3], [0, 0, 7, 5], [0, 0, 1, 0]],
    ["three zeros", [2, 3], [0, 0, 0], [0, 0, 0]],
    ["a zero of its own", [0, 3], [4, 5, 7], [0, 0, 1]],
    ["both", [0, 3], [0, 5, 7], [0, 0, 1]],
  ];
  for (const [name, x, src, index] of cases) {
    for (const includeSelf of [true, false]) {
      it(`${name}, includeSelf ${includeSelf}`, () => {
        const orders = (f: (x: Tensor, src: Tensor) => Tensor): unknown[] => {
          const inputs = [double(x), double(src)] as const;
          const options = { createGraph: true, allowUnused: true } as const;
          const gradOutputs = tensor([1.5, -2], { dtype: "float64" });
          const first = grad(f(...inputs), inputs, { ...options, gradOutputs });
          // Weights, not squares: what is 0 itself may have a derivative.
          const seen = first.map((g, i) =>
            g?.mul(tensor([3, 5, -7, 11].slice(0, inputs[i]?.numel))),
          );
          const total = seen.flatMap((g) => (g ? [g.sum()] : [])).reduce((a, b) => a.add(b));
          const second = grad(total, inputs, { allowUnused: true });
          return [...first, ...second].map((g, i) => (g ?? inputs[i % 2]?.mul(0))?.tolist());
        };
        const at = tensor(index.map(BigInt));
        const actual = orders((a, b) => a.scatterReduce(0, at, b, "prod", { includeSelf }));
        const expected = orders((a, b) => writtenOut(a, b, index, includeSelf));
        actual.forEach((values, i) => {
          (values as number[]).forEach((v, k) => {
            expect(v).to.be.closeTo((expected[i] as number[])[k] as number, 1e-9);
          });
        });
      });
    }
  }
});
