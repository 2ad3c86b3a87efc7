// One training run: data, model, optimizer, schedule, checkpoints. Everything that decides its numbers is
// in the checkpoint, so that a resumed run goes on to the same bits.
import {
  ArgumentError,
  crossEntropy,
  currentBackend,
  defaultGenerator,
  FormatError,
  isTuning,
  manualSeed,
  memory,
  noGrad,
  type Picks,
  resetPeak,
  scope,
  setTunedPicks,
  type Tensor,
  tunedPicks,
} from "@tapegrad/core";
import {
  DataLoader,
  type DataLoaderState,
  type ImageBatch,
  type ImageSample,
} from "@tapegrad/data";
import { fromHost, type Json, toHost, underPrefix, withPrefix } from "@tapegrad/io";
import { nn, optim } from "@tapegrad/nn";
import { type Classifier, models } from "../models.ts";
import { DivergedError, firstBadLayer } from "./blame.ts";
import { fingerprint } from "./datasets.ts";
import { FEW, riseAt, riseOf } from "./estimate.ts";
import { accuracy, EVALUATED } from "./evaluate.ts";
import { modelMetadata } from "./model-file.ts";
import type { TrainResult } from "./options.ts";
import { type Recipe, type Reporter, recipeOf, type Split, type TrainOptions } from "./options.ts";
import { RunFolder } from "./run-files.ts";

/** What a checkpoint holds beside tensors. */
interface RunState {
  readonly recipe: Recipe;
  readonly step: number;
  /** Of the whole run: it is unfinished while step is below. */
  readonly steps: number;
  readonly seconds: number;
  readonly lossSum: number;
  readonly lossCount: number;
  readonly lastTrainLoss: number;
  readonly loader: DataLoaderState;
  readonly generator: { readonly seed: bigint; readonly offset: bigint };
  readonly optimizer: Json;
  readonly schedule: Json;
  /** What tuning has picked; empty unless the run is tuned. */
  readonly picks?: Picks;
}

/** How a run ended: with its result, or asked to stop (after writing a checkpoint, if it has a folder). */
export type Outcome = { readonly result: TrainResult } | { readonly interruptedAt: number };

/**
 * Asked before any data are read, which takes a while.
 * @throws ArgumentError for a run to go on with that is not named, or not there
 */
export function checkResumable({ resume, out }: Pick<TrainOptions, "resume" | "out">): void {
  if (!resume) return;
  if (out === undefined) {
    throw new ArgumentError("--resume", "needs --out DIR, the folder of the run to go on with");
  }
  if (!new RunFolder(out).hasCheckpoint) {
    throw new ArgumentError(
      "--resume",
      `${out} holds no checkpoint; start the run without --resume`,
    );
  }
}

export class Trainer {
  readonly options: TrainOptions;
  readonly model: Classifier;
  /** Of the whole run. */
  readonly steps: number;
  private readonly data: Split;
  private readonly recipe: Recipe;
  private readonly loader: DataLoader<ImageSample, ImageBatch>;
  private readonly optimizer: optim.Optimizer;
  private readonly schedule: optim.LRScheduler | null;
  private readonly folder: RunFolder | null;
  private step = 0;
  private seconds = 0;
  private lossSum = 0;
  private lossCount = 0;
  private lastTrainLoss = Number.NaN;

  /** Seeds the default generator, builds everything; with `resume`, takes over the checkpoint in `out`. */
  constructor(options: TrainOptions, data: Split) {
    checkResumable(options);
    this.options = options;
    this.data = data;
    this.recipe = recipeOf(options, fingerprint(data.train));
    manualSeed(options.seed);
    this.model = models.create(options.model, data.train);
    const { batch, seed } = options;
    // A last batch of a few images would disturb the batch statistics; of one, it could not be normalised.
    const dropLast = data.train.length >= batch;
    this.loader = new DataLoader(data.train, { batchSize: batch, shuffle: true, seed, dropLast });
    const planned = options.epochs * this.loader.length;
    this.steps = Math.min(options.maxSteps ?? planned, planned);
    this.optimizer = makeOptimizer(options, this.model);
    this.schedule = makeSchedule(options, this.optimizer, planned, this.loader.length);
    this.folder = options.out === undefined ? null : new RunFolder(options.out);
    try {
      this.folder?.lock();
      if (options.resume) this.restore(this.folder as RunFolder);
      else this.startAnew();
    } catch (error) {
      this.folder?.unlock();
      throw error;
    }
  }

  /** Steps that were done before, by the run that this one resumes. */
  get done(): number {
    return this.step;
  }

  /** Trains to the end or until `stop` asks for it; gives the folder free. */
  async run(reporter: Reporter, stop: { readonly requested: boolean }): Promise<Outcome> {
    try {
      return await this.train(reporter, stop);
    } finally {
      this.folder?.unlock();
    }
  }

