// npm test: every test, in two processes side by side; then those of the GPU backend in a process of their own, since
// a device that was started is there for all that runs beside it. Arguments go to mocha.
//
//   npm test -- --reporter spec
import { spawnSync } from "node:child_process";
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
for (const [k, files] of runs.entries()) {
  const result = join(folder, `${k}.json`);
  const { status: code } = spawnSync(
    process.execPath,
    [mocha, ...process.argv.slice(2), ...files],
    {
      stdio: "inherit",
      env: { ...process.env, TEST_RESULT: result },
    },
  );
  if (code !== 0) status = code ?? 1;
  try {
    const stats = JSON.parse(readFileSync(result, "utf8"));
    for (const name of /** @type {const} */ (["passes", "failures", "pending"])) {
      total[name] += stats[name];
    }
  } catch {
    status ||= 1; // mocha itself failed
  }
}
rmSync(folder, { recursive: true });
if (process.env.TEST_RESULT) writeFileSync(process.env.TEST_RESULT, JSON.stringify(total));
process.exitCode = status;
