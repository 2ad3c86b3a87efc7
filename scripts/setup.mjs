// Makes node_modules match pnpm-lock.yaml with nothing but Node and npm: the pnpm named
// in package.json's "packageManager" is run through npx. Does nothing when up to date.
// Arguments replace --frozen-lockfile: npm run setup -- --no-frozen-lockfile
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "node_modules", ".setup-stamp");

// Oldest Node that mocha 12 and --no-experimental-require-module run on.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19) || (major === 22 && minor < 12)) {
  console.error(`setup: Node ${process.versions.node} is too old; 20.19, 22.12 or later is needed`);
  process.exit(1);
}

const extra = process.argv.slice(2);
const inputs = [
  "package.json",
  "pnpm-lock.yaml",
  "pnpm-workspace.yaml",
  "examples/package.json",
  ...readdirSync(join(root, "packages"))
    .sort()
    .map((name) => `packages/${name}/package.json`),
];
function state() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  for (const file of inputs) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(file).update("\0").update(readFileSync(path));
  }
  return hash.digest("hex");
}

if (extra.length > 0 || !existsSync(stamp) || readFileSync(stamp, "utf8") !== state()) {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const flags = extra.length > 0 ? extra : ["--frozen-lockfile"];
  const args = ["--yes", packageManager, "install", ...flags];
  console.error(`setup: npx ${args.join(" ")}`);
  // One string with shell: true, because on Windows npx is a .cmd file.
  const { status } = spawnSync(`npx ${args.join(" ")}`, {
    cwd: root,
    shell: true,
    // stdout belongs to the command that comes after the set-up.
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) {
    console.error(`setup: failed (exit ${status})`);
    process.exit(status ?? 1);
  }
  writeFileSync(stamp, state());
}
