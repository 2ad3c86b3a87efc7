// Options that do not exist are refused by name.
import { ArgumentError } from "@tapegrad/core";
import { DataLoader, glyphs, ImageDataset, mnist, randomSplit } from "@tapegrad/data";
import { expect } from "chai";

describe("data: options that do not exist", () => {
  const set = glyphs({ size: 10 });
  const pixels = new Uint8Array(4);
  const calls: readonly [name: string, call: () => unknown, words: RegExp][] = [
    ["glyphs", () => glyphs({ sise: 3 } as object), /no option 'sise' \(did you mean 'size'\?\)/],
    ["DataLoader", () => new DataLoader(set, { batch_size: 4 } as object), /'batchSize'/],
    [
      "DataLoader with a number",
      () => new DataLoader(set, 4 as never),
      /got 4 where the options belong/,
    ],
    ["mnist", () => mnist("nowhere", { part: "test" } as object), /no option 'part'/],
    ["randomSplit", () => randomSplit(set, [5, 5], { sed: 1 } as object), /'seed'/],
    [
      "ImageDataset",
      () =>
        new ImageDataset(pixels, new Uint8Array(1), {
          height: 2,
          width: 2,
          classes: 2,
          std_: 1,
        } as never),
      /no option 'std_'/,
    ],
  ];
  for (const [name, call, words] of calls) {
    it(name, () => expect(call).to.throw(ArgumentError, words));
  }
});
