// An esbuild plugin: classes of the packages keep their names. Modules print the name of their class, errors and
// schedulers' states carry it: it has to outlive the minifier, also that of whoever bundles dist. esbuild's
// keepNames would wrap every closure too, in hot paths.
import { readFileSync } from "node:fs";

/** @type {import("esbuild").Plugin} */
export const classNames = {
  name: "class-names",
  setup({ onLoad }) {
    onLoad({ filter: /packages[\\/][^\\/]+[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const names = [...text.matchAll(/^(?:export )?(?:abstract )?class (\w+)/gm)].map(
        ([, x]) => x,
      );
      const lines = names.map(
        (x) => `Object.defineProperty(${x}, "name", { value: "${x}", configurable: true });\n`,
      );
      // At the end, so that the source map stays right.
      return { contents: `${text}\n${lines.join("")}`, loader: "ts" };
    });
  },
};
