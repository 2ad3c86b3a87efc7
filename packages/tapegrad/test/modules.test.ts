// Every module against PyTorch on the wasm backend, in float32: its kernels have no other dtype.
import "tapegrad";
import { describeModules } from "../../nn/test/module-runner.ts";

describe("modules on wasm", () => describeModules("wasm", "float32"));
