// Wrong usage: what a person sees, and the exit code.
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import manifest from "../package.json" with { type: "json" };
import { version } from "../src/version.ts";
import { removeTemporaryFolders, run, start, startBin, temporaryFolder, writeBars } from "./run.ts";

describe("command line: usage", () => {
  after(removeTemporaryFolders);

  const wrong: [name: string, args: string[], words: RegExp][] = [
    ["an unknown command", ["trian"], /unknown command 'trian'[\s\S]*Did you mean train\?/],
    [
      "an unknown flag",
      ["train", "--epoch", "3"],
      /unknown option '--epoch'[\s\S]*Did you mean --epochs/,
    ],
    ["an unknown data set", ["train", "minst"], /'minst' is invalid[\s\S]*glyphs, mnist/],
    [
      "an unknown model",
      ["train", "--model", "separabel"],
      /'separabel' is invalid[\s\S]*separable/,
    ],
    [
      "a count that is no number",
      ["train", "--epochs", "many"],
      /'many' is invalid[\s\S]*whole number/,
    ],
    ["a negative rate", ["train", "--lr", "-1"], /'-1' is invalid[\s\S]*a number > 0/],
    ["a batch of one", ["train", "--batch", "1"], /whole number ≥ 2/],
    [
      "an unknown backend",
      ["train", "--backend", "cuda"],
      /'cuda' is invalid[\s\S]*wasm, reference/,
    ],
    ["eval without a model", ["eval"], /required option '--model <path>'/],
    [
      "a wrong input shape",
      ["summary", "--input", "28,28"],
      /--input: expected N,C,H,W such as 1,1,28,28/,
    ],
    [
      "--resume without --out",
      ["train", "mnist", "--data", "BARS", "--resume"],
      /--resume: needs --out/,
    ],
  ];
  for (const [name, args, words] of wrong) {
    it(`${name}: exit code 2`, async () => {
      const bars = temporaryFolder();
      writeBars(bars, 40);
      const ran = await run(...args.map((a) => (a === "BARS" ? bars : a)));
      expect(ran.err).to.match(words);
      expect(ran.code).to.equal(2);
    });
  }

  it("help and version: exit code 0", async () => {
    expect((await run("--help")).code).to.equal(0);
    const ran = await run("--version");
    expect([ran.code, ran.out.trim()]).to.deep.equal([0, manifest.version]);
    expect(version).to.equal(manifest.version);
  });

  const bad: [name: string, prepare: (folder: string) => string[], words: RegExp][] = [
    [
      "a missing folder",
      (f) => ["train", "mnist", "--data", join(f, "none")],
      /none[\s\S]*(not|no) /,
    ],
    ["a folder without files", (f) => ["train", "mnist", "--data", f], /train-images-idx3-ubyte/],
    [
      "truncated images",
      (f) => {
        writeBars(f, 40);
        truncateSync(join(f, "train-images-idx3-ubyte"), 1000);
        return ["train", "mnist", "--data", f];
      },
      /train-images-idx3-ubyte/,
    ],
    [
      "a corrupt gzip",
      (f) => {
        writeBars(f, 40);
        writeFileSync(
          join(f, "train-images-idx3-ubyte"),
          new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 255, 255, 255]),
        );
        return ["train", "mnist", "--data", f];
      },
      /gzip/,
    ],
    ["a missing model", (f) => ["eval", "--model", join(f, "no.safetensors")], /no\.safetensors/],
    [
      "a model that is no safetensors file",
      (f) => {
        writeFileSync(join(f, "m.safetensors"), "nothing of the kind");
        return ["eval", "--model", join(f, "m.safetensors")];
      },
      /m\.safetensors/,
    ],
    [
      "an --out that is a file",
      (f) => {
        writeBars(f, 40);
        writeFileSync(join(f, "out"), "");
        return ["train", "mnist", "--data", f, "--model", "linear", "--out", join(f, "out")];
      },
      /cannot make the run's folder/,
    ],
    [
      "no GPU",
      () => {
        process.env.VK_ICD_FILENAMES = "/nowhere.json"; // what drivers there are, Vulkan does not find
        return ["train", "--device", "gpu"];
      },
      /gpu\.init: .*(?:no Vulkan driver|has no adapter|cannot be loaded).* npm install webgpu/,
    ],
  ];
  for (const [name, prepare, words] of bad) {
    it(`${name}: exit code 1 and a typed error`, async () => {
      const drivers = process.env.VK_ICD_FILENAMES;
      const ran = await run(...prepare(temporaryFolder())).finally(() => {
        if (drivers === undefined) delete process.env.VK_ICD_FILENAMES;
        else process.env.VK_ICD_FILENAMES = drivers;
      });
      expect(ran.err)
        .to.match(words)
        .and.match(/^error: /m)
        .and.not.match(/internal error/);
      expect(ran.code).to.equal(1);
    });
  }

  for (const [name, value, words] of [
    ["TAPEGRAD_DETERMINISTIC", "yes", /TAPEGRAD_DETERMINISTIC: expected '1' or '0', got 'yes'/],
    ["TAPEGRAD_WINOGRAD", "nonsense", /TAPEGRAD_WINOGRAD: expected 'on' or 'off', got 'nonsense'/],
  ] as const) {
    it(`${name}=${value} is refused`, async () => {
      const running = await start(["summary"], { ...process.env, [name]: value });
      const { code, err } = await running.ended;
      expect(err).to.match(words).and.not.match(/ at /);
      expect(code).not.to.equal(0);
    });
  }

  it("a reader that closes the pipe early is no failure", async () => {
    const running = startBin(["summary"]);
    running.process.stdout?.destroy();
    const { code, err } = await running.ended;
    expect(err).to.equal("");
    expect(code).to.equal(0);
  });
});
