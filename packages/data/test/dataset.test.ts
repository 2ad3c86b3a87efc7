// Data sets made of others, collation, images and transforms.
import { ArgumentError, IndexError, ShapeError, type Tensor, tensor } from "@tapegrad/core";
import {
  type Collated,
  collate,
  compose,
  DataLoader,
  ImageDataset,
  MappedDataset,
  normalize,
  randomSplit,
  Subset,
  TensorDataset,
  toFloat,
} from "@tapegrad/data";
import { expect } from "chai";
import fc from "fast-check";

const list = (t: Tensor | undefined): (number | bigint)[] =>
  Array.from((t as Tensor).dataSync() as ArrayLike<number | bigint>);
const squares = (length: number) => ({ length, get: (i: number) => i * i });

describe("Subset and randomSplit", () => {
  it("a subset has the chosen samples in the chosen order", () => {
    const subset = new Subset(squares(5), [4, 0, 4]);
    expect([subset.length, subset.get(0), subset.get(1)]).to.deep.equal([3, 16, 0]);
    expect(list(subset.batch([2, 1]))).to.deep.equal([16n, 0n]);
    expect(() => subset.get(3)).to.throw(IndexError, /index 3 .* 3 samples/);
    expect(() => subset.batch([-1])).to.throw(IndexError, /index -1/);
    expect(() => new Subset(squares(5), [5])).to.throw(IndexError, /index 5 .* expected 0 to 4/);
  });

  it("splits into parts that hold each sample once", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(12), { minLength: 1, maxLength: 4 }), fc.nat(), (sizes, seed) => {
        const n = sizes.reduce((a, b) => a + b, 0);
        const parts = randomSplit(squares(n), sizes, { seed });
        expect(parts.map((p) => p.length)).to.deep.equal(sizes);
        const indices = parts.flatMap((p) => Array.from(p.indices));
        expect(indices.toSorted((a, b) => a - b)).to.deep.equal(
          Array.from({ length: n }, (_, i) => i),
        );
        const again = randomSplit(squares(n), sizes, { seed });
        expect(again.flatMap((p) => Array.from(p.indices))).to.deep.equal(indices);
      }),
      { numRuns: 50 },
    );
  });

  it("takes fractions, as PyTorch does", () => {
    const lengths = (n: number, fractions: number[]) =>
      randomSplit(squares(n), fractions, { seed: 0 }).map((p) => p.length);
    expect(lengths(10, [0.8, 0.2])).to.deep.equal([8, 2]);
    expect(lengths(10, [0.33, 0.33, 0.34])).to.deep.equal([4, 3, 3]);
    expect(lengths(100, [0.29, 0.71])).to.deep.equal([29, 71]);
    expect(lengths(1, [1])).to.deep.equal([1]);
    for (const bad of [[], [3, 3], [0.5, 0.4], [-1, 11], [1.5, 8.5]]) {
      expect(() => randomSplit(squares(10), bad)).to.throw(ArgumentError, /add up/);
    }
  });
});

describe("MappedDataset", () => {
  it("changes samples when they are asked for", () => {
    const set = new MappedDataset(squares(3), (x, i) => Float32Array.of(x, i));
    expect(set.length).to.equal(3);
    const [batch] = [...new DataLoader(set, { batchSize: 3 })];
    expect(list(batch)).to.deep.equal([0, 0, 1, 1, 4, 2]);
  });
});

describe("TensorDataset", () => {
  const x = tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const y = tensor([7n, 8n, 9n]);

  it("gives rows, and batches of rows", () => {
    const set = new TensorDataset(x, y);
    const [row, label] = set.get(1);
    expect([list(row), label?.item()]).to.deep.equal([[3, 4], 8]);
    const [batch] = [...new DataLoader(set, { batchSize: 2 })];
    expect(batch?.map((t) => t.shape)).to.deep.equal([[2, 2], [2]]);
    expect(list(set.batch([2, 0])[0])).to.deep.equal([5, 6, 1, 2]);
  });

  it("refuses tensors of unequal length, and rows that are not there", () => {
    expect(() => new TensorDataset(x, tensor([1]))).to.throw(ShapeError, /tensors\[1\]: \[1\]/);
    expect(() => new TensorDataset()).to.throw(ShapeError, /one or more/);
    expect(() => new TensorDataset(x).get(3)).to.throw(IndexError, /index 3/);
    expect(() => new TensorDataset(x).batch([3])).to.throw(IndexError, /3/);
  });
});

