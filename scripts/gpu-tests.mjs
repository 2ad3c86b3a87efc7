// npm run test:gpu: the tests that want a GPU: those of packages/backend-gpu in Node, which npm test runs too, and
// opSuite in headless Chromium, on WebGPU and WebGL2; with --browser only in Chromium, as .ci/run does beside npm test;
// with --all-samples, in Node, also the ops that are made of others on all of their samples;
// with --curve the losses and the memory of a real training run (gpu-curve.ts). What has no adapter or no browser is
// skipped, visibly.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tests = "packages/backend-gpu/test";
const mocha = createRequire(import.meta.url).resolve("mocha/bin/mocha.js");

/** @param {string[]} args */
const run = (args) =>
  spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status === 0;

const inNode = () =>
  run([
    mocha,
    ...readdirSync(join(root, tests))
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => `${tests}/${name}`),
  ]);
const inBrowsers = () => run([join(root, "scripts/browser/gpu.mjs")]);

if (process.argv.includes("--all-samples")) process.env.TAPEGRAD_ALL_SAMPLES = "1";
const onlyBrowsers = process.argv.includes("--browser");
const curve = process.argv.indexOf("--curve");
if (curve > 0) {
  const source = ["--conditions=@tapegrad/source", "--import=tsx"];
  const rest = process.argv.slice(curve + 1);
  process.exit(run([...source, join(root, "scripts/gpu-curve.ts"), ...rest]) ? 0 : 1);
}
// Both, even if the first fails.
const results = onlyBrowsers ? [inBrowsers()] : [inNode(), inBrowsers()];
process.exit(results.every(Boolean) ? 0 : 1);
