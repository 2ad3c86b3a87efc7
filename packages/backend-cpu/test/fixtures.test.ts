// Every function against PyTorch's numbers, on the wasm backend.
import "@tapegrad/backend-cpu";
import { describeFixtures, functionFiles } from "../../core/test/fixture-runner.ts";

describe("fixtures on wasm", () => describeFixtures("wasm", functionFiles));
