// node --import=./bench/register.js: TypeScript sources run as they are, each file on its own, with nothing
// but the types removed. The usual loader also wraps every named closure in a helper, which the per-call
// code of tiny ops would be charged for.
import { register } from "node:module";

register("./hooks.js", import.meta.url);
