// Parameters as a vector and back, gradients kept in bounds.
import { ArgumentError, ShapeError, type Tensor, tensor, withBackend } from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";

const onReference = (f: () => void) => () => withBackend("reference", f);
const numbers = (t: Tensor): number[] => Array.from(t.dataSync(), Number);

describe("nn.utils", () => {
  it(
    "parametersToVector and vectorToParameters",
    onReference(() => {
      const net = new nn.Linear(2, 1);
      nn.vectorToParameters(tensor([1, 2, 3]), net.parameters());
      expect(numbers(net.weight)).to.deep.equal([1, 2]);
      expect(numbers(net.bias as Tensor)).to.deep.equal([3]);
      const vector = nn.parametersToVector(net.parameters());
      expect(numbers(vector)).to.deep.equal([1, 2, 3]);
      vector.mul(vector).sum().backward();
      expect(numbers(net.weight.grad as Tensor)).to.deep.equal([2, 4]);
      expect(() => nn.vectorToParameters(tensor([1]), net.parameters())).to.throw(
        ShapeError,
        /vectorToParameters: expects a vector of 3 elements/,
      );
      expect(() => nn.parametersToVector([])).to.throw(ArgumentError, /there are no parameters/);
    }),
  );

  it(
    "clipGradValue",
    onReference(() => {
      const p = new nn.Parameter(tensor([1, 1, 1]));
      p.mul(tensor([-5, 0.5, 7]))
        .sum()
        .backward();
      nn.clipGradValue([p, new nn.Parameter(tensor([1]))], 2);
      expect(numbers(p.grad as Tensor)).to.deep.equal([-2, 0.5, 2]);
      expect(() => nn.clipGradValue(p, -1)).to.throw(
        ArgumentError,
        /clipValue must be ≥ 0; got -1/,
      );
    }),
  );
});
