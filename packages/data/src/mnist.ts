// MNIST and what shares its format (Fashion-MNIST, KMNIST): four IDX files in a directory.
import { ArgumentError, checkOptions, FormatError, type OptionNames } from "@tapegrad/core";
import { MissingDataError } from "./errors.ts";
import { type IdxArray, readIdx } from "./idx.ts";
import { ImageDataset, type ImageTransform } from "./images.ts";

export interface MnistOptions {
  /** Default "train". */
  readonly split?: "train" | "test" | undefined;
  /** Of the pixels / 255. Default: those of MNIST's (or Fashion-MNIST's) training images. */
  readonly mean?: number | undefined;
  readonly std?: number | undefined;
  readonly transform?: ImageTransform | undefined;
}
const MNIST_OPTIONS: OptionNames<MnistOptions> = {
  split: true,
  mean: true,
  std: true,
  transform: true,
};
export interface IdxImagesOptions extends Omit<MnistOptions, "split"> {
  /** Labels are below it. Default 10. */
  readonly classes?: number | undefined;
  /** How messages call the two arrays. Default "images" and "labels". */
  readonly names?: readonly [images: string, labels: string] | undefined;
}
const IDX_OPTIONS: OptionNames<IdxImagesOptions> = {
  mean: true,
  std: true,
  transform: true,
  classes: true,
  names: true,
};

const CLASSES = 10;
/** Of MNIST's 60,000 training images, as torchvision's examples use them. */
const MNIST_STATS = { mean: 0.1307, std: 0.3081 };
const FASHION_STATS = { mean: 0.286, std: 0.353 };
/** Where only one pair of files is there, this share of it, at its end, is the test set. */
const TEST_SHARE = 1 / 5;

/**
 * MNIST from the IDX files in `dir`, gzipped or not: train-images-idx3-ubyte, train-labels-idx1-ubyte,
 * t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte (also spelled train-images.idx3-ubyte). Where only one of the
 * two pairs is there, the last fifth of it is the test set, the rest the training set.
 * @throws MissingDataError when files are not there; FormatError when one is damaged or they do not match
 */
export function mnist(dir: string, options: MnistOptions = {}): ImageDataset {
  return load("mnist", dir, options, MNIST_STATS);
}

/** As `mnist`, normalised with the statistics of Fashion-MNIST. */
export function fashionMnist(dir: string, options: MnistOptions = {}): ImageDataset {
  return load("fashionMnist", dir, options, FASHION_STATS);
}

/**
 * A data set from an IDX array of images [N, height, width] and one of labels [N], however they came
 * here; in a browser, from `readIdxAsync` of what fetch() gave.
 * @throws FormatError when they do not go together
 */
export function idxImages(
  images: IdxArray,
  labels: IdxArray,
  options: IdxImagesOptions = {},
): ImageDataset {
  checkOptions("idxImages", options, IDX_OPTIONS);
  const { classes = CLASSES, names = ["images", "labels"] } = options;
  const pixels = expectBytes(images, 3, names[0], "images [N, height, width]");
  const classOf = expectBytes(labels, 1, names[1], "labels [N]");
  const [count, height, width] = images.shape as readonly [number, number, number];
  if (count !== classOf.length) {
    throw new FormatError(
      `${names[0]} holds ${count} images but ${names[1]} ${classOf.length} labels; ` +
        "each image needs one label. Fetch both files from the same place.",
    );
  }
  const wrong = classOf.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    throw new FormatError(
      `${names[1]}: label ${classOf[wrong]} of image ${wrong} is out of range; expected 0 to ${classes - 1}. ` +
        "Is it another data set?",
    );
  }
  return new ImageDataset(pixels, classOf, {
    height,
    width,
    classes,
    mean: options.mean ?? MNIST_STATS.mean,
    std: options.std ?? MNIST_STATS.std,
    ...(options.transform ? { transform: options.transform } : {}),
  });
}

function expectBytes(idx: IdxArray, rank: number, name: string, what: string): Uint8Array {
  if (idx.data instanceof Uint8Array && idx.shape.length === rank) return idx.data;
  throw new FormatError(
    `${name}: expected uint8 ${what}, got ${idx.dtype} [${idx.shape.join(", ")}]. ` +
      "Are the image and the label file mixed up?",
  );
}

