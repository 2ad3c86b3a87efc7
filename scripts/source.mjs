// Runs programs from the clone's TypeScript sources: one bundle of the program and every package it imports, made
// anew each time (half a second; loading the files one by one through a hook takes several) and so never out of date.
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { REQUIRE } from "./bundle-banner.mjs";
import { classNames } from "./class-names.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(root, "node_modules/.cache/tapegrad");
const DAY = 24 * 60 * 60 * 1000;

/**
 * Bundles `entry` and keeps the result under a name made of its contents, so that programs that still run keep the
 * files they may yet import.
 * @param {string} entry path of a TypeScript file
 * @returns {Promise<string>} the URL to import
 */
export async function bundled(entry) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { main: entry },
    outdir: cache,
    write: false,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    conditions: ["@tapegrad/source"],
    sourcemap: true,
    logLevel: "warning",
    plugins: [classNames],
    banner: { js: REQUIRE },
  });
  const hash = createHash("sha256");
  for (const { contents } of outputFiles) hash.update(contents);
  const folder = join(cache, hash.digest("hex").slice(0, 16));
  if (!existsSync(folder)) {
    prune();
    const fresh = `${folder}.${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    for (const { path, contents } of outputFiles)
      writeFileSync(join(fresh, basename(path)), contents);
    try {
      renameSync(fresh, folder);
    } catch {
      rmSync(fresh, { recursive: true }); // another process was first, with the same contents
    }
  }
  return pathToFileURL(join(folder, "main.js")).href;
}

/** Bundles of yesterday and before. */
function prune() {
  if (!existsSync(cache)) return;
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (Date.now() - statSync(path).mtimeMs > DAY) rmSync(path, { recursive: true, force: true });
  }
}

/**
 * Imports a TypeScript file of the clone. Stacks name the sources.
 * @param {string} entry its path
 */
export async function importSource(entry) {
  process.setSourceMapsEnabled(true);
  return await import(await bundled(entry));
}
