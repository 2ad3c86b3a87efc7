// The built-in data set: handwritten-looking digits that the program draws itself.
import { ArgumentError, checkOptions, type OptionNames } from "@tapegrad/core";
import { ImageDataset, type ImageTransform } from "../images.ts";
import { checkSeed, Draws, PURPOSE, permutation } from "../random.ts";
import { Pen, SIDE } from "./pen.ts";

export interface GlyphsOptions {
  /** Number of images. Default: 10,000 to train, 2,000 to test. */
  readonly size?: number | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Train and test images come from streams that share no random number. Default "train". */
  readonly split?: "train" | "test" | undefined;
  /** Applied to each sample and batch after normalisation. */
  readonly transform?: ImageTransform | undefined;
}
const OPTIONS: OptionNames<GlyphsOptions> = {
  size: true,
  seed: true,
  split: true,
  transform: true,
};

const CLASSES = 10;
/** Of the pixels / 255, over 10,000 training images. */
export const GLYPHS_MEAN = 0.1131;
export const GLYPHS_STD = 0.2399;

/**
 * Digits 0 to 9, 28 × 28, white on black as in MNIST: several ways of writing each, bent, slanted, turned,
 * with pens of all widths. About as hard as MNIST: a linear classifier gets 88 %, a small convolution
 * net 97 to 99 %. Image i depends on (seed, split, i) alone, whatever `size` is; any ten images
 * from a multiple of ten on hold each digit once.
 * @throws ArgumentError for a size, seed or split that makes no sense
 */
export function glyphs(options: GlyphsOptions = {}): ImageDataset {
  checkOptions("glyphs", options, OPTIONS);
  const split = options.split ?? "train";
  if (split !== "train" && split !== "test") {
    throw new ArgumentError("glyphs", `split must be "train" or "test", got ${String(split)}`);
  }
  const size = options.size ?? (split === "train" ? 10_000 : 2_000);
  if (!Number.isInteger(size) || size < 1) {
    throw new ArgumentError("glyphs", `size must be a whole number of at least 1, got ${size}`);
  }
  const seed = checkSeed("glyphs", options.seed ?? 0);

  const pixels = new Uint8Array(size * SIDE * SIDE);
  const labels = new Uint8Array(size);
  const pen = new Pen();
  const order = new Draws(seed, PURPOSE.glyphLabels[split]);
  const draws = new Draws(seed, PURPOSE.glyphDrawing[split]);
  let digits: Uint32Array = new Uint32Array();
  for (let i = 0; i < size; i++) {
    // Each ten hold every digit once: balanced, and still a function of i alone.
    if (i % CLASSES === 0) digits = permutation(CLASSES, order.restart(i / CLASSES));
    labels[i] = digits[i % CLASSES] as number;
    pen.draw(labels[i] as number, draws.restart(i), pixels, i * SIDE * SIDE);
  }
  return new ImageDataset(pixels, labels, {
    height: SIDE,
    width: SIDE,
    classes: CLASSES,
    mean: GLYPHS_MEAN,
    std: GLYPHS_STD,
    ...(options.transform ? { transform: options.transform } : {}),
  });
}
