// Choosing kernels from the command line: the file of picks, tuned runs that resume to the same bits,
// deterministic runs, threads.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadCheckpoint, readSafetensors } from "@tapegrad/io";
import { expect } from "chai";
import { pickFile } from "../src/tuning/pick-file.ts";
import { removeTemporaryFolders, start, temporaryFolder, writeBars } from "./run.ts";

describe("the file of picks", () => {
  const before = process.env.TAPEGRAD_CACHE;
  let folder: string;
  let warnings: string[];
  const open = () => {
    const file = pickFile((line) => warnings.push(line));
    if (file === null) throw new Error("there are files here");
    return file;
  };
  beforeEach(() => {
    folder = join(temporaryFolder(), "deep", "er");
    process.env.TAPEGRAD_CACHE = folder;
    warnings = [];
  });
  afterEach(() => {
    if (before === undefined) delete process.env.TAPEGRAD_CACHE;
    else process.env.TAPEGRAD_CACHE = before;
  });
  after(removeTemporaryFolders);

  it("gives back what was saved, in another process too; folders are made", () => {
    const file = open();
    expect(file.load()).to.deep.equal({});
    expect(existsSync(folder), "nothing is touched before there is something to keep").to.equal(
      false,
    );
    file.save({ "wasm conv x | 1 threads": "gemm" });
    expect(open().load()).to.deep.equal({ "wasm conv x | 1 threads": "gemm" });
    expect(readdirSync(folder)).to.deep.equal([file.path.split("/").at(-1)]);
    expect(warnings).to.deep.equal([]);
  });

  it("keeps what another process has written meanwhile", () => {
    const [a, b] = [open(), open()];
    a.save({ one: "gemm" });
    b.save({ two: "winograd" });
    expect(open().load()).to.deep.equal({ one: "gemm", two: "winograd" });
  });

  const damaged: [name: string, change: (text: string) => string | Uint8Array, words: RegExp][] = [
    ["half a file", (text) => text.slice(0, text.length / 2), /damaged: not JSON/],
    ["no bytes", () => "", /damaged: not JSON/],
    ["bytes that are no text", () => new Uint8Array([0xff, 0xfe, 0]), /damaged: not JSON/],
    ["JSON of another kind", () => "[1, 2]", /not a file of picks/],
    ["null", () => "null", /not an object/],
    ["names that are none", (text) => text.replace('"gemm"', "3"), /its picks are not names/],
    [
      "picks that are a list",
      (text) => text.replace(/"picks": [^}]*}/, '"picks": []'),
      /not names/,
    ],
    ["another machine", (text) => text.replace(/"processor": "/, "$&Another "), /another machine/],
  ];
  for (const [name, change, words] of damaged) {
    it(`${name}: warned, not used, replaced`, () => {
      const file = open();
      file.save({ one: "gemm" });
      const text = change(readFileSync(file.path, "utf8"));
      writeFileSync(file.path, text);
      const again = open();
      expect(again.load()).to.deep.equal({});
      expect(warnings.length).to.equal(1);
      expect(warnings[0]).to.match(words).and.include(file.path);
      again.save({ two: "gemm" });
      expect(open().load()).to.deep.equal({ two: "gemm" });
      expect(warnings.length).to.equal(1);
    });
  }

  it("a folder that cannot be made: said once, and nothing else happens", () => {
    const occupied = temporaryFolder();
    writeFileSync(join(occupied, "file"), "");
    process.env.TAPEGRAD_CACHE = join(occupied, "file", "cache");
    const file = open();
    file.save({ one: "gemm" });
    file.save({ two: "gemm" });
    expect(warnings.length).to.equal(1);
    expect(warnings[0]).to.match(/are not kept: .*TAPEGRAD_CACHE names another folder/);
  });

  it("a folder in its place: said, not used", () => {
    const { path } = open();
    mkdirSync(path, { recursive: true });
    expect(open().load()).to.deep.equal({});
    expect(warnings[0]).to.match(/the kept picks are not used/);
  });
});

const weights = (folder: string) => {
  const { tensors } = readSafetensors(join(folder, "model.safetensors"));
  return new Map([...tensors].map(([k, t]) => [k, Buffer.from(t.data.buffer).toString("base64")]));
};

