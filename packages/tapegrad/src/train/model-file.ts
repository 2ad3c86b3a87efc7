// model.safetensors: weights under PyTorch's keys, and in its metadata what is needed to use them.
import { FormatError } from "@tapegrad/core";
import type { ImageDataset } from "@tapegrad/data";
import { fromHost, readSafetensors } from "@tapegrad/io";
import { type Classifier, models } from "../models.ts";
import { DATASETS, type DatasetName, type TrainOptions } from "./options.ts";

export interface ModelFile {
  readonly model: Classifier;
  readonly name: string;
  readonly dataset: DatasetName;
  readonly shape: readonly [number, number, number];
  readonly classes: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export const modelMetadata = (o: TrainOptions, images: ImageDataset): Record<string, string> => ({
  model: o.model,
  dataset: o.dataset,
  input: images.shape.join(","),
  classes: String(images.classes),
  mean: images.mean.join(","),
  std: images.std.join(","),
});

/** Reads a model that `tapegrad train` wrote, ready to be used (in evaluation mode). */
export function loadModel(path: string): ModelFile {
  const { tensors, metadata } = readSafetensors(path);
  const text = (key: string): string => {
    const value = metadata[key];
    if (value === undefined) {
      throw new FormatError(
        `${path}: its metadata has no '${key}'; expected the model.safetensors of 'tapegrad train'`,
      );
    }
    return value;
  };
  const numbers = (key: string): number[] => {
    const values = text(key).split(",").map(Number);
    if (values.some((v) => !Number.isFinite(v))) {
      throw new FormatError(`${path}: '${key}' in its metadata is not numbers: '${text(key)}'`);
    }
    return values;
  };
  const name = text("model");
  const dataset = text("dataset") as DatasetName;
  const shape = numbers("input") as unknown as readonly [number, number, number];
  const [classes = 0] = numbers("classes");
  if (shape.length !== 3 || !DATASETS.includes(dataset)) {
    throw new FormatError(
      `${path}: its metadata names no data set and shape that this version knows`,
    );
  }
  const model = models.create(name, { shape, classes });
  model.loadStateDict(fromHost(tensors));
  model.eval();
  return { model, name, dataset, shape, classes, mean: numbers("mean"), std: numbers("std") };
}
