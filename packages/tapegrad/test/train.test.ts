// Training from the command line: results, files, resuming to the same bits, interruption, divergence.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { currentBackend } from "@tapegrad/core";
import { readSafetensors } from "@tapegrad/io";
import { expect } from "chai";
import { encode } from "fast-png";
import { removeTemporaryFolders, run, start, temporaryFolder, writeBars } from "./run.ts";

/** The bytes of every tensor of a model file. */
const weights = (folder: string) => {
  const { tensors } = readSafetensors(join(folder, "model.safetensors"));
  return new Map([...tensors].map(([k, t]) => [k, Buffer.from(t.data.buffer).toString("base64")]));
};
const metrics = (folder: string) =>
  readFileSync(join(folder, "metrics.jsonl"), "utf8").trim().split("\n");

describe("command line: train", function () {
  this.timeout(120_000);
  let data: string;
  const args = (out: string, ...more: string[]) => [
    ...["train", "mnist", "--data", data, "--model", "linear", "--batch", "8", "--epochs", "3"],
    ...["--out", out, "--device", "cpu", "--no-progress", "--json", ...more],
  ];
  before(() => {
    data = temporaryFolder();
    writeBars(data, 100); // 80 to train, 20 to test
  });
  after(removeTemporaryFolders);

  it("writes the model, a checkpoint and metrics, and ends with one line of JSON", async () => {
    const out = temporaryFolder();
    const ran = await run(...args(out));
    expect(ran.code, ran.err).to.equal(0);
    const result = JSON.parse(ran.out.trim().split("\n").at(-1) as string);
    expect(Object.keys(result)).to.deep.equal([
      ...["testAccuracy", "trainLoss", "epochs", "samplesPerSecond", "seconds", "peakBytes"],
      ...["parameters", "device", "backend", "threads"],
    ]);
    expect(result).to.include({ epochs: 3, parameters: 7850, device: "cpu" });
    expect(result.threads).to.equal(currentBackend().threads ?? 1);
    expect(result.testAccuracy).to.be.at.least(0.9);
    expect(metrics(out).length).to.equal(33); // 30 steps, 3 epochs
    expect(existsSync(join(out, "checkpoint.safetensors"))).to.equal(true);
    expect(ran.err).to.equal("");
  });

  it("gives the same bits for the same seed, and others for another", async () => {
    const [a, b, c] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    await run(...args(a));
    await run(...args(b));
    await run(...args(c, "--seed", "1"));
    expect(weights(a)).to.deep.equal(weights(b));
    expect(weights(a)).to.not.deep.equal(weights(c));
  });

  it("resumes after SIGINT to the same bits: exit code 130, then the whole run's result", async () => {
    const [whole, parts] = [temporaryFolder(), temporaryFolder()];
    await run(...args(whole, "--epochs", "80"));
    const long = [...args(parts, "--epochs", "80")].filter((a) => a !== "--no-progress");
    const first = await start(long);
    await first.saw("epoch 2/");
    first.process.kill("SIGINT");
    const ended = await first.ended;
    expect(ended.code, ended.err).to.equal(130);
    expect(ended.err).to.match(/go on with the same command and --resume/);
    const ran = await run(...args(parts, "--epochs", "80", "--resume"));
    expect(ran.code, ran.err).to.equal(0);
    expect(weights(parts)).to.deep.equal(weights(whole));
    expect(metrics(parts)).to.deep.equal(metrics(whole));
  });

  it("keeps a whole checkpoint when it is killed, and resumes from it to the same bits", async () => {
    const [whole, parts] = [temporaryFolder(), temporaryFolder()];
    await run(...args(whole, "--epochs", "80"));
    const long = [...args(parts, "--epochs", "80")].filter((a) => a !== "--no-progress");
    const first = await start(long);
    await first.saw("epoch 3/");
    first.process.kill("SIGKILL");
    expect((await first.ended).signal).to.equal("SIGKILL");
    const ran = await run(...args(parts, "--epochs", "80", "--resume"));
    expect(ran.code, ran.err).to.equal(0);
    expect(weights(parts)).to.deep.equal(weights(whole));
    expect(metrics(parts)).to.deep.equal(metrics(whole));
  });

  it("does not replace an unfinished run unless told to", async () => {
    const out = temporaryFolder();
    const first = await start(args(out, "--epochs", "80").filter((a) => a !== "--no-progress"));
    await first.saw("epoch 1/");
    expect((await run(...args(out, "--overwrite"))).err).to.match(
      /process \d+ is training into this folder/,
    );
    first.process.kill("SIGINT");
    expect((await first.ended).code).to.equal(130);
    const refused = await run(...args(out));
    expect(refused.code).to.equal(2);
    expect(refused.err).to.match(/stopped at step \d+ of 800; add --resume[\s\S]*--overwrite/);
    expect((await run(...args(out, "--overwrite"))).code).to.equal(0);
    expect((await run(...args(out))).code, "a finished run").to.equal(0);
  });

  it("refuses to resume with other settings, and names them", async () => {
    const out = temporaryFolder();
    await run(...args(out, "--max-steps", "5"));
    const ran = await run(...args(out, "--resume", "--lr", "0.5"));
    expect(ran.code).to.equal(2);
    expect(ran.err).to.match(/lr was 0\.01, now 0\.5/);
    const other = temporaryFolder();
    writeBars(other, 100, 7);
    const elsewhere = args(out, "--resume").map((a) => (a === data ? other : a));
    expect((await run(...elsewhere)).err).to.match(/images was [0-9a-f]{16}, now [0-9a-f]{16}/);
  });

  it("stops at a loss that is no number, names the layer, and keeps the last checkpoint", async () => {
    const out = temporaryFolder();
    const wild = ["--optim", "sgd", "--lr", "1e38", "--schedule", "none"];
    const ran = await run(...args(out, ...wild));
    expect(ran.code).to.equal(1);
    expect(ran.err).to.match(/the loss became (NaN|Infinity) at step \d+/);
    expect(ran.err).to.match(/layer 'classifier' \(Linear\)|the loss itself/);
  });

  it("--dry-run says what it would do and writes nothing", async () => {
    const out = join(temporaryFolder(), "new");
    // In a process of its own: here other tests have tensors, which would count.
    const ran = await (await start(args(out, "--dry-run"))).ended;
    expect(ran.code).to.equal(0);
    expect(ran.err).to.match(/80 images to train, 20 to test[\s\S]*30 steps of 8/);
    expect(ran.err).to.match(/memory: about 0\.[1-9] MB of tensors at most/);
    expect(existsSync(out)).to.equal(false);
  });

  it("a folder that cannot be made is told", async () => {
    // Node's own recursive mkdir never ends in /proc; under a file no folder can be made anywhere.
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    const places = [
      join(file, "deep", "run"),
      ...(process.platform === "linux" ? ["/proc/x/y"] : []),
    ];
    for (const place of places) {
      const ran = await run(...args(place));
      expect(ran.code).to.equal(1);
      expect(ran.err).to.match(
        /error: cannot make the run's folder '.*' \((ENOTDIR|ENOENT|EEXIST)\); choose another with --out/,
      );
    }
  });

  it("eval and predict use what train wrote", async () => {
    const out = temporaryFolder();
    const trained = JSON.parse((await run(...args(out))).out);
    const evaluated = await run("eval", "--model", out, "--data", data, "--json");
    expect(JSON.parse(evaluated.out).testAccuracy).to.equal(trained.testAccuracy);
    const png = join(out, "seven.png");
    const pixels = new Uint8Array(784).map((_, p) => (Math.floor(p / 28) === 18 ? 190 : 30));
    writeFileSync(png, encode({ width: 28, height: 28, data: pixels, channels: 1, depth: 8 }));
    const predicted = await run("predict", png, "--model", out, "--json");
    expect(JSON.parse(predicted.out).top[0].label).to.equal(7);
    const light = join(out, "light.png");
    const white = new Uint8Array(784).fill(250);
    writeFileSync(light, encode({ width: 28, height: 28, data: white, channels: 1, depth: 8 }));
    expect((await run("predict", light, "--model", out)).err).to.match(/--invert may be wanted/);
    const refused = await run("predict", join(data, "train-labels-idx1-ubyte"), "--model", out);
    expect([refused.code, refused.err]).to.deep.include(1);
    expect(refused.err).to.match(/not a readable PNG/);
  });
});

