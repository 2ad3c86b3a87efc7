// The data sets that the command knows by name.
import { ArgumentError } from "@tapegrad/core";
import { fashionMnist, glyphs, mnist } from "@tapegrad/data";
import type { DatasetName, Split } from "./options.ts";

/**
 * Training and test images. glyphs are drawn from the seed 0, whatever the seed of the run: two runs
 * then differ by their training alone.
 * @param dir where mnist and fashion-mnist lie
 */
export function loadSplit(name: DatasetName, dir: string | undefined): Split {
  if (name === "glyphs") return { train: glyphs(), test: glyphs({ split: "test" }) };
  if (dir === undefined) {
    throw new ArgumentError(
      name,
      `needs the folder with its IDX files; add --data DIR (the built-in set 'glyphs' needs none)`,
    );
  }
  const load = name === "mnist" ? mnist : fashionMnist;
  return { train: load(dir, { split: "train" }), test: load(dir, { split: "test" }) };
}
