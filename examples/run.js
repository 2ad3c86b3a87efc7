// npm run example -- NAME [--small]: runs one example from its TypeScript source. Without a name it
// lists them. --small is the budget that the tests use.
import { readdirSync, readFileSync } from "node:fs";
import { register } from "node:module";
import { register as tsx } from "tsx/esm/api";

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

// The packages' exports lead to their sources under this condition.
const hook = `export const resolve = (specifier, context, next) =>
  next(specifier, { ...context, conditions: ["@tapegrad/source", ...context.conditions] });`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
tsx();
const example = await import(new URL(`${name}.ts`, folder).href);
await example.run?.({ small: args.includes("--small") });
