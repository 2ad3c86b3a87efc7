// explain(): what ran where, with what it costs; the model stays as it was.

import { expect } from "chai";
import { type Located, locate, type Recorded } from "../src/explain/record.ts";
import {
  ArgumentError,
  type Explanation,
  explain,
  manualSeed,
  nn,
  noGrad,
  randn,
  ShapeError,
  sum,
  type Tensor,
  tune,
  useDeterministicAlgorithms,
  withBackend,
} from "../src/index.ts";
import { summarize } from "../src/summary.ts";
import { removeTemporaryFolders, run, start, temporaryFolder, writeBars } from "./run.ts";

const small = () =>
  new nn.Sequential(
    new nn.Conv2d(3, 8, 3, { padding: 1 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.Conv2d(8, 8, 3, { groups: 8 }),
    new nn.Flatten(),
    new nn.Linear(8 * 16, 4),
  );
const onWasm = (f: () => Explanation): Explanation => withBackend("wasm", f);
const bits = (t: Tensor): string => String(new Uint8Array(t.dataSync().buffer));

describe("explain", function () {
  this.timeout(60_000);
  after(removeTemporaryFolders);

  it("gives each layer its ops, with times, candidates and shares of the roof", () => {
    const model = small();
    const e = onWasm(() => explain(model, [2, 3, 6, 6]));
    expect(e).to.deep.include({ model: "Sequential", input: [2, 3, 6, 6], backend: "wasm" });
    expect(e.backward).to.equal(null);
    expect(e.ops.map((op) => op.layer)).to.deep.equal(["0", "3", "5"]);
    expect(e.ops.every((op) => op.direction === "forward")).to.equal(true);
    const [conv] = e.ops.filter((op) => op.layer === "0");
    expect(conv).to.deep.include({
      ...{ type: "Conv2d", op: "convActivated", output: [2, 8, 6, 6], pickedBy: "shape" },
    });
    expect(conv?.multiplyAdds).to.equal(2 * 8 * 36 * 27);
    expect(conv?.bytes).to.equal(4 * (2 * 3 * 36 + 8 * 27 + 8 + 2 * 8 * 36));
    expect(conv?.candidates.length).to.be.at.least(2);
    expect(conv?.candidates.map((c) => c.name)).to.include(conv?.pick);
    for (const op of e.ops) {
      expect(op.ms).to.be.within(0, 1000);
      expect(op.roofShare).to.be.within(0, 20);
      expect(op.gflops * op.ms * 1e6).to.be.closeTo(2 * op.multiplyAdds, 1);
    }
    expect(e.forward.multiplyAdds).to.equal(summarize(model, randn([2, 3, 6, 6])).multiplyAdds);
    const text = String(e);
    expect(text).to.match(/^Sequential, input \[2, 3, 6, 6\], backend wasm, \d+ threads?$/m);
    expect(text).to.match(/^ *0 +Conv2d +convActivated +\[2, 8, 6, 6\] .*\(by shape\)/m);
    expect(text).to.match(
      /^forward: [\d.]+ ms, of them [\d.]+ ms in kernels: [\d,]+ multiply-adds/m,
    );
    expect(JSON.parse(JSON.stringify(e)).ops.length).to.equal(e.ops.length);
  });

  it("with backward gives gradients to the layers that they belong to", () => {
    const e = onWasm(() => explain(small(), [2, 3, 6, 6], { backward: true }));
    const of = (layer: string): string[] =>
      e.ops.filter((op) => op.layer === layer && op.direction === "backward").map((op) => op.op);
    expect(of("0")).to.include("convWeightGrad").and.not.include("convInputGrad");
    expect(of("1")).to.include("batchNormGrad");
    expect(of("3")).to.include.members(["convInputGrad", "convWeightGrad"]);
    expect(of("5")).to.include("matmul");
    expect(e.backward?.multiplyAdds).to.be.above(e.forward.multiplyAdds);
    expect(String(e)).to.match(/← convWeightGrad/);
  });

  it("sees what runs without hooks: a norm that took over the activation behind it", () => {
    const e = onWasm(() => explain(small(), [2, 3, 6, 6], { backward: true }));
    expect(e.ops.filter((op) => op.op === "relu")).to.deep.equal([]);
  });

  it("leaves the model as it was: mode, statistics, gradients, random numbers", () => {
    const model = small();
    model.eval();
    model.children()[0]?.train(true);
    const x = randn([2, 3, 6, 6]);
    sum(model.call(x)).backward();
    const state = () =>
      [
        ...model.stateDict().values(),
        ...model.parameters().map((p) => p.grad as Tensor),
        noGrad(() => model.call(x)),
      ].map(bits);
    const [before, modes] = [state(), model.namedModules().map(([, m]) => m.training)];
    manualSeed(11);
    const draw = bits(randn([4]));
    manualSeed(11);
    onWasm(() => explain(model, [2, 3, 6, 6], { backward: true }));
    expect(bits(randn([4]))).to.equal(draw);
    expect(state()).to.deep.equal(before);
    expect(model.namedModules().map(([, m]) => m.training)).to.deep.equal(modes);
    expect(model.namedModules().some(([, m]) => m.hasHooks)).to.equal(false);
  });

  it("takes a tensor, several outputs, ops of the model itself, and frozen parameters", () => {
    class Two extends nn.Module {
      readonly conv = new nn.Conv1d(2, 4, 3);
      forward(x: Tensor) {
        const y = this.conv.call(x);
        return { y, z: y.exp() };
      }
    }
    const model = new Two();
    (model.conv.bias as Tensor).requiresGrad = false;
    const e = onWasm(() => explain(model, randn([1, 2, 9]), { backward: true }));
    expect(e.ops.filter((op) => op.layer === "").map((op) => op.op)).to.include("exp");
  });

  it("works on the reference backend, which has no choice", () => {
    const e = withBackend("reference", () => explain(new nn.Linear(3, 2), [4, 3]));
    expect(e).to.deep.include({ backend: "reference", threads: 1 });
    expect(e.ops.every((op) => op.candidates.length === 0)).to.equal(true);
  });

  it("says when picks are by time or the mode is deterministic", () => {
    try {
      useDeterministicAlgorithms(true);
      const exact = onWasm(() => explain(new nn.Conv2d(3, 4, 3), [1, 3, 8, 8]));
      expect(String(exact)).to.match(/deterministic mode/);
      expect(exact.ops.some((op) => op.kernel.includes("winograd"))).to.equal(false);
    } finally {
      useDeterministicAlgorithms(false);
      tune(false);
    }
  });

  it("refuses what is no module, no shape, and an input that does not fit", () => {
    const conv = new nn.Conv2d(3, 4, 3);
    expect(() => explain({} as nn.Module, [1])).to.throw(ArgumentError, /must be a module/);
    expect(() => explain(conv, [1, 3, 0, 8])).to.throw(
      ArgumentError,
      /expected the shape of the input.*\[1,3,0,8\]/,
    );
    expect(() => explain(conv, "1,3,8,8" as unknown as number[])).to.throw(ArgumentError);
    expect(() => onWasm(() => explain(conv, [1, 2, 8, 8]))).to.throw(ShapeError, /conv2d/);
    expect(() => explain(conv, [1, 3, 8, 8], { backwards: true } as never)).to.throw(
      /there is no option 'backwards' \(did you mean 'backward'\?\)/,
    );
    expect(() => explain(new nn.ReLU(), [2], { backward: true })).to.throw(
      /depends on its parameters/,
    );
    expect(conv.hasHooks).to.equal(false);
  });

  it("lays two recordings side by side", () => {
    const event = (op: string, size: number) =>
      ({ op, direction: "forward", outputs: [{ shape: [size], dtype: "float32" }] }) as unknown;
    const hooked = [
      ["a", 1, "A"],
      ["norm", 2, "B"],
      ["relu", 2, "C"],
      ["a", 1, "D"],
      ["b", 1, "E"],
    ].map(([op, size, path]) => ({
      ...(event(op as string, size as number) as Recorded),
      layer: { path: path as string, type: "" },
    })) as Located[];
    const real = [event("a", 1), event("normRelu", 2), event("a", 1), event("b", 1)] as Recorded[];
    expect(locate(real, hooked).map((l) => l.path)).to.deep.equal(["A", "B", "D", "E"]);
  });

  it("lays several convolutions of one shape side by side, each with its norm folded in", () => {
    const outputs = [{ shape: [2, 4], dtype: "float32" }];
    const ops = (...names: string[]) =>
      names.map((op) => ({ op, outputs, direction: "forward" })) as unknown as Recorded[];
    const paths = ["A", "norm", "relu", "B", "norm", "relu", "last"];
    const apart = ops("conv", "norm", "relu", "conv", "norm", "relu", "mean");
    const hooked = apart.map((e, i) => ({ ...e, layer: { path: paths[i] ?? "", type: "" } }));
    const real = ops("convActivated", "convActivated", "mean");
    expect(locate(real, hooked).map((l) => l.path)).to.deep.equal(["A", "B", "last"]);
  });
});

describe("command line: explain", function () {
  this.timeout(60_000);
  after(removeTemporaryFolders);

  it("prints a table for a model by name", async () => {
    const ran = await run("explain", "--model", "linear", "--input", "2,1,28,28");
    expect(ran.code, ran.err).to.equal(0);
    expect(ran.out).to.match(/^Linear, input \[2, 1, 28, 28\], backend wasm/);
    expect(ran.out).to.match(/roofs of this machine: [\d.]+ GFLOP\/s, copies [\d.]+ GB\/s/);
    expect(ran.out).to.match(/classifier +Linear +linear +\[2, 10\]/);
  });

  it("explains what train wrote, with its own input; --json is one line", async () => {
    const [folder, data] = [temporaryFolder(), temporaryFolder()];
    writeBars(data, 40);
    const train = ["train", "mnist", "--data", data, "--model", "linear", "--max-steps", "1"];
    await run(...train, "--batch", "8", "--out", folder, "--no-progress");
    const ran = await run("explain", "--model", folder, "--json");
    expect(ran.code, ran.err).to.equal(0);
    const e = JSON.parse(ran.out);
    expect([e.model, e.input]).to.deep.equal(["Linear", [1, 1, 28, 28]]);
    const wrong = await run("explain", "--model", folder, "--input", "1,3,28,28");
    expect(wrong.code).to.equal(2);
    expect(wrong.err).to.match(/takes N,1,28,28, got 1,3,28,28/);
  });

  const wrong: [name: string, args: string[], words: RegExp][] = [
    ["a model that is not there", ["--model", "separabel"], /no model 'separabel', and no file/],
    ["an input that is no shape", ["--input", "28,28"], /expected N,C,H,W such as 1,1,28,28/],
    ["no threads", ["--threads", "0"], /whole number ≥ 1/],
    [
      "far too many threads",
      ["--threads", "5000"],
      /whole number of threads from 1 to \d+ \(this machine has \d+ cores\), got 5000/,
    ],
    ["--tune with --deterministic", ["--tune", "--deterministic"], /--tune: .*--deterministic/],
  ];
  for (const [name, args, words] of wrong) {
    it(`${name}: exit code 2`, async () => {
      const ran = await run("explain", ...args);
      expect(ran.err).to.match(words);
      expect(ran.code).to.equal(2);
    });
  }

  it("an image that is smaller than the network can take: an error, and no stack", async () => {
    const ran = await run("explain", "--input", "1,1,1,1", "--backward");
    expect(ran.err)
      .to.match(/^error: /m)
      .and.not.match(/internal error/);
    expect(ran.code).to.equal(1);
  });

  it("in a process of its own: tuned, on one thread", async () => {
    const folder = temporaryFolder();
    const env = { ...process.env, TAPEGRAD_CACHE: folder };
    const running = await start(
      ["explain", "--model", "separable", "--input", "1,1,12,12", "--threads", "1", "--tune"],
      env,
    );
    const { code, out, err } = await running.ended;
    expect(code, err).to.equal(0);
    expect(out).to.match(/backend wasm, 1 thread, picks by time/);
    expect(out).to.match(/\(tuned\)/);
  });
});
