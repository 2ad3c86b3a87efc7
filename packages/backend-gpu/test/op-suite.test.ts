// The acceptance test on the GPU: every op of core by its own samples, against the reference backend.

import { ops } from "@tapegrad/core";
import { opSuite } from "@tapegrad/core/testing";
import { NAME } from "../src/index.ts";
import { describeGpu } from "./gpu.ts";

describeGpu("opSuite on webgpu", () => {
  for (const [name] of ops()) {
    describe(name, () => {
      const only = (op: string): boolean => op === name;
      for (const check of opSuite(NAME, { only, gradients: "float32" })) it(check.name, check.run);
    });
  }
});