describe("collate", () => {
  it("stacks Tensors, typed arrays, numbers, bigints, booleans; lists strings", () => {
    const batch = collate([
      { t: tensor([1, 2]), a: Uint8Array.of(1), n: 3, f: 0.5, b: 1n, c: true, s: "x" },
      { t: tensor([3, 4]), a: Uint8Array.of(2), n: 4, f: 1, b: 2n, c: false, s: "y" },
    ]);
    const summary = (t: Tensor) => [t.dtype, t.shape, list(t)];
    expect(summary(batch.t)).to.deep.equal(["float32", [2, 2], [1, 2, 3, 4]]);
    expect(summary(batch.a)).to.deep.equal(["uint8", [2, 1], [1, 2]]);
    expect(summary(batch.n)).to.deep.equal(["int64", [2], [3n, 4n]]);
    expect(summary(batch.f)).to.deep.equal(["float32", [2], [0.5, 1]]);
    expect(summary(batch.b)).to.deep.equal(["int64", [2], [1n, 2n]]);
    expect(summary(batch.c)).to.deep.equal(["bool", [2], [1, 0]]);
    expect(batch.s).to.deep.equal(["x", "y"]);
  });

  it("goes into arrays and objects", () => {
    const samples: [number, { deep: number[] }][] = [
      [1, { deep: [2, 3] }],
      [4, { deep: [5, 6] }],
    ];
    const batch: Collated<[number, { deep: number[] }]> = collate(samples);
    expect(list(batch[0])).to.deep.equal([1n, 4n]);
    expect(batch[1].deep.map(list)).to.deep.equal([
      [2n, 5n],
      [3n, 6n],
    ]);
  });

  const refused: readonly [string, unknown[], typeof ShapeError | typeof ArgumentError, RegExp][] =
    [
      ["nothing", [], ArgumentError, /no samples/],
      ["Tensors of unequal shape", [tensor([1]), tensor([1, 2])], ShapeError, /other: \[2\]/],
      [
        "arrays of unequal length",
        [{ x: Int32Array.of(1) }, { x: Int32Array.of() }],
        ShapeError,
        /sample\.x/,
      ],
      [
        "arrays of unequal kind",
        [Int32Array.of(1), Uint8Array.of(1)],
        ArgumentError,
        /a Uint8Array/,
      ],
      [
        "a number beside a string",
        [1, "1"],
        ArgumentError,
        /a number in the first.* a string in sample 1/,
      ],
      ["lists of unequal length", [[1], [1, 2]], ArgumentError, /an array of 1.*an array of 2/],
      [
        "a missing key",
        [{ a: 1, b: 2 }, { a: 1 }],
        ArgumentError,
        /keys a, b .*keys a in sample 1/,
      ],
      [
        "undefined",
        [{ a: undefined }],
        ArgumentError,
        /sample\.a is undefined.* collate of your own/,
      ],
      ["objects of a class", [new Date()], ArgumentError, /sample is a Date/],
    ];
  for (const [what, samples, kind, message] of refused) {
    it(`refuses ${what}`, () => {
      expect(() => collate(samples)).to.throw(kind, message);
    });
  }
});

