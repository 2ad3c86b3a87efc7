// The acceptance test on the GPU: every op of core by its own samples, against the reference backend.
import { DeviceError, NoKernelError, ops } from "@tapegrad/core";
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

/** Decompositions of small matrices are made on the CPU: they ask for a tensor there. */
const ON_HOST: ReadonlySet<string> = new Set([
  ...["cholesky", "det", "eigh", "qr", "slogdet", "solve", "solveTriangular", "svd"],
]);

/**
 * Each check compiles kernels, so there are few: an op with a kernel of its own is tried on all of its samples, one that
 * is made of others on its first.
 */
const worthwhile = (composed: boolean, check: string): boolean =>
  !composed || /^(sample 0|errors)/.test(check);

describeGpu("opSuite on webgpu", () => {
  for (const [name, { spec }] of ops()) {
    describe(name, () => {
      const only = (op: string): boolean => op === name;
      for (const check of opSuite(NAME, { only, gradients: "float32" })) {
        if (GAPS.has(name) || ON_HOST.has(name)) {
          it("does not run here, and says so", async () => {
            let error: unknown;
            await Promise.resolve()
              .then(check.run)
              .catch((e: unknown) => {
                error = e;
              });
            expect(error).to.be.instanceOf(GAPS.has(name) ? NoKernelError : DeviceError);
          });
          break;
        }
        if (worthwhile(spec.kernel === undefined, check.name)) it(check.name, check.run);
      }
    });
  }
});
