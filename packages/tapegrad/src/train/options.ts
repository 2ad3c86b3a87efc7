// What a training run is told, with its defaults.
import { areDeterministicAlgorithmsEnabled, isTuning } from "@tapegrad/core";
import type { ImageDataset } from "@tapegrad/data";

export const DATASETS = ["glyphs", "mnist", "fashion-mnist"] as const;
export const OPTIMIZERS = ["adamw", "adam", "sgd"] as const;
export const SCHEDULES = ["onecycle", "cosine", "step", "none"] as const;

export type DatasetName = (typeof DATASETS)[number];
export type OptimizerName = (typeof OPTIMIZERS)[number];
export type ScheduleName = (typeof SCHEDULES)[number];

/** What decides the numbers of a run; stored in its checkpoint and compared on resume. */
export interface Recipe {
  readonly dataset: DatasetName;
  readonly model: string;
  readonly epochs: number;
  readonly batch: number;
  readonly lr: number;
  readonly optim: OptimizerName;
  readonly schedule: ScheduleName;
  readonly weightDecay: number;
  readonly clip: number;
  readonly seed: number;
  /** How kernels are chosen. */
  readonly kernels: "by shape" | "by time (--tune)" | "deterministic";
  /** Fingerprint of the training images. */
  readonly images: string;
}

export interface TrainOptions extends Omit<Recipe, "images" | "kernels"> {
  /** Where the files are; not used by glyphs. */
  readonly data: string | undefined;
  /** Where the run is written; undefined writes nothing. */
  readonly out: string | undefined;
  readonly resume: boolean;
  /** A new run may replace an unfinished one in `out`. */
  readonly overwrite: boolean;
  readonly maxSteps: number | undefined;
}

/** Peak learning rates that suit the optimizers here. */
export const DEFAULT_LR: Readonly<Record<OptimizerName, number>> = {
  adamw: 0.01,
  adam: 0.01,
  sgd: 0.1,
};

export interface Split {
  readonly train: ImageDataset;
  readonly test: ImageDataset;
}

export interface StepReport {
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly lr: number;
  readonly samplesPerSecond: number;
  readonly secondsLeft: number;
}

export interface EpochReport {
  readonly epoch: number;
  readonly epochs: number;
  readonly trainLoss: number;
  readonly testAccuracy: number;
  readonly seconds: number;
}

/** The JSON result line. */
export interface TrainResult {
  readonly testAccuracy: number;
  readonly trainLoss: number;
  readonly epochs: number;
  readonly samplesPerSecond: number;
  readonly seconds: number;
  readonly peakBytes: number;
  readonly parameters: number;
  readonly device: string;
  readonly backend: string;
  readonly threads: number;
}

export interface Reporter {
  start(plan: { readonly steps: number; readonly done: number }): void;
  step(report: StepReport): void;
  epoch(report: EpochReport): void;
  /** A line for people that does not disturb what is drawn. */
  note(line: string): void;
  stop(): void;
}

/** The part of the options that a checkpoint remembers. */
export const recipeOf = (o: TrainOptions, images: string): Recipe => ({
  images,
  kernels: areDeterministicAlgorithmsEnabled()
    ? "deterministic"
    : isTuning()
      ? "by time (--tune)"
      : "by shape",
  dataset: o.dataset,
  model: o.model,
  epochs: o.epochs,
  batch: o.batch,
  lr: o.lr,
  optim: o.optim,
  schedule: o.schedule,
  weightDecay: o.weightDecay,
  clip: o.clip,
  seed: o.seed,
});
