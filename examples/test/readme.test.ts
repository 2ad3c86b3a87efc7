// The programs of all READMEs run, and print (or throw) what the text after them says.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import * as core from "@tapegrad/core";
import { expect } from "chai";
import { transform } from "esbuild";
import * as tapegrad from "tapegrad";

const root = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const readme = read("README.md");

interface Block {
  readonly code: string;
  /** What a text block right after it shows. */
  readonly shown: string | undefined;
}
const blocksOf = (text: string): readonly Block[] =>
  [...text.matchAll(/```ts\n(.*?)```\n(?:\n```text\n(.*?)```\n)?/gs)].map(
    ([, code = "", shown]) => ({ code, shown }),
  );
const blocks = blocksOf(readme);

/** The packages below tapegrad, as it re-exports them. */
const { F, nn, optim, data, io } = tapegrad;
const modules: Readonly<Record<string, unknown>> = {
  tapegrad,
  "@tapegrad/core": core,
  "@tapegrad/nn": { ...nn, ...optim, F, nn, optim },
  "@tapegrad/data": data,
  "@tapegrad/io": io,
};
type Run = (modules: unknown, console: unknown) => Promise<void>;
const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => Run;

/** Runs TypeScript that imports from our packages; returns what it printed or threw. */
async function run(code: string): Promise<string> {
  const { code: js } = await transform(code, { loader: "ts", format: "esm", target: "es2022" });
  const body = js
    .replace(/^import "[^"]*";/gm, "")
    .replace(
      /import\s*(\{[^}]*\})\s*from\s*("[^"]*");/g,
      (_, names: string, from: string) =>
        `const ${names.replaceAll(" as ", ": ")} = modules[${from}];`,
    );
  const lines: string[] = [];
  const show = (x: unknown) => (typeof x === "string" ? x : inspect(x));
  const log = (...args: unknown[]) => lines.push(args.map(show).join(" "));
  try {
    await new AsyncFunction("modules", "console", body)(modules, { log });
  } catch (error) {
    lines.push(`${(error as Error).name}: ${(error as Error).message}`);
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** The example without its first comment. */
const fifteenLines = read("examples/fifteen-lines.ts").replace(/^\/\/.*\n/, "");

const NAMES = ["core", "nn", "backend-cpu", "data", "io", "tapegrad"];
const READMES = ["README.md", ...NAMES.map((name) => `packages/${name}/README.md`)];

describe("the programs of", function () {
  this.timeout(60_000);
  // They save files where they run.
  const here = process.cwd();
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tapegrad-readme-"));
    process.chdir(folder);
    tapegrad.setBackend("wasm");
  });
  after(() => {
    process.chdir(here);
    rmSync(folder, { recursive: true });
  });

  for (const path of READMES) {
    describe(path, () => {
      for (const { code, shown } of blocksOf(read(path))) {
        if (code === fifteenLines) continue; // below
        const title = code.split("\n").find((line) => line !== "" && !line.startsWith("import"));
        it(`${title}`, async () => {
          const output = await run(code);
          if (shown !== undefined) expect(output).to.equal(shown);
          else expect(output).to.not.match(/^\w*Error: /m);
        });
      }
    });
  }
});

describe("README.md", () => {
  before(() => tapegrad.setBackend("wasm"));

  it("its first program is the depthwise convolution, whose output c·M + m reads channel c alone", () => {
    expect(blocks[0]?.code).to.contain("new nn.Conv2d(128, 256, 3, { groups: 128 })");
    const conv = new tapegrad.nn.Conv2d(128, 256, 3, { groups: 128, bias: false });
    const x = tapegrad.zeros([1, 128, 3, 3]);
    tapegrad.noGrad(() => x.select(1, 5).fill_(1)); // channel c = 5 alone
    const y = tapegrad.noGrad(() => conv.call(x)).dataSync() as Float32Array;
    const touched = [...y.keys()].filter((channel) => y[channel] !== 0);
    expect(touched).to.deep.equal([10, 11]);
  });

  it("the library in 15 lines is the example, has at most 15, and reads most digits", async () => {
    expect(blocks.map((b) => b.code)).to.include(fifteenLines);
    expect(fifteenLines.split("\n").filter((line) => line !== "").length).to.be.at.most(15);
    const [, percent] = /^([\d.]+) % of 1,000 unseen/.exec(await run(fifteenLines)) ?? [];
    expect(Number(percent)).to.be.within(85, 100);
  }).timeout(60_000);

  it("has every option of train, every field of the JSON line, every variable", () => {
    const options = read("packages/tapegrad/src/commands/train.ts").matchAll(/(--[a-z-]+)[ "]/g);
    for (const [, option = ""] of options) expect(readme).to.contain(`\`${option}`);
    const [, result = ""] =
      /interface TrainResult \{(.*?)\}/s.exec(read("packages/tapegrad/src/train/options.ts")) ?? [];
    const fields = [...result.matchAll(/readonly (\w+)/g)].map(([, field]) => field);
    expect(fields.length).to.equal(10);
    for (const field of fields) expect(readme).to.contain(`\`${field}\``);
    const variables = read("packages/tapegrad/src/commands/doctor.ts").matchAll(/TAPEGRAD_\w+/g);
    for (const [variable] of variables) expect(readme).to.contain(variable);
  });
});
