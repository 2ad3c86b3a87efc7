// Geometries of convolutions: equal ones are one object, which keys and plans are kept with; others are not.
import type { ConvGeometry } from "@tapegrad/core";
import { expect } from "chai";
import { liftGeometry, ofGeometry, ofVariant } from "../src/wasm/conv/geometry.ts";

const BASE = {
  x: [2, 6, 8, 9],
  w: [4, 3, 3, 2],
  y: [2, 4, 3, 4],
  stride: [2, 2],
  padding: [0, 1],
  dilation: [1, 3],
  groups: 2,
};
const fresh = (): typeof BASE => structuredClone(BASE);

describe("the geometry of a convolution", () => {
  it("is the same object for equal numbers in other lists", () => {
    expect(liftGeometry(fresh())).to.equal(liftGeometry(fresh()));
  });

  it("is another one wherever a number differs", () => {
    const seen = new Set([liftGeometry(fresh())]);
    let others = 1;
    for (const name of ["x", "w", "y", "stride", "padding", "dilation"] as const) {
      for (let i = 0; i < BASE[name].length; i++) {
        const changed = fresh();
        changed[name][i] = (changed[name][i] as number) + 1;
        seen.add(liftGeometry(changed));
        others++;
      }
    }
    seen.add(liftGeometry({ ...fresh(), groups: 1 }));
    expect(seen.size).to.equal(others + 1);
  });

  it("is another one with other dims, even if what is computed is the same", () => {
    const one: ConvGeometry = {
      x: [1, 1, 5],
      w: [1, 1, 3],
      y: [1, 1, 3],
      stride: [1],
      padding: [0],
      dilation: [1],
      groups: 1,
    };
    const two: ConvGeometry = {
      x: [1, 1, 1, 5],
      w: [1, 1, 1, 3],
      y: [1, 1, 1, 3],
      stride: [1, 1],
      padding: [0, 0],
      dilation: [1, 1],
      groups: 1,
    };
    expect(liftGeometry(two)).to.deep.equal({ ...liftGeometry(one), dims: 2 });
  });

  it("does not follow a list that its owner changes", () => {
    const mine = fresh();
    const before = liftGeometry(mine);
    mine.stride[0] = 1;
    expect(liftGeometry(mine)).not.to.equal(before);
    expect(liftGeometry(mine).stride).to.deep.equal([1, 1, 2]);
    expect(liftGeometry(fresh())).to.equal(before);
    expect(before.stride).to.deep.equal([1, 2, 2]);
  });

  it("is forgotten when there are many, and found again", () => {
    const before = structuredClone(liftGeometry(fresh()));
    for (let n = 1; n <= 600; n++) liftGeometry({ ...fresh(), x: [n, 6, 8, 9], y: [n, 4, 3, 4] });
    expect(liftGeometry(fresh())).to.deep.equal(before);
  });

  it("has what follows from it made once", () => {
    let made = 0;
    const size = ofGeometry((c) => {
      made++;
      return c.kernelSize;
    });
    const c = liftGeometry(fresh());
    expect([size(c), size(c), size(liftGeometry(fresh()))]).to.deep.equal([6, 6, 6]);
    expect(made).to.equal(1);
  });

  it("has what follows from it and something else made once for each of both", () => {
    let made = 0;
    const text = ofVariant((c, name: string) => {
      made++;
      return `${name} ${c.kernelSize}`;
    });
    const texts = ["a", "b", "a", "b"].map((name) => text(liftGeometry(fresh()), name));
    expect(texts).to.deep.equal(["a 6", "b 6", "a 6", "b 6"]);
    expect(made).to.equal(2);
  });
});
