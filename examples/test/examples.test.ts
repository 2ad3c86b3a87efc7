// Each example runs on its small budget and gives something sensible. They are imported when their test
// runs: what they register (an op, a backend) is then not there while other test files are loaded.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Tensor } from "@tapegrad/core";
import { getBackend, setBackend, withBackend } from "@tapegrad/core";
import { expect } from "chai";
import "tapegrad";

const RUN = fileURLToPath(new URL("../run.js", import.meta.url));
const example = (...args: readonly string[]): string =>
  execFileSync(process.execPath, [RUN, ...args], { encoding: "utf8", stdio: "pipe" });

/** What an example prints is for people; the report of the tests is for the tests. */
async function quietly<R>(f: () => R | Promise<R>): Promise<R> {
  const { log } = console;
  console.log = () => {};
  try {
    return await f();
  } finally {
    console.log = log;
  }
}

describe("examples", function () {
  this.timeout(120_000);
  beforeEach(() => setBackend("wasm"));

  it("run.js lists them, each with its first line, and refuses names that are not there", () => {
    const { status, stderr } = fail(() => example("fifteen-line"));
    expect(status).to.equal(2);
    expect(stderr).to.match(/no example 'fifteen-line'/);
    for (const name of ["custom-backend", "custom-op", "digits", "fifteen-lines", "motifs-1d"]) {
      expect(stderr).to.match(new RegExp(`^ {2}${name} +[A-Z].{20}`, "m"));
    }
  });

  it("run.js runs one from its source (fifteen-lines runs in readme.test.ts)", () => {
    expect(example("custom-op")).to.match(/is tensor\(\[0.0000, 0.8808\]\)\ngradients .* right/);
  });

  it("digits trains, tests and predicts from the command line", async () => {
    const { run } = await import("../digits.ts");
    const { trained, tested, read } = await quietly(() => run({ small: true }));
    expect(trained.testAccuracy).to.be.within(0.7, 1);
    expect(trained.trainLoss).to.be.below(Math.log(10));
    expect(tested.testAccuracy).to.equal(trained.testAccuracy);
    expect(read.map((r) => r.label)).to.deep.equal([2, 5, 8]);
    expect(read.filter((r) => r.predicted === r.label).length).to.be.at.least(2);
  });

  it("motifs-1d learns which words stand where", async () => {
    const { run } = await import("../motifs-1d.ts");
    const { firstLoss, lastLoss, accuracy } = await quietly(() => run({ small: true }));
    expect(lastLoss).to.be.below(firstLoss / 4);
    // Without carrying one word to the other, at most 75 %.
    expect(accuracy).to.be.within(0.9, 1);
  });

  it("motifs-1d generates the same sequences from a seed, all classes alike", async () => {
    const { sequences } = await import("../motifs-1d.ts");
    const [letters, classes] = sequences(400, 5).tensors;
    const [again] = sequences(400, 5).tensors;
    expect(letters.dataSync()).to.deep.equal(again.dataSync());
    expect(letters.dataSync()).to.not.deep.equal(sequences(400, 6).tensors[0].dataSync());
    for (const c of [0, 1, 2, 3]) expect(classes.eq(c).sum().item()).to.be.within(60, 140);
  });

  it("custom-op has right gradients and passes its opSuite", async () => {
    const { run, swish } = await import("../custom-op.ts");
    expect(await quietly(run)).to.be.at.least(13);
    const { silu, randn } = await import("@tapegrad/core");
    const x = randn([20]);
    expect([...swish(x).dataSync()].map(Number)).to.have.length(20);
    const distance = swish(x).sub(silu(x)).abs().max().item();
    expect(distance).to.be.below(1e-6);
  });

  it("custom-backend passes its list of opSuite and convolves by composition", async () => {
    const { PASSES, plainBackend, run } = await import("../custom-backend.ts");
    const { ops, F, grad, randn, manualSeed } = await import("tapegrad");
    expect(PASSES.filter((name) => !ops().has(name))).to.deep.equal([]);
    expect(Object.keys(plainBackend.kernels)).to.not.include("conv");
    expect(getBackend("plain")).to.equal(plainBackend);
    const { passed, y, dw, composed } = await quietly(() => run({ small: true }));
    expect(passed).to.be.at.least(10 * PASSES.length);
    expect(composed).to.include.members(["conv", "convWeightGrad"]);
    // The same seed draws the same numbers on the reference backend, which has the kernels.
    const [expected, gradient] = withBackend("reference", () => {
      manualSeed(0);
      const options = { requiresGrad: true };
      const [x, w] = [randn([1, 4, 6, 6], options), randn([8, 1, 3, 3], options)];
      const out = F.conv2d(x, w, { groups: 4 });
      return [out, grad(out.sum(), [w])[0]];
    });
    const distance = (a: Tensor | undefined, b: Tensor | undefined) =>
      a && b ? a.sub(b.to("plain")).abs().max().item() : Number.NaN;
    expect(distance(y, expected)).to.be.below(1e-4);
    expect(distance(dw, gradient)).to.be.below(1e-4);
  });
});

function fail(f: () => unknown): { readonly status: number; readonly stderr: string } {
  try {
    f();
  } catch (error) {
    return error as { status: number; stderr: string };
  }
  throw new Error("it did not fail");
}
