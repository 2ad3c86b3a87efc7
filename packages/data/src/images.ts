// Labelled images kept as bytes: MNIST, Fashion-MNIST, glyphs.
import { ArgumentError, checkOptions, type OptionNames, type Tensor, tensor } from "@tapegrad/core";
import { checkIndex, type Dataset } from "./dataset.ts";

export interface ImageSample {
  /** float32 [channels, height, width], normalised. */
  image: Tensor;
  label: number;
}
export interface ImageBatch {
  /** float32 [N, channels, height, width], normalised. */
  images: Tensor;
  /** int64 [N]. */
  labels: Tensor;
}
/** Takes images [N, channels, height, width] (a sample has N = 1) and gives as many. */
export type ImageTransform = (images: Tensor) => Tensor;

export interface ImageDatasetOptions {
  readonly height: number;
  readonly width: number;
  /** Default 1. Pixels lie channel by channel (NCHW). */
  readonly channels?: number | undefined;
  /** Number of classes; labels are below it. */
  readonly classes: number;
  /** Of the pixels / 255; one number, or one a channel. Defaults 0 and 1: pixels in [0, 1]. */
  readonly mean?: number | readonly number[] | undefined;
  readonly std?: number | readonly number[] | undefined;
  readonly transform?: ImageTransform | undefined;
}
const OPTIONS: OptionNames<ImageDatasetOptions> = {
  height: true,
  width: true,
  channels: true,
  classes: true,
  mean: true,
  std: true,
  transform: true,
};

/**
 * uint8 pixels and labels in memory; samples and batches are float32, (pixel / 255 − mean) / std. The arrays
 * are kept, not copied.
 */
export class ImageDataset implements Dataset<ImageSample, ImageBatch> {
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
  readonly length: number;
  /** [channels, height, width]. */
  readonly shape: readonly [number, number, number];
  readonly classes: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  private readonly transform: ImageTransform | undefined;
  /** By channel: the float of each of the 256 bytes. */
  private readonly tables: readonly Float32Array[];
  private scratch = new Float32Array();

  /** @throws ArgumentError when sizes do not fit together or a label is not below `classes` */
  constructor(pixels: Uint8Array, labels: Uint8Array, options: ImageDatasetOptions) {
    checkOptions("ImageDataset", options, OPTIONS);
    const { height, width, channels = 1, classes } = options;
    const expected = labels.length * channels * height * width;
    if (pixels.length !== expected) {
      throw new ArgumentError(
        "ImageDataset",
        `${labels.length} labels of ${channels} × ${height} × ${width} images need ` +
          `${expected} pixels, got ${pixels.length}`,
      );
    }
    const wrong = labels.findIndex((label) => label >= classes);
    if (wrong >= 0) {
      throw new ArgumentError(
        "ImageDataset",
        `label ${labels[wrong]} of image ${wrong} is out of range; expected 0 to ${classes - 1}`,
      );
    }
    this.pixels = pixels;
    this.labels = labels;
    this.length = labels.length;
    this.shape = [channels, height, width];
    this.classes = classes;
    this.mean = perChannel("mean", options.mean ?? 0, channels);
    this.std = perChannel("std", options.std ?? 1, channels);
    if (this.std.some((s) => !(s > 0))) {
      throw new ArgumentError("ImageDataset", `std must be above 0, got [${this.std.join(", ")}]`);
    }
    this.transform = options.transform;
    this.tables = this.mean.map((mean, c) =>
      Float32Array.from({ length: 256 }, (_, v) => (v / 255 - mean) / (this.std[c] as number)),
    );
  }

  get(index: number): ImageSample {
    const images = this.images([index]);
    return {
      image: images.reshape([...images.shape.slice(1)]),
      label: this.labels[index] as number,
    };
  }

  batch(indices: ArrayLike<number>): ImageBatch {
    const labels = BigInt64Array.from(Array.from(indices), (i) => BigInt(this.labels[i] ?? 0));
    return { images: this.images(indices), labels: tensor(labels) };
  }

  /** The same settings over the images from `start` to before `end`; shares the bytes. */
  slice(start: number, end = this.length): ImageDataset {
    const [channels, height, width] = this.shape;
    const size = channels * height * width;
    return new ImageDataset(
      this.pixels.subarray(start * size, end * size),
      this.labels.subarray(start, end),
      {
        height,
        width,
        channels,
        classes: this.classes,
        mean: this.mean,
        std: this.std,
        ...(this.transform ? { transform: this.transform } : {}),
      },
    );
  }

  private images(indices: ArrayLike<number>): Tensor {
    const [channels, height, width] = this.shape;
    const area = height * width;
    const total = indices.length * channels * area;
    // tensor() copies, so the next batch may use the same memory.
    if (this.scratch.length < total) this.scratch = new Float32Array(total);
    const floats = this.scratch.subarray(0, total);
    let at = 0;
    for (let n = 0; n < indices.length; n++) {
      const index = indices[n] as number;
      checkIndex("ImageDataset", index, this.length);
      let from = index * channels * area;
      for (const table of this.tables) {
        for (let k = 0; k < area; k++) {
          floats[at++] = table[this.pixels[from++] as number] as number;
        }
      }
    }
    const images = tensor(floats, { shape: [indices.length, channels, height, width] });
    return this.transform ? this.transform(images) : images;
  }
}

function perChannel(
  name: string,
  value: number | readonly number[],
  channels: number,
): readonly number[] {
  if (typeof value === "number") return new Array<number>(channels).fill(value);
  if (value.length !== channels) {
    throw new ArgumentError(
      "ImageDataset",
      `${name} has ${value.length} numbers for ${channels} channels; give one, or one a channel`,
    );
  }
  return value;
}
