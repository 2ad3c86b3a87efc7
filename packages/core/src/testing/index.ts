// @tapegrad/core/testing: what a backend, or a custom op, is tested with.
export { gradcheck, gradgradcheck } from "../autograd/gradcheck.ts";
export {
  type Check,
  closeTo,
  compare,
  type OpSuiteOptions,
  opSuite,
  type Tolerance,
} from "./op-suite.ts";
export { sampleRng } from "./rng.ts";
