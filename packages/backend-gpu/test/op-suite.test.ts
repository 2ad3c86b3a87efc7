// The acceptance test on the GPU: every op of core by its own samples, against the reference backend.
import { NoKernelError, ops } from "@tapegrad/core";
import { opSuite } from "@tapegrad/core/testing";
import { expect } from "chai";
import { NAME } from "../src/index.ts";
import { describeGpu } from "./gpu.ts";

/** Ops that have neither a kernel here nor a composition. They say so; none is part of a common model. */
const GAPS: ReadonlySet<string> = new Set([
  "cummax",
  "cummin",
  "medianOfAll",
  "mode",
  "scatter_",
  "sort",
]);

describeGpu("opSuite on webgpu", () => {
  for (const [name] of ops()) {
    describe(name, () => {
      const only = (op: string): boolean => op === name;
      for (const check of opSuite(NAME, { only, gradients: "float32" })) {
        if (GAPS.has(name)) {
          it("has no kernel, and says so", async () => {
            let error: unknown;
            await Promise.resolve()
              .then(check.run)
              .catch((e: unknown) => {
                error = e;
              });
            expect(error).to.be.instanceOf(NoKernelError);
          });
          break;
        }
        it(check.name, check.run);
      }
    });
  }
});
