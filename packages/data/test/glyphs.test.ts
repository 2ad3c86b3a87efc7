// Glyphs: the same pixels for ever and everywhere, balanced, and of the size and brightness of writing.
import { createHash } from "node:crypto";
import { ArgumentError } from "@tapegrad/core";
import { GLYPHS_MEAN, GLYPHS_STD, glyphs, type ImageDataset } from "@tapegrad/data";
import { expect } from "chai";
import { Draws } from "../src/random.ts";

const SIZE = 28 * 28;
const sha = (set: ImageDataset): string =>
  createHash("sha256").update(set.labels).update(set.pixels).digest("hex").slice(0, 16);
const count = (labels: Uint8Array): number[] => {
  const counts = new Array<number>(10).fill(0);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  return counts;
};

describe("glyphs", () => {
  it("draws these images and no others: a change here changes everyone's data", () => {
    expect(sha(glyphs({ size: 100 }))).to.equal("27694b745032c4f1");
    expect(sha(glyphs({ size: 100, split: "test" }))).to.equal("68081aa9f0111a46");
    expect(sha(glyphs({ size: 100, seed: 2 ** 40 + 1 }))).to.equal("0f0510b8998226d5");
  });

  it("draws image i from (seed, i), whatever the size", () => {
    const few = glyphs({ size: 17, seed: 3 });
    const many = glyphs({ size: 40, seed: 3 });
    expect(many.pixels.slice(0, 17 * SIZE)).to.deep.equal(few.pixels);
    expect(many.labels.slice(0, 17)).to.deep.equal(few.labels);
  });

  it("shares no image between train and test, nor between seeds", () => {
    const sets = [
      glyphs({ size: 200 }),
      glyphs({ size: 200, split: "test" }),
      glyphs({ size: 200, seed: 1 }),
    ];
    const images = sets.flatMap(({ pixels }) =>
      Array.from({ length: 200 }, (_, i) =>
        Buffer.from(pixels.subarray(i * SIZE, (i + 1) * SIZE)).toString("latin1"),
      ),
    );
    expect(new Set(images).size).to.equal(600);
    const [train, test] = sets as [ImageDataset, ImageDataset];
    expect(train.labels).to.not.deep.equal(test.labels);
  });

  it("holds each digit equally often, in random order", () => {
    const { labels } = glyphs({ size: 300 });
    expect(count(labels)).to.deep.equal(new Array(10).fill(30));
    expect(Math.max(...count(glyphs({ size: 15 }).labels))).to.equal(2);
    const firsts = Array.from({ length: 30 }, (_, i) => labels[10 * i]);
    expect(new Set(firsts).size).to.be.above(5);
  });

  it("is normalised by its own statistics, and keeps within the frame", () => {
    const { pixels, mean, std } = glyphs({ size: 1000, seed: 9 });
    let sum = 0;
    let squares = 0;
    for (const v of pixels) {
      sum += v / 255;
      squares += (v / 255) ** 2;
    }
    const average = sum / pixels.length;
    expect(average).to.be.closeTo(GLYPHS_MEAN, 0.005);
    expect(Math.sqrt(squares / pixels.length - average ** 2)).to.be.closeTo(GLYPHS_STD, 0.007);
    expect([mean, std]).to.deep.equal([[GLYPHS_MEAN], [GLYPHS_STD]]);
    // White ink, and no stroke cut off: at most its soft edge in the outermost rows.
    for (let i = 0; i < 1000; i++) {
      const image = pixels.subarray(i * SIZE, (i + 1) * SIZE);
      expect(Math.max(...image)).to.be.above(100);
      expect(Math.max(...image.subarray(0, 28), ...image.subarray(SIZE - 28))).to.be.below(128);
    }
  });

  it("has default sizes", () => {
    expect(glyphs({ split: "test" })).to.have.property("length", 2000);
  });

  it("refuses what makes no sense", () => {
    expect(() => glyphs({ size: 0 })).to.throw(ArgumentError, /size must be .* got 0/);
    expect(() => glyphs({ size: 1.5 })).to.throw(ArgumentError, /got 1.5/);
    expect(() => glyphs({ seed: 0.5 })).to.throw(ArgumentError, /seed .* got 0.5/);
    expect(() => glyphs({ split: "valid" as "test" })).to.throw(ArgumentError, /split .* valid/);
  });
});

describe("Draws", () => {
  it("has the promised moments", () => {
    const draws = new Draws(1, 99);
    const bells = Array.from({ length: 20_000 }, () => draws.bell());
    const mean = bells.reduce((a, b) => a + b) / bells.length;
    const variance = bells.reduce((a, b) => a + (b - mean) ** 2, 0) / bells.length;
    expect(mean).to.be.closeTo(0, 0.03);
    expect(variance).to.be.closeTo(1, 0.03);
  });

  it("gives other numbers for another seed, purpose or index, beyond 32 bits too", () => {
    const first = (seed: number, purpose: number, index: number) =>
      new Draws(seed, purpose, index).uint32();
    const all = [
      first(1, 1, 1),
      first(2, 1, 1),
      first(1, 2, 1),
      first(1, 1, 2),
      first(1 + 2 ** 32, 1, 1),
      first(1, 1, 1 + 2 ** 32),
      first(-1, 1, 1),
    ];
    expect(new Set(all).size).to.equal(all.length);
  });

  it("below(n) reaches every number", () => {
    const draws = new Draws(0, 0);
    const seen = new Set(Array.from({ length: 200 }, () => draws.below(7)));
    expect([...seen].sort()).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
  });
});
