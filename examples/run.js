// npm run example -- NAME [--small]: runs one example from its TypeScript source. Without a name it
// lists them. --small is the budget that the tests use.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { importSource } from "../scripts/source.mjs";

const folder = new URL("./", import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -".ts".length));
const [name, ...args] = process.argv.slice(2);

if (name === undefined || !names.includes(name)) {
  if (name !== undefined) console.error(`there is no example '${name}'; there are:`);
  for (const each of names) {
    const [first = ""] = readFileSync(new URL(`${each}.ts`, folder), "utf8").split("\n");
    console.error(`  ${each.padEnd(16)} ${first.replace(/^\/\/ /, "")}`);
  }
  process.exit(name === undefined ? 0 : 2);
}

const example = await importSource(fileURLToPath(new URL(`${name}.ts`, folder)));
await example.run?.({ small: args.includes("--small") });
