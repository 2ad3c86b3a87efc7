// From a PNG file to what a model takes: its size, its channels, its normalisation.
import { FormatError } from "@tapegrad/core";
import { decode } from "fast-png";

export interface ImageInput {
  readonly shape: readonly [number, number, number];
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * Decodes, averages each target pixel over the area it covers, and normalises.
 * @returns float32 of channels · height · width, channel by channel
 * @throws FormatError when the bytes are not a PNG, or its channels do not fit the model
 */
export function imageToInput(
  bytes: Uint8Array,
  path: string,
  { shape, mean, std }: ImageInput,
  invert: boolean,
): Float32Array {
  const image = readPng(bytes, path);
  const [channels, height, width] = shape;
  if (channels !== 1 && channels !== 3) {
    throw new FormatError(`${path}: the model wants ${channels} channels; a PNG gives 1 or 3`);
  }
  const out = new Float32Array(channels * height * width);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const v = areaMean(
          image,
          channels === 1 ? -1 : c,
          [y / height, (y + 1) / height],
          [x / width, (x + 1) / width],
        );
        const light = invert ? 1 - v : v;
        out[(c * height + y) * width + x] = (light - (mean[c] as number)) / (std[c] as number);
      }
    }
  }
  return out;
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Brightness in [0, 1] of channel c, or of grey for −1; transparent is black. */
  at(x: number, y: number, c: number): number;
}

function readPng(bytes: Uint8Array, path: string): Pixels {
  let png: ReturnType<typeof decode>;
  try {
    png = decode(bytes);
  } catch (cause) {
    throw new FormatError(`${path}: not a readable PNG (${(cause as Error).message}); convert it`, {
      cause,
    });
  }
  const { width, height, data, channels, palette } = png;
  const full = 2 ** png.depth - 1;
  const perRow = data.length / height;
  const raw = (x: number, y: number, c: number): number => {
    if (png.depth >= 8) return data[(y * width + x) * channels + c] as number;
    const bit = x * png.depth;
    const byte = data[y * perRow + (bit >> 3)] as number;
    return (byte >> (8 - png.depth - (bit & 7))) & full;
  };
  const color = (x: number, y: number, c: number): number => {
    if (palette !== undefined) return (palette[raw(x, y, 0)]?.[c] ?? 0) / 255;
    const alpha = channels === 2 || channels === 4 ? raw(x, y, channels - 1) / full : 1;
    return (raw(x, y, channels < 3 ? 0 : c) / full) * alpha;
  };
  return {
    width,
    height,
    // Rec. 601 luma.
    at: (x, y, c) =>
      c >= 0
        ? color(x, y, c)
        : 0.299 * color(x, y, 0) + 0.587 * color(x, y, 1) + 0.114 * color(x, y, 2),
  };
}

/** The mean over a rectangle given in fractions of the image, with the share of each pixel it covers. */
function areaMean(
  image: Pixels,
  channel: number,
  rows: readonly [number, number],
  columns: readonly [number, number],
): number {
  const [top, bottom] = [rows[0] * image.height, rows[1] * image.height];
  const [left, right] = [columns[0] * image.width, columns[1] * image.width];
  let sum = 0;
  let area = 0;
  for (let y = Math.floor(top); y < Math.min(image.height, Math.ceil(bottom)); y++) {
    const h = Math.min(bottom, y + 1) - Math.max(top, y);
    for (let x = Math.floor(left); x < Math.min(image.width, Math.ceil(right)); x++) {
      const share = h * (Math.min(right, x + 1) - Math.max(left, x));
      sum += share * image.at(x, y, channel);
      area += share;
    }
  }
  return sum / area;
}
