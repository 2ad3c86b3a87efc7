// tapegrad: one import for users. It registers the CPU backend and re-exports everything:
//
//   import { tensor, nn, F, optim, data, io } from "tapegrad";
import "@tapegrad/backend-cpu";
import { setPickStore } from "@tapegrad/core";
import * as data from "@tapegrad/data";
import * as io from "@tapegrad/io";
import { lazyPickFile } from "./tuning/pick-file.ts";

export * from "@tapegrad/core";
export { F, nn, optim } from "@tapegrad/nn";
export { device } from "./device.ts";
export {
  type ExplainedOp,
  type ExplainedPass,
  type ExplainOptions,
  type Explanation,
  explain,
  explainAsync,
} from "./explain/explain.ts";
export { models } from "./models.ts";
export { data, io };

// What tuning picks is kept between programs, in Node; where and until when: pick-file.ts.
setPickStore(lazyPickFile());
