// tapegrad: one import for users. It registers the CPU backend and re-exports everything:
//
//   import { tensor, nn, F, optim, data, io } from "tapegrad";
import "@tapegrad/backend-cpu";
import * as data from "@tapegrad/data";
import * as io from "@tapegrad/io";

export * from "@tapegrad/core";
export { F, nn, optim } from "@tapegrad/nn";
export { device } from "./device.ts";
export { models } from "./models.ts";
export { data, io };