describe("command line: tuned and deterministic runs", function () {
  this.timeout(300_000);
  let data: string;
  before(() => {
    data = temporaryFolder();
    writeBars(data, 24, 1, 14); // 16 to train, 8 to test
  });
  after(removeTemporaryFolders);

  const args = (out: string, ...more: string[]): string[] => [
    ...["train", "mnist", "--data", data, "--model", "separable", "--batch", "8", "--epochs", "2"],
    ...["--out", out, "--json", ...more],
  ];
  const train = async (cache: string, line: string[], env: NodeJS.ProcessEnv = {}) => {
    const running = await start(line, { ...process.env, TAPEGRAD_CACHE: cache, ...env });
    return await running.ended;
  };
  const picksIn = (cache: string): Record<string, string> => {
    const [name] = readdirSync(cache);
    return JSON.parse(readFileSync(join(cache, name as string), "utf8")).picks;
  };

  it("a tuned run that is resumed goes on with its kernels, to the bits of the whole run", async () => {
    const [whole, parts, cache] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    const ran = await train(cache, args(whole, "--tune", "--threads", "1"));
    expect(ran.code, ran.err).to.equal(0);
    expect(ran.err).to.match(/backend wasm, 1 thread, kernels picked by time/);
    expect(Object.keys(picksIn(cache)).length).to.be.at.least(20);

    const first = await start(args(parts, "--tune", "--threads", "1"), {
      ...process.env,
      TAPEGRAD_CACHE: cache,
    });
    await first.saw("epoch 1/");
    first.process.kill("SIGINT");
    expect((await first.ended).code).to.equal(130);
    const { state } = loadCheckpoint(join(parts, "checkpoint.safetensors"));
    const { picks } = state as { picks: Record<string, string> };
    expect(Object.keys(picks).length).to.be.at.least(20);

    // Another machine: a cache that says otherwise, and another number of threads.
    const elsewhere = temporaryFolder();
    const [name] = readdirSync(cache) as [string];
    const file = JSON.parse(readFileSync(join(cache, name), "utf8"));
    for (const key of Object.keys(file.picks)) {
      file.picks[key] = file.picks[key] === "gemm" ? "depthwise-columns" : "gemm";
      file.picks[key.replace("1 threads", "2 threads")] = file.picks[key];
    }
    writeFileSync(join(elsewhere, name), JSON.stringify(file));
    const second = await train(elsewhere, args(parts, "--tune", "--resume", "--threads", "2"));
    expect(second.code, second.err).to.equal(0);
    expect(JSON.parse(second.out).threads).to.be.oneOf([1, 2]);
    expect(weights(parts)).to.deep.equal(weights(whole));

    const refused = await train(cache, args(parts, "--resume"));
    expect(refused.code).to.equal(2);
    expect(refused.err).to.match(/kernels was by time \(--tune\), now by shape/);
  });

  it("a deterministic run gives the bits of plain SIMD, says so, and is not mixed with another", async () => {
    const [exact, byVariable, plain] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    const cache = temporaryFolder();
    const ran = await train(cache, args(exact, "--deterministic"));
    expect(ran.code, ran.err).to.equal(0);
    expect(ran.err).to.match(/backend wasm, \d+ threads?, deterministic/);
    const on = { TAPEGRAD_DETERMINISTIC: "1" };
    expect((await train(cache, args(byVariable, "--threads", "1"), on)).code).to.equal(0);
    const off = { TAPEGRAD_SIMD: "plain", TAPEGRAD_WINOGRAD: "off" };
    expect((await train(cache, args(plain), off)).code).to.equal(0);
    expect(weights(exact)).to.deep.equal(weights(plain));
    expect(weights(byVariable)).to.deep.equal(weights(plain));
    expect(readdirSync(cache)).to.deep.equal([]);
    const refused = await train(cache, args(exact, "--resume"));
    expect(refused.err).to.match(/kernels was deterministic, now by shape/);
  });

  it("--threads says so where they are not there", async () => {
    const ran = await train(
      temporaryFolder(),
      ["train", "mnist", "--data", data, "--model", "linear", "--threads", "2", "--json"],
      { TAPEGRAD_BACKEND: "reference" },
    );
    expect(ran.code, ran.err).to.equal(0);
    expect(ran.err).to.match(
      /'reference' backend computes on 1 thread here; --threads 2 is not used/,
    );
    expect(JSON.parse(ran.out).threads).to.equal(1);
  });
});
