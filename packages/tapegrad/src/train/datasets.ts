// The data sets that the command knows by name.
import { createHash } from "node:crypto";
import { ArgumentError, FormatError, sameShape, sizeOf } from "@tapegrad/core";
import { fashionMnist, glyphs, type ImageDataset, mnist } from "@tapegrad/data";
import type { DatasetName, Split } from "./options.ts";

/**
 * One split of a data set. glyphs are drawn from the seed 0, whatever the seed of the run: two runs then
 * differ by their training alone.
 * @param dir where mnist and fashion-mnist lie
 */
export function loadImages(
  name: DatasetName,
  dir: string | undefined,
  split: "train" | "test",
): ImageDataset {
  if (name === "glyphs") return glyphs({ split });
  if (dir === undefined) {
    throw new ArgumentError(
      "--data",
      `${name} needs the folder with its IDX files; add --data DIR (the built-in set 'glyphs' needs none)`,
    );
  }
  return (name === "mnist" ? mnist : fashionMnist)(dir, { split });
}

/** Both splits, of one size of image. */
export function loadSplit(name: DatasetName, dir: string | undefined): Split {
  const [train, test] = [loadImages(name, dir, "train"), loadImages(name, dir, "test")];
  for (const [split, { length, shape }] of Object.entries({ train, test })) {
    if (length > 0 && sizeOf(shape) > 0) continue;
    throw new FormatError(`${dir}: there are no ${split} images in it, or they have no pixels`);
  }
  if (!sameShape(train.shape, test.shape)) {
    throw new FormatError(
      `${dir}: training images are ${train.shape.join("×")}, test images ${test.shape.join("×")}; ` +
        `take both from one data set`,
    );
  }
  return { train, test };
}

/** Tells one set of images from another: a resumed run must see what it saw before. */
export function fingerprint({ pixels, labels }: ImageDataset): string {
  return createHash("sha256").update(pixels).update(labels).digest("hex").slice(0, 16);
}
