// Bundles a page of scripts/browser for browsers, as a user's bundler would: minified, from the sources of the
// packages, whose "sideEffects" decide what stays.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { classNames } from "../class-names.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** As a script that sets the global `page`. Fails where a static import of a Node module is left. */
export async function bundlePage(entry = "scripts/browser/page.ts") {
  const { outputFiles } = await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    minify: true,
    write: false,
    platform: "browser",
    conditions: ["@tapegrad/source"],
    format: "iife",
    globalName: "page",
    target: "es2022",
    logLevel: "silent",
    plugins: [classNames],
  });
  return /** @type {{ text: string }} */ (outputFiles[0]).text;
}
