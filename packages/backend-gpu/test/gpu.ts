// What the tests of this package share: an adapter if there is one, and the reason if there is none.
import { existsSync } from "node:fs";
import { setBackend } from "@tapegrad/core";
import { gpu, NAME } from "../src/index.ts";

// A processor that plays a GPU comes with Chromium.
const SOFTWARE = "/usr/lib/chromium/vk_swiftshader_icd.json";
if (process.env.VK_ICD_FILENAMES === undefined && existsSync(SOFTWARE)) {
  process.env.VK_ICD_FILENAMES = SOFTWARE;
}

let reason: string | undefined;
try {
  await gpu.init();
} catch (error) {
  reason = (error as Error).message;
}

/** Compiling takes a processor seconds, and many times that beside what else a busy machine does. */
const MOST_MS = 300_000;

/** describe() where a GPU answers; else one skipped test that says why. Tensors go to the GPU inside. */
export function describeGpu(title: string, body: () => void): void {
  describe(title, function () {
    this.timeout(MOST_MS);
    if (reason !== undefined) {
      it.skip(`no GPU: ${reason}`);
      return;
    }
    before(() => gpu.init()); // another test may have ended it
    beforeEach(() => setBackend(NAME));
    afterEach(() => setBackend("reference"));
    body();
  });
}