type Part = "train" | "t10k";
interface Pair {
  readonly part: Part;
  readonly images: string;
  readonly labels: string;
}

function load(
  op: string,
  dir: string,
  options: MnistOptions,
  stats: { readonly mean: number; readonly std: number },
): ImageDataset {
  checkOptions(op, options, MNIST_OPTIONS);
  const { split = "train", ...rest } = options;
  if (split !== "train" && split !== "test") {
    throw new ArgumentError(op, `split must be "train" or "test", got ${String(split)}`);
  }
  const fs = globalThis.process?.getBuiltinModule?.("node:fs");
  if (fs === undefined) {
    throw new MissingDataError(
      dir,
      `${op}: there is no file system here (a browser). ` +
        "Fetch the files and use idxImages(await readIdxAsync(images), await readIdxAsync(labels)).",
    );
  }
  const pairs = findPairs(op, dir, listDirectory(op, dir, fs.readdirSync));
  const wanted = pairs.find((pair) => pair.part === (split === "train" ? "train" : "t10k"));
  const pair = wanted ?? (pairs[0] as Pair);
  const read = (file: string): IdxArray => {
    const path = `${dir}/${file}`;
    return readIdx(readBytes(op, path, fs.readFileSync), path);
  };
  const all = idxImages(read(pair.images), read(pair.labels), {
    ...stats,
    ...rest,
    names: [`${dir}/${pair.images}`, `${dir}/${pair.labels}`],
  });
  if (pairs.length === 2) return all;
  const train = all.length - Math.floor(all.length * TEST_SHARE);
  return split === "train" ? all.slice(0, train) : all.slice(train);
}

function listDirectory(
  op: string,
  dir: string,
  readdir: (path: string) => readonly string[],
): readonly string[] {
  try {
    return readdir(dir);
  } catch (cause) {
    throw new MissingDataError(
      dir,
      `${op}: cannot read the directory '${dir}' (${(cause as Error).message}). ` +
        "Give the directory that holds the four IDX files, such as train-images-idx3-ubyte.gz.",
      { cause },
    );
  }
}

function readBytes(op: string, path: string, readFile: (path: string) => Uint8Array): Uint8Array {
  try {
    return readFile(path);
  } catch (cause) {
    throw new MissingDataError(path, `${op}: cannot read '${path}' (${(cause as Error).message})`, {
      cause,
    });
  }
}

/** The complete pairs, train first. Half a pair is an error: it would quietly change what is tested. */
function findPairs(op: string, dir: string, files: readonly string[]): readonly Pair[] {
  const find = (part: Part, kind: "images" | "labels"): string | undefined => {
    const rank = kind === "images" ? 3 : 1;
    const stems = [`${part}-${kind}-idx${rank}-ubyte`, `${part}-${kind}.idx${rank}-ubyte`];
    return stems.flatMap((stem) => [stem, `${stem}.gz`]).find((name) => files.includes(name));
  };
  const pairs: Pair[] = [];
  for (const part of ["train", "t10k"] as const) {
    const images = find(part, "images");
    const labels = find(part, "labels");
    if (images !== undefined && labels !== undefined) pairs.push({ part, images, labels });
    else if (images !== undefined || labels !== undefined) {
      const missing = images === undefined ? "images-idx3-ubyte" : "labels-idx1-ubyte";
      throw new MissingDataError(
        dir,
        `${op}: '${dir}' holds ${images ?? labels} but no ${part}-${missing} (or .gz); put it there too`,
      );
    }
  }
  if (pairs.length === 0) {
    const shown = files.slice(0, 8).join(", ") + (files.length > 8 ? ", …" : "");
    throw new MissingDataError(
      dir,
      `${op}: no data in '${dir}': looked for train-images-idx3-ubyte and train-labels-idx1-ubyte, or ` +
        "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each with or without .gz; " +
        `found ${files.length === 0 ? "an empty directory" : shown}. ` +
        "Download the four files into it, or give another directory.",
    );
  }
  return pairs;
}
