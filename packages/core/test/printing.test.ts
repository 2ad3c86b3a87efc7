// The text of tensors against PyTorch's, letter for letter, and what PyTorch has no text for.
import { inspect } from "node:util";
import * as core from "@tapegrad/core";
import {
  type Backend,
  getBackend,
  noGrad,
  ones,
  ops,
  registerBackend,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";
import { numbersOf, readFixture } from "./fixture-runner.ts";

interface PrintingCase {
  readonly name: string;
  readonly inputs: readonly Parameters<typeof tensorOf>[0][];
  readonly text: string;
}
interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: "float32";
  readonly data: readonly (number | string)[];
  readonly grad?: boolean;
}

const tensorOf = ({ shape, dtype, data, grad }: TensorSpec): Tensor =>
  tensor(numbersOf(data, dtype), { shape, dtype, requiresGrad: grad ?? false });

/** What we spell differently. */
const ours = (text: string): string =>
  text.replace("dtype=torch.", "dtype=").replace("requires_grad=True", "requiresGrad=true");

describe("toString, as PyTorch prints", () => {
  for (const { name, inputs, text } of readFixture<PrintingCase>("printing.json")) {
    it(name, () => {
      expect(tensorOf(inputs[0] as TensorSpec).toString()).to.equal(ours(text));
    });
  }
});

describe("toString", () => {
  it("names the op that recorded the tensor", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    expect(String(x.mul(x))).to.equal("tensor([1., 4.], gradFn=<mul>)");
    expect(String(x.detach())).to.equal("tensor([1., 2.])");
    expect(String(noGrad(() => x.mul(x)))).to.equal("tensor([1., 4.])");
  });

  it("shows a view in logical order, summarised or not", () => {
    const x = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] });
    expect(String(x.permute(1, 0))).to.equal(
      "tensor([[1., 4.],\n        [2., 5.],\n        [3., 6.]])",
    );
    const wide = tensor(
      Float32Array.from({ length: 2000 }, (_, i) => i),
      { shape: [2, 1000] },
    );
    expect(String(wide.permute(1, 0))).to.equal(
      String(tensor(wide.permute(1, 0).dataSync(), { shape: [1000, 2] })),
    );
  });

  it("reads only the corners of a large tensor", () => {
    const reads: number[] = [];
    const reference = getBackend("reference");
    const spy: Backend = {
      ...reference,
      readSync: (x) => {
        reads.push(x.shape.reduce((p, n) => p * n, 1));
        return reference.readSync?.(x) as Float32Array;
      },
    };
    const forget = registerBackend("spy", () => spy);
    String(zeros([100, 200], { device: "spy" }));
    forget();
    expect(Math.max(...reads)).to.equal(3);
  });

  it("says released of a released tensor", () => {
    const x = ones([2]);
    x.release();
    expect(String(x)).to.equal("tensor(released)");
    let escaped: Tensor | undefined;
    scope(() => {
      escaped = ones([3]);
    });
    expect(inspect(escaped)).to.equal("tensor(released)");
  });
});

describe("inspect", () => {
  it("shows what toString shows, indented where it is nested", () => {
    const x = tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    expect(inspect(x)).to.equal(String(x));
    expect(inspect({ x })).to.equal("{\n  x: tensor([[1., 2.],\n          [3., 4.]])\n}");
  });

  it("shows shape and dtype where a device cannot be read at once", () => {
    const { readSync: _, ...reference } = getBackend("reference");
    const make = () => ({ ...reference, name: "asynchronous", device: "gpu" as const });
    const forget = registerBackend("asynchronous", make, { device: "gpu" });
    const x = zeros([2, 3], { device: "asynchronous" });
    expect(inspect(x)).to.equal("tensor(..., device='gpu', size=(2, 3), dtype=float32)");
    expect(inspect(zeros([0], { device: "asynchronous" }))).to.equal("tensor([], device='gpu')");
    forget();
  });
});

describe("the example of an op prints what its doc says", () => {
  // The keyword var cannot be a parameter, and JS's own Function is needed here.
  const scope = Object.entries(core).filter(([name]) => name !== "var" && name !== "Function");
  for (const [name, { spec }] of ops()) {
    if (spec.example === undefined) continue;
    const [code, printed] = spec.example;
    it(`${name}: ${code}`, () => {
      const run = new Function(...scope.map(([key]) => key), `return ${code}`);
      expect(String(run(...scope.map(([, value]) => value)))).to.equal(printed);
    });
  }
});
