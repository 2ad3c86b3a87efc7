// The data sets that the command knows by name.
import { ArgumentError } from "@tapegrad/core";
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
      name,
      `needs the folder with its IDX files; add --data DIR (the built-in set 'glyphs' needs none)`,
    );
  }
  return (name === "mnist" ? mnist : fashionMnist)(dir, { split });
}

export const loadSplit = (name: DatasetName, dir: string | undefined): Split => ({
  train: loadImages(name, dir, "train"),
  test: loadImages(name, dir, "test"),
});