  /**
   * An estimate of the bytes of tensors that live at the height of a step, or of an evaluation where that is higher. It
   * trains a little, so nothing should be done with the trainer afterwards.
   */
  async estimatePeak(): Promise<number> {
    const { train, test } = this.data;
    const learn = (batch: ImageBatch): Promise<unknown> => this.trainStep(batch);
    const judge = async ({ images, labels }: ImageBatch): Promise<void> => {
      this.model.eval();
      scope(() => noGrad(() => void this.model.call(images)));
      for (const t of [images, labels]) t.release();
    };
    await riseOf(train, FEW, learn); // makes what the optimizer keeps
    const base = memory().liveBytes;
    const rises = [
      await riseAt(train, this.options.batch, learn),
      await riseAt(test, Math.min(EVALUATED, test.length), judge),
    ];
    return base + Math.max(...rises);
  }

  private async train(reporter: Reporter, stop: { readonly requested: boolean }): Promise<Outcome> {
    resetPeak();
    reporter.start({ steps: this.steps, done: this.step });
    const perEpoch = this.loader.length;
    let trained = 0;
    let testAccuracy: number | undefined;
    try {
      while (this.step < this.steps) {
        const epoch = Math.floor(this.step / perEpoch);
        const began = performance.now();
        for await (const batch of this.loader) {
          const start = performance.now();
          const loss = await this.trainStep(batch);
          this.seconds += (performance.now() - start) / 1000;
          trained += this.options.batch;
          this.report(reporter, epoch, loss);
          if (stop.requested || this.step >= this.steps) break;
        }
        if (stop.requested && this.step < this.steps) {
          await this.saveCheckpoint();
          return { interruptedAt: this.step };
        }
        this.lastTrainLoss = this.lossSum / this.lossCount;
        this.lossSum = 0;
        this.lossCount = 0;
        testAccuracy = await accuracy(this.model, this.data.test);
        this.endEpoch(reporter, epoch, testAccuracy, (performance.now() - began) / 1000);
        await this.saveCheckpoint();
      }
    } finally {
      reporter.stop();
    }
    testAccuracy ??= await accuracy(this.model, this.data.test);
    await this.folder?.saveModel(
      this.model.stateDict(),
      modelMetadata(this.options, this.data.train),
    );
    return { result: this.result(testAccuracy, trained) };
  }

  /**
   * Forward, backward, update; resolves to the loss. A device that works by itself is waited for once, when the whole
   * step is on its way; it is the one read-back of the step.
   */
  private async trainStep({ images, labels }: ImageBatch): Promise<number> {
    this.model.train();
    // Nobody else sees what is made in a step; letting go of it keeps memory hot and flat.
    const loss = scope(() => crossEntropy(this.model.call(images), labels));
    const waits = loss.storage.backend.readSync === undefined;
    const reading = loss.itemAsync();
    if (!waits) await this.checkLoss(await reading, images);
    this.optimizer.zeroGrad();
    loss.backward();
    const { clip } = this.options;
    if (clip > 0) {
      if (waits) optim.clipGradNormTensor(this.model.parameters(), clip).release();
      else nn.clipGradNorm(this.model.parameters(), clip);
    }
    this.optimizer.step();
    this.schedule?.step();
    const value = await reading;
    if (waits) await this.checkLoss(value, images);
    for (const t of [loss, images, labels]) t.release();
    this.step++;
    this.lossSum += value;
    this.lossCount++;
    return value;
  }

  /** @throws DivergedError naming the layer where it began */
  private async checkLoss(loss: number, images: Tensor): Promise<void> {
    if (Number.isFinite(loss)) return;
    throw new DivergedError(
      `the loss became ${loss} at step ${this.step + 1}: the first to go wrong was ` +
        `${await firstBadLayer(this.model, images)}. Lower --lr (it is ${this.options.lr}), or add --clip 1. ` +
        `${this.folder?.hasCheckpoint ? "The last checkpoint was kept." : ""}`.trimEnd(),
    );
  }

  private report(reporter: Reporter, epoch: number, loss: number): void {
    const lr = this.optimizer.paramGroups[0].lr;
    const samplesPerSecond = (this.step * this.options.batch) / this.seconds;
    const secondsLeft = ((this.steps - this.step) * this.options.batch) / samplesPerSecond;
    const { step, steps } = this;
    reporter.step({ epoch: epoch + 1, step, steps, loss, lr, samplesPerSecond, secondsLeft });
    this.folder?.addMetrics({ step, epoch: epoch + 1, loss, lr });
  }

  private endEpoch(reporter: Reporter, index: number, testAccuracy: number, seconds: number): void {
    const { epochs } = this.options;
    const epoch = index + 1;
    const trainLoss = this.lastTrainLoss;
    reporter.epoch({ epoch, epochs, trainLoss, testAccuracy, seconds });
    this.folder?.addMetrics({ step: this.step, epoch, trainLoss, testAccuracy });
  }

