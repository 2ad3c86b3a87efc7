// The acceptance test of the reference backend: every op, every sample.
import { ops } from "@tapegrad/core";
import { opSuite } from "@tapegrad/core/testing";
import { expect } from "chai";

describe("opSuite on reference", () => {
  for (const name of ops().keys()) {
    describe(name, () => {
      const only = (op: string) => op === name;
      for (const check of opSuite("reference", { only, dtype: "float64" }))
        it(check.name, check.run);
    });
  }
});

describe("every op", () => {
  for (const [name, { spec }] of ops()) {
    it(`${name} says what it does and has samples`, () => {
      expect(spec.doc).to.match(/\.$/);
      // A move needs two backends; its own test has them.
      if (name !== "move") expect(spec.samples, "samples").to.not.equal(undefined);
    });
  }
});
