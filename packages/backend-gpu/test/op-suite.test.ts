// The acceptance test on the GPU: every op of core by its own samples, against the reference backend.
import { DeviceError, ops } from "@tapegrad/core";
import { opSuite } from "@tapegrad/core/testing";
import { expect } from "chai";
import { NAME } from "../src/index.ts";
import { describeGpu } from "./gpu.ts";
import { ON_HOST } from "./on-host.ts";

/**
 * Each check compiles kernels, so there are few: an op with a kernel of its own is tried on all of its samples, one that
 * is made of others on its first; on all of them with npm run test:gpu -- --all-samples.
 */
const worthwhile = (composed: boolean, check: string): boolean =>
  !composed || process.env.TAPEGRAD_ALL_SAMPLES === "1" || /^(sample 0|errors)/.test(check);

describeGpu("opSuite on webgpu", () => {
  for (const [name, { spec }] of ops()) {
    describe(name, () => {
      const only = (op: string): boolean => op === name;
      for (const check of opSuite(NAME, { only, gradients: "float32" })) {
        if (ON_HOST.has(name)) {
          it("does not run here, and says so", async () => {
            let error: unknown;
            await Promise.resolve()
              .then(check.run)
              .catch((e: unknown) => {
                error = e;
              });
            expect(error).to.be.instanceOf(DeviceError);
          });
          break;
        }
        if (worthwhile(spec.kernel === undefined, check.name)) it(check.name, check.run);
      }
    });
  }
});