describe("command line: summary and doctor", () => {
  it("summary counts what the network of the benchmark is known to have", async () => {
    const ran = await run("summary", "--model", "separable", "--json");
    const { parameters, multiplyAdds, layers } = JSON.parse(ran.out);
    expect(parameters).to.equal(136_202);
    // 781 MFLOP for a batch of 32, two a multiply-add; the linear layer included.
    expect((2 * 32 * multiplyAdds) / 1e6).to.be.closeTo(781, 1.5);
    expect(layers.at(-1)).to.deep.include({ type: "Linear", output: [1, 10] });
    expect(layers.at(-1).multiplyAdds).to.equal(2560);
    expect(
      JSON.parse((await run("summary", "--model", "linear", "--json")).out).multiplyAdds,
    ).to.equal(7840);
    const text = await run("summary");
    expect(text.out).to.match(/blocks\.0\.depthwise +Conv2d +\[1, 32, 28, 28\] +288 +225,792/);
  });

  it("doctor lists machine, backends and what they lack", async () => {
    const ran = await run("doctor", "--json");
    const report = JSON.parse(ran.out);
    expect(report.machine.node).to.equal(process.versions.node);
    const names = report.backends.map((b: { name: string }) => b.name);
    expect(names).to.include.members(["wasm", "reference"]);
    expect((await run("doctor")).out).to.match(/backend wasm \(cpu\), the default/);
  });
});
