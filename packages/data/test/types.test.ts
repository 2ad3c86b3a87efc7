// What TypeScript must know of data sets: a TensorDataset gives as many Tensors as it was made of, and
// an option may be undefined (which is its default).
import { ones, type Tensor, tensor } from "@tapegrad/core";
import { expect } from "chai";
import {
  DataLoader,
  glyphs,
  ImageDataset,
  idxImages,
  mnist,
  randomSplit,
  Subset,
  TensorDataset,
} from "../src/index.ts";

describe("types", () => {
  it("of a TensorDataset of two: samples and batches are pairs", async () => {
    const set = new TensorDataset(ones([4, 3]), tensor([0n, 1n, 0n, 1n]));
    const sample: [Tensor, Tensor] = set.get(1);
    expect(sample.map((t) => t.numel)).to.deep.equal([3, 1]);
    expect(set.tensors[1].numel).to.equal(4);
    const split = new DataLoader(new Subset(set, [0, 1]), { batchSize: 2 });
    for await (const [x, y] of new DataLoader(set, { batchSize: 2 })) {
      expect([x.shape, y.shape]).to.deep.equal([[2, 3], [2]]);
    }
    for (const [x, y] of split) expect(x.numel + y.numel).to.equal(8);
    const third = () => {
      // @ts-expect-error there are two
      set.get(0)[2];
    };
    expect(third).to.be.a("function");
  });
  it("of a TensorDataset of a list: any number", () => {
    const list: Tensor[] = [ones([2]), ones([2, 1])];
    const set: TensorDataset = new TensorDataset(...list);
    const first: Tensor | undefined = set.get(0)[0];
    expect(first?.numel).to.equal(1);
    const narrower: TensorDataset = new TensorDataset(ones([2]), ones([2]));
    expect(narrower.length).to.equal(2);
  });

  it("options may be undefined: their defaults hold", () => {
    const transform = undefined;
    const drawn = glyphs({ size: 10, seed: undefined, split: undefined, transform });
    expect(drawn.pixels).to.deep.equal(glyphs({ size: 10 }).pixels);
    const loader = new DataLoader(drawn, {
      batchSize: undefined,
      shuffle: undefined,
      seed: undefined,
      dropLast: undefined,
      collate: undefined,
    });
    expect([loader.length, loader.shuffle, loader.dropLast]).to.deep.equal([10, false, false]);
    expect(randomSplit(drawn, [4, 6], { seed: undefined }).map((s) => s.length)).to.deep.equal([
      4, 6,
    ]);
    const of = { mean: undefined, std: undefined, transform };
    const sizes = { height: 1, width: 1, classes: 2 };
    const one = new ImageDataset(Uint8Array.of(255), Uint8Array.of(1), {
      ...sizes,
      ...of,
      channels: undefined,
    });
    expect([one.mean, one.std]).to.deep.equal([[0], [1]]);
    const [pixels, labels] = [
      { shape: [1, 1, 1], dtype: "uint8" as const, data: Uint8Array.of(255) },
      { shape: [1], dtype: "uint8" as const, data: Uint8Array.of(1) },
    ];
    const idx = idxImages(pixels, labels, { ...of, classes: undefined, names: undefined });
    expect(idx.mean).to.deep.equal(idxImages(pixels, labels).mean);
    expect(() => mnist("/nowhere", { ...of, split: undefined })).to.throw(/\/nowhere/);
  });
});
