// What is no tensor is refused by name, whatever the function: nobody reads "of undefined".
import * as core from "@tapegrad/core";
import { ArgumentError, TapegradError, zeros } from "@tapegrad/core";
import { expect } from "chai";

/** Functions of tensors, called with nonsense in each place. */
const calls: readonly [string, ...unknown[]][] = [
  ["add", zeros([2]), "x"],
  ["add", zeros([2]), undefined],
  ["add", 1, 2],
  ["sub", zeros([2]), {}],
  ["mul", zeros([2]), null],
  ["div", undefined, zeros([2])],
  ["pow", zeros([2]), "2"],
  ["maximum", zeros([2]), undefined],
  ["eq", zeros([2]), undefined],
  ["where", true, 1, 2],
  ["clamp", undefined, { min: 0 }],
  ["sum", undefined],
  ["sum", zeros([2]), "a"],
  ["matmul", zeros([2, 2]), undefined],
  ["conv2d", zeros([1, 1, 4, 4]), undefined],
  ["conv2d", undefined, zeros([1, 1, 3, 3])],
  ["batchNorm", undefined, { training: true }],
  ["maxPool2d", undefined, 2],
  ["avgPool2d", [1], 2],
  ["crossEntropy", zeros([2, 2]), undefined],
  ["mseLoss", undefined, zeros([2])],
  ["embedding", undefined, zeros([2, 2])],
  ["cat", undefined],
  ["cat", [zeros([1]), 3]],
  ["gather", zeros([2]), 0, undefined],
  ["reshape", undefined, [2]],
  ["permute", undefined, [0]],
  ["zeros", 3],
  ["zeros", [2.5]],
  ["full", [2], "x"],
  ["full", [2], undefined],
  ["tensor", undefined],
  ["tensor", {}],
];
const unary = ["neg", "abs", "exp", "log", "sqrt", "tanh", "sigmoid", "relu", "gelu", "silu"];

describe("what is no tensor", () => {
  const table = core as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const [name, ...args] of [...calls, ...unary.map((n) => [n, undefined] as const)]) {
    it(`${name}(${args.map(String).join(", ")})`, () => {
      const f = table[name];
      expect(f, name).to.be.a("function");
      expect(() => f?.(...args)).to.throw(TapegradError);
    });
  }
  it("names the op and what it got", () => {
    expect(() => table.relu?.("x")).to.throw(ArgumentError, "relu: expected a Tensor, got string");
  });
});