describe("ImageDataset", () => {
  const pixels = Uint8Array.from({ length: 24 }, (_, i) => 10 * i);
  const options = { height: 2, width: 3, classes: 5 };
  const labels = Uint8Array.of(4, 0, 2, 1);

  it("gives normalised float32 images and int64 labels", () => {
    const set = new ImageDataset(pixels, labels, { ...options, mean: 0.5, std: 0.25 });
    const { images, labels: y } = set.batch([2, 0]);
    expect([images.shape, images.dtype]).to.deep.equal([[2, 1, 2, 3], "float32"]);
    expect([y.dtype, list(y)]).to.deep.equal(["int64", [2n, 4n]]);
    const expected = [12, 13, 14, 15, 16, 17, 0, 1, 2, 3, 4, 5].map((i) =>
      Math.fround(((10 * i) / 255 - 0.5) / 0.25),
    );
    expect(list(images)).to.deep.equal(expected);
    const { image, label } = set.get(2);
    expect([image.shape, label]).to.deep.equal([[1, 2, 3], 2]);
    expect(list(image)).to.deep.equal(expected.slice(0, 6));
  });

  it("normalises channel by channel", () => {
    const set = new ImageDataset(pixels, labels.subarray(0, 2), {
      ...options,
      channels: 2,
      mean: [0, 1],
      std: [1, 2],
    });
    const image = list(set.get(1).image) as number[];
    expect(image[0]).to.be.closeTo(120 / 255, 1e-6);
    expect(image[6]).to.be.closeTo((180 / 255 - 1) / 2, 1e-6);
  });

  it("keeps earlier batches as they are", () => {
    const set = new ImageDataset(pixels, labels, options);
    const first = set.batch([0]).images;
    set.batch([3]);
    expect(list(first)[1]).to.equal(Math.fround(10 / 255));
  });

  it("applies a transform to samples and batches", () => {
    const transform = (x: Tensor) => x.mul(2);
    const set = new ImageDataset(pixels, labels, { ...options, transform }).slice(1, 3);
    expect(set.length).to.equal(2);
    expect(list(set.get(0).image)[0]).to.equal(Math.fround(60 / 255) * 2);
    expect(list(set.batch([0]).images)[0]).to.equal(Math.fround(60 / 255) * 2);
  });

  it("refuses sizes, labels and indices that do not fit", () => {
    const make =
      (changes: object, y = labels) =>
      () =>
        new ImageDataset(pixels, y, { ...options, ...changes });
    expect(make({ width: 4 })).to.throw(ArgumentError, /need 32 pixels, got 24/);
    expect(make({ classes: 4 })).to.throw(ArgumentError, /label 4 of image 0 .* 0 to 3/);
    expect(make({ mean: [1, 2] })).to.throw(ArgumentError, /mean has 2 numbers for 1 channel/);
    expect(make({ std: 0 })).to.throw(ArgumentError, /std must be above 0/);
    const set = new ImageDataset(pixels, labels, options);
    expect(() => set.get(4)).to.throw(IndexError, /index 4/);
    expect(() => set.batch([0, -1])).to.throw(IndexError, /index -1/);
  });
});

describe("transforms", () => {
  const bytes = tensor(Uint8Array.of(0, 51, 102, 255), { shape: [2, 2, 1] });

  it("toFloat scales bytes to 0 … 1 and leaves floats alone", () => {
    const floats = toFloat()(bytes);
    expect(floats.dtype).to.equal("float32");
    expect(list(floats)).to.deep.equal([0, 0.2, 0.4, 1].map(Math.fround));
    expect(list(toFloat()(tensor([3])))).to.deep.equal([3]);
  });

  it("normalize works on channels of samples and batches", () => {
    const both = compose(toFloat(), normalize([0, 1], [1, 2]));
    const expected = [0, 0.2, -0.3, 0];
    for (const x of [bytes, bytes.reshape([1, 2, 2, 1])]) {
      const y = both(x);
      expect(y.shape).to.deep.equal(x.shape);
      list(y).forEach((v, i) => {
        expect(v).to.be.closeTo(expected[i] as number, 1e-6);
      });
    }
    expect(list(normalize(1, 2)(tensor([[[5]]])))).to.deep.equal([2]);
  });

  it("normalize refuses what does not fit", () => {
    expect(() => normalize([1, 2], [1])).to.throw(ArgumentError, /as many/);
    expect(() => normalize(1, 0)).to.throw(ArgumentError, /above 0/);
    expect(() => normalize([1, 2, 3], [1, 1, 1])(toFloat()(bytes))).to.throw(
      ShapeError,
      /x: \[2, 2, 1\]/,
    );
  });
});