  private result(testAccuracy: number, trained: number): TrainResult {
    const total = this.step * this.options.batch;
    const backend = currentBackend();
    return {
      testAccuracy,
      trainLoss: this.lastTrainLoss,
      epochs: this.options.epochs,
      samplesPerSecond: trained > 0 && this.seconds > 0 ? total / this.seconds : 0,
      seconds: this.seconds,
      peakBytes: memory().peakBytes,
      parameters: this.model.parameters().reduce((n, p) => n + p.numel, 0),
      device: backend.device,
      backend: backend.name,
      threads: backend.threads ?? 1,
    };
  }

  // ---- checkpoints ------------------------------------------------------------------------------------

  private async saveCheckpoint(): Promise<void> {
    if (this.folder === null) return;
    const optimizer = this.optimizer.stateDict();
    const tensors = await toHost(
      new Map([
        ...withPrefix("model.", this.model.stateDict()),
        ...withPrefix("optim.", optimizer.tensors),
      ]),
    );
    const state: RunState = {
      recipe: this.recipe,
      step: this.step,
      steps: this.steps,
      seconds: this.seconds,
      lossSum: this.lossSum,
      lossCount: this.lossCount,
      lastTrainLoss: this.lastTrainLoss,
      loader: this.loader.state(),
      generator: defaultGenerator.getState(),
      optimizer: optimizer.state as unknown as Json,
      schedule: (this.schedule?.stateDict() ?? null) as unknown as Json,
      picks: isTuning() ? tunedPicks() : {},
    };
    this.folder.saveCheckpoint(tensors, state as unknown as Json);
  }

  /** A finished run in the folder is replaced; an unfinished one only when that was asked for. */
  private startAnew(): void {
    const { folder } = this;
    setTunedPicks({}); // those of a run before it in this process are none of its own
    if (folder === null) return;
    if (folder.hasCheckpoint && !this.options.overwrite) {
      const { step, steps } = folder.loadCheckpoint().state as unknown as RunState;
      if (step < steps) {
        throw new ArgumentError(
          "--out",
          `${folder.path} holds a run that stopped at step ${step} of ${steps}; add --resume to go on with it, ` +
            `--overwrite to replace it, or choose another folder`,
        );
      }
    }
    folder.cutMetrics(0);
  }

  private restore(folder: RunFolder): void {
    const { tensors, state: json } = folder.loadCheckpoint();
    const state = json as unknown as RunState;
    checkRecipe(folder.path, state.recipe, this.recipe);
    this.model.loadStateDict(fromHost(underPrefix("model.", tensors)));
    const optimizer = fromHost(underPrefix("optim.", tensors));
    this.optimizer.loadStateDict({ tensors: optimizer, state: state.optimizer });
    this.schedule?.loadStateDict(state.schedule);
    this.loader.loadState(state.loader);
    defaultGenerator.setState(state.generator);
    // Other kernels would give other bits, whatever is the fastest by now, or with this number of threads.
    setTunedPicks(state.picks ?? {});
    this.step = state.step;
    this.seconds = state.seconds;
    this.lossSum = state.lossSum;
    this.lossCount = state.lossCount;
    this.lastTrainLoss = state.lastTrainLoss;
    folder.cutMetrics(this.step);
  }
}

/** A run can only go on as it began. */
function checkRecipe(path: string, saved: Recipe | undefined, asked: Recipe): void {
  if (saved === undefined) {
    throw new FormatError(`${path}: the checkpoint is not one of 'tapegrad train'`);
  }
  // Checkpoints of before there was a choice do not say.
  const before: Recipe = { ...saved, kernels: saved.kernels ?? "by shape" };
  const differ = (Object.keys(asked) as (keyof Recipe)[]).filter((k) => before[k] !== asked[k]);
  if (differ.length === 0) return;
  const list = differ.map((k) => `${k} was ${before[k]}, now ${asked[k]}`).join("; ");
  throw new ArgumentError(
    "--resume",
    `the run in ${path} began with other settings: ${list}. Give the same ones, or another --out`,
  );
}

function makeOptimizer(options: TrainOptions, model: Classifier): optim.Optimizer {
  const { lr, weightDecay } = options;
  const params = model.parameters();
  switch (options.optim) {
    case "adamw":
      return new optim.AdamW(params, { lr, weightDecay });
    case "adam":
      return new optim.Adam(params, { lr, weightDecay });
    case "sgd":
      return new optim.SGD(params, { lr, weightDecay, momentum: 0.9, nesterov: true });
  }
}

function makeSchedule(
  options: TrainOptions,
  optimizer: optim.Optimizer,
  steps: number,
  perEpoch: number,
): optim.LRScheduler | null {
  switch (options.schedule) {
    case "onecycle":
      return new optim.OneCycleLR(optimizer, options.lr, { totalSteps: steps });
    case "cosine":
      return new optim.CosineAnnealingLR(optimizer, steps);
    case "step":
      return new optim.StepLR(optimizer, Math.max(1, Math.floor(options.epochs / 3)) * perEpoch);
    case "none":
      return null;
  }
}
