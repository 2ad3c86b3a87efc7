// The program behind bin/tapegrad.js.
import { main } from "./command-line.ts";

await main(process.argv.slice(2));
