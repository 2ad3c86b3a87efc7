// The WGSL of kernels, without any adapter: gpu.js' internals are used, so a change in what it generates must be seen.
// One file per family in test/wgsl; UPDATE_SNAPSHOTS=1 writes them anew.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { noGrad, withBackend } from "@tapegrad/core";
import { expect } from "chai";
import { allPrograms, forgetPrograms } from "../src/registry.ts";
import { DRY, dryBackend } from "./dry-device.ts";
import { FAMILIES } from "./wgsl-cases.ts";

const FOLDER = new URL("./wgsl/", import.meta.url);

describe("generated WGSL", () => {
  before(() => void dryBackend());
  // Other tests of this process have made some.
  beforeEach(forgetPrograms);
  for (const [family, run] of Object.entries(FAMILIES)) {
    it(family, () => {
      withBackend(DRY, () => noGrad(run));
      // Each family has kernels that no other family's cases make, or it could not see them here.
      const mine = allPrograms().filter((p) => p.key.includes(`/${family}`));
      expect(mine, "kernels of this family").to.not.have.length(0);
      const text = mine
        .map((p) => `// ${p.key}\n${p.wgsl.trim()}\n`)
        .sort()
        .join("\n");
      const file = new URL(`${family}.wgsl`, FOLDER);
      if (process.env.UPDATE_SNAPSHOTS === "1" || !existsSync(file)) {
        expect(process.env.CI, "a snapshot is missing; commit it").to.equal(undefined);
        mkdirSync(FOLDER, { recursive: true });
        writeFileSync(file, text);
      }
      expect(text).to.equal(readFileSync(file, "utf8"));
    });
  }
});
