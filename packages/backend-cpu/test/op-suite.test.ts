// The acceptance test of the wasm backend: every op, every sample, in float32 against the reference.
import "@tapegrad/backend-cpu";
import { ops } from "@tapegrad/core";
import { opSuite } from "@tapegrad/core/testing";

describe("opSuite on wasm", () => {
  for (const name of ops().keys()) {
    describe(name, () => {
      const only = (op: string) => op === name;
      // Differences in float64 run the reference loops, which have their own suite.
      for (const check of opSuite("wasm", { only, gradients: "float32" }))
        it(check.name, check.run);
    });
  }
});
