// mnist(): which files it takes, how it splits one pair, and what it says when something is missing.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { ArgumentError, FormatError } from "@tapegrad/core";
import { fashionMnist, idxImages, MissingDataError, mnist, readIdx } from "@tapegrad/data";
import { expect } from "chai";
import { writeIdx } from "./idx-writer.ts";

const images = (n: number, first = 0): Uint8Array =>
  writeIdx(
    "uint8",
    [n, 2, 2],
    Array.from({ length: 4 * n }, (_, i) => first + Math.floor(i / 4)),
  );
const labels = (n: number): Uint8Array =>
  writeIdx(
    "uint8",
    [n],
    Array.from({ length: n }, (_, i) => i % 10),
  );

describe("mnist", () => {
  let dir = "";
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tapegrad-mnist-"));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });
  const put = (files: Record<string, Uint8Array>) => {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(dir, name), bytes);
  };

  it("reads the pair of each split, in any spelling, gzipped or not", () => {
    put({
      "train-images.idx3-ubyte": images(7),
      "train-labels-idx1-ubyte.gz": gzipSync(labels(7)),
      "t10k-images-idx3-ubyte.gz": gzipSync(images(3, 100)),
      "t10k-labels.idx1-ubyte": labels(3),
    });
    const train = mnist(dir);
    const test = mnist(dir, { split: "test" });
    expect([train.length, test.length]).to.deep.equal([7, 3]);
    expect(train.shape).to.deep.equal([1, 2, 2]);
    expect(Array.from(test.pixels.subarray(0, 5))).to.deep.equal([100, 100, 100, 100, 101]);
    expect(train.mean).to.deep.equal([0.1307]);
    expect(fashionMnist(dir).mean).to.deep.equal([0.286]);
    expect(mnist(dir, { mean: 0, std: 1 }).std).to.deep.equal([1]);
  });

  for (const part of ["train", "t10k"]) {
    it(`takes the last fifth as test set where only the ${part} pair is there`, () => {
      put({ [`${part}-images-idx3-ubyte`]: images(11), [`${part}-labels-idx1-ubyte`]: labels(11) });
      const train = mnist(dir, { split: "train" });
      const test = mnist(dir, { split: "test" });
      expect([train.length, test.length]).to.deep.equal([9, 2]);
      expect(train.pixels.at(-1)).to.equal(8);
      expect(test.pixels[0]).to.equal(9);
      expect(Array.from(test.labels)).to.deep.equal([9, 0]);
    });
  }

  it("names what it looked for, where, and what is there", () => {
    put({ "readme.txt": new Uint8Array() });
    expect(() => mnist(dir))
      .to.throw(
        MissingDataError,
        /looked for train-images-idx3-ubyte .* found readme\.txt\. Download/,
      )
      .with.property("path", dir);
    rmSync(join(dir, "readme.txt"));
    expect(() => mnist(dir)).to.throw(MissingDataError, /found an empty directory/);
    const nowhere = join(dir, "nowhere");
    expect(() => fashionMnist(nowhere)).to.throw(
      MissingDataError,
      /fashionMnist: cannot read the directory '.*nowhere' \(ENOENT.*Give the directory/,
    );
  });

  it("refuses half a pair", () => {
    put({ "t10k-images-idx3-ubyte": images(2) });
    expect(() => mnist(dir)).to.throw(MissingDataError, /no t10k-labels-idx1-ubyte/);
    put({ "t10k-labels-idx1-ubyte": labels(2), "train-labels-idx1-ubyte": labels(2) });
    expect(() => mnist(dir)).to.throw(MissingDataError, /no train-images-idx3-ubyte/);
  });

  it("names a file that cannot be read", () => {
    mkdirSync(join(dir, "train-images-idx3-ubyte"));
    put({ "train-labels-idx1-ubyte": labels(2) });
    expect(() => mnist(dir)).to.throw(MissingDataError, /cannot read '.*train-images-idx3-ubyte'/);
  });

  const refused: readonly [string, Uint8Array, Uint8Array, RegExp][] = [
    ["counts that differ", images(3), labels(4), /holds 3 images but .*labels.* 4 labels/],
    ["files mixed up", labels(3), images(3), /expected uint8 images.*got uint8 \[3\].*mixed up/],
    ["labels that are no bytes", images(1), writeIdx("int32", [1], [1]), /got int32 \[1\]/],
    ["a label of 10", images(1), writeIdx("uint8", [1], [10]), /label 10 of image 0 is out of/],
    ["a damaged file", images(3).subarray(0, 20), labels(3), /train-images-idx3-ubyte: truncated/],
  ];
  for (const [what, imageBytes, labelBytes, message] of refused) {
    it(`refuses ${what}`, () => {
      put({ "train-images-idx3-ubyte": imageBytes, "train-labels-idx1-ubyte": labelBytes });
      expect(() => mnist(dir)).to.throw(FormatError, message);
    });
  }

  it("refuses an unknown split", () => {
    expect(() => mnist(dir, { split: "validation" as "test" })).to.throw(
      ArgumentError,
      /validation/,
    );
  });

  it("says what to do where there is no file system", () => {
    const original = process.getBuiltinModule;
    Object.assign(process, { getBuiltinModule: undefined });
    try {
      expect(() => mnist("/data")).to.throw(
        MissingDataError,
        /browser.*idxImages\(await readIdxAsync/,
      );
    } finally {
      Object.assign(process, { getBuiltinModule: original });
    }
  });

  it("idxImages makes a set of arrays from anywhere", () => {
    const set = idxImages(readIdx(images(2)), readIdx(writeIdx("uint8", [2], [25, 3])), {
      classes: 26,
    });
    expect(set.classes).to.equal(26);
    expect(Array.from(set.labels)).to.deep.equal([25, 3]);
  });

  const real = fileURLToPath(new URL("../../../../shared/data/mnist", import.meta.url));
  const missing = !existsSync(real);
  it(`reads the real files${missing ? " (skipped: there is no ../shared/data/mnist)" : ""}`, function () {
    if (missing) this.skip();
    const train = mnist(real);
    const test = mnist(real, { split: "test" });
    expect([train.length, test.length]).to.deep.equal([8000, 2000]);
    expect(train.shape).to.deep.equal([1, 28, 28]);
    expect(Array.from(train.labels.subarray(0, 5))).to.deep.equal([7, 2, 1, 0, 4]);
    expect(train.pixels.reduce((a, b) => a + b, 0) / train.pixels.length / 255).to.be.closeTo(
      0.1325,
      0.005,
    );
  });
});
