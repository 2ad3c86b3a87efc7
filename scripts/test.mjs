// npm test: every test, in two processes side by side, and those of the GPU backend in a third, since a device that was
// started is there for all that its process runs. What the third says is shown when the others are done. Arguments go
// to mocha.
//
//   npm test -- --reporter spec
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const mocha = createRequire(import.meta.url).resolve("mocha/bin/mocha.js");
const GPU = "packages/backend-gpu/test/**/*.test.ts";
const FILES = [
  "packages/*/test/**/*.test.ts",
  "examples/test/**/*.test.ts",
  "bench/test/**/*.test.ts",
];

/** @type {(readonly string[])[]} */
const runs = [["--parallel", "--jobs", "2", "--ignore", GPU, ...FILES], [GPU]];

const folder = mkdtempSync(join(tmpdir(), "tapegrad-test-"));
let status = 0;
const total = { passes: 0, failures: 0, pending: 0 };

/**
 * One run of mocha. @param {readonly string[]} files @param {number} k @param {boolean} shown while it runs
 * @returns {Promise<string>} what it wrote, if that was not shown
 */
function run(files, k, shown) {
  const result = join(folder, `${k}.json`);
  const child = spawn(process.execPath, [mocha, ...process.argv.slice(2), ...files], {
    stdio: shown ? "inherit" : ["inherit", "pipe", "pipe"],
    env: { ...process.env, TEST_RESULT: result },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
  }
  return new Promise((resolve) => {
    child.on("close", (code) => {
      if (code !== 0) status = code ?? 1;
      try {
        const stats = JSON.parse(readFileSync(result, "utf8"));
        for (const name of /** @type {const} */ (["passes", "failures", "pending"])) {
          total[name] += stats[name];
        }
      } catch {
        status ||= 1; // mocha itself failed
      }
      resolve(text);
    });
  });
}

const [, told] = await Promise.all(runs.map((files, k) => run(files, k, k === 0)));
process.stdout.write(told ?? "");
rmSync(folder, { recursive: true });
if (process.env.TEST_RESULT) writeFileSync(process.env.TEST_RESULT, JSON.stringify(total));
process.exitCode = status;
