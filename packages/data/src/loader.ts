// Batches of a data set, in order or shuffled, resumable to the batch.
//
// The order of an epoch depends on (seed, epoch) alone, so {seed, epoch, position} says all that a
// resumed run needs to go on with the same batches.
import { ArgumentError, checkOptions, drain, type OptionNames } from "@tapegrad/core";
import type { Collated } from "./collate.ts";
import { batchOf, type Dataset } from "./dataset.ts";
import { checkSeed, Draws, drawSeed, PURPOSE, permutation } from "./random.ts";

export interface DataLoaderOptions<T, B> {
  /** Samples a batch. Default 1. */
  readonly batchSize?: number | undefined;
  /** A new order each epoch. Default false. */
  readonly shuffle?: boolean | undefined;
  /** Of the shuffle. Default: from the generator that `manualSeed` seeds. */
  readonly seed?: number | undefined;
  /** Leaves out the last batch if it is not full. Default false. */
  readonly dropLast?: boolean | undefined;
  /** Makes a batch of samples. Default: the data set's own `batch`, else `collate`. */
  readonly collate?: ((samples: T[]) => B) | undefined;
}
const OPTIONS: OptionNames<DataLoaderOptions<never, never>> = {
  batchSize: true,
  shuffle: true,
  seed: true,
  dropLast: true,
  collate: true,
};

/** Where a loader stands: `position` batches of epoch `epoch` were handed out. JSON-safe. */
export interface DataLoaderState {
  readonly seed: number;
  readonly epoch: number;
  readonly position: number;
}

/**
 * Iterates over a data set batch by batch, as `torch.utils.data.DataLoader`. Each `for` loop is one epoch.
 * `for await` also lets timers, signals and (in a browser) garbage collection run between batches.
 * After a loop was left early the next one begins a new epoch; after `loadState` it goes on at the
 * stored position.
 */
export class DataLoader<T, B = Collated<T>> implements Iterable<B>, AsyncIterable<B> {
  readonly dataset: Dataset<T, B>;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  private readonly collate: ((samples: T[]) => B) | undefined;
  private seed: number;
  private epoch = 0;
  private position = 0;
  /** The stored position counts; without this a loop left early would too. */
  private resume = false;
  /** The loop that moves the state: the one begun last. */
  private loop: object | undefined;

  /** @throws ArgumentError for a batch size or seed that makes no sense */
  constructor(dataset: Dataset<T, B>, options: DataLoaderOptions<T, B> = {}) {
    checkOptions("DataLoader", options, OPTIONS);
    const { batchSize = 1, shuffle = false, dropLast = false } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new ArgumentError(
        "DataLoader",
        `batchSize must be a whole number of at least 1, got ${batchSize}`,
      );
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.collate = options.collate;
    this.seed = checkSeed("DataLoader", options.seed ?? (shuffle ? drawSeed() : 0));
  }

  /** Batches per epoch. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** Where the loader stands, for a checkpoint. Inside a loop, its batch counts as handed out. */
  state(): DataLoaderState {
    const { seed, epoch, position } = this;
    // A finished epoch is the beginning of the next.
    return position > 0 && position >= this.length
      ? { seed, epoch: epoch + 1, position: 0 }
      : { seed, epoch, position };
  }

  /** The next loop goes on from there. @throws ArgumentError for a state that this loader cannot have */
  loadState(state: DataLoaderState): void {
    const { epoch, position } = state;
    const whole = (n: number) => Number.isSafeInteger(n) && n >= 0;
    if (!whole(epoch) || !whole(position) || position > this.length) {
      throw new ArgumentError(
        "DataLoader.loadState",
        `epoch and position must be whole numbers, position at most ${this.length} (batches per epoch); got ` +
          `epoch ${epoch}, position ${position}. Are data set and batch size those of the stored run?`,
      );
    }
    this.seed = checkSeed("DataLoader.loadState", state.seed);
    this.epoch = epoch;
    this.position = position;
    this.resume = true;
    this.loop = undefined;
  }

  *[Symbol.iterator](): Generator<B, void, undefined> {
    for (const indices of this.run()) yield this.make(indices);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    const run = this.run();
    for (;;) {
      // Before the state moves: a signal handler that reads it now must not miss a batch.
      await macrotask();
      await drain();
      const { value, done } = run.next();
      if (done) return;
      yield this.make(value);
    }
  }

  private make(indices: Uint32Array): B {
    if (this.collate === undefined) return batchOf(this.dataset, indices);
    return this.collate(Array.from(indices, (i) => this.dataset.get(i)));
  }

  /** The indices of each batch of one epoch; moves the state just before a batch is handed out. */
  private *run(): Generator<Uint32Array, void, undefined> {
    const from = this.state();
    this.epoch = from.position > 0 && !this.resume ? from.epoch + 1 : from.epoch;
    this.position = this.resume ? from.position : 0;
    this.resume = false;
    const loop = {};
    this.loop = loop;

    const size = this.dataset.length;
    const order = this.shuffle
      ? permutation(size, new Draws(this.seed, PURPOSE.shuffle, this.epoch))
      : Uint32Array.from({ length: size }, (_, i) => i);
    const batches = this.length;
    for (let k = this.position; k < batches; k++) {
      if (this.loop === loop) this.position = k + 1;
      yield order.subarray(k * this.batchSize, Math.min((k + 1) * this.batchSize, size));
    }
  }
}

/** Waits for one turn of the event loop: promises alone would starve signals, timers and the page. */
const macrotask = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else {
      // A timer waits 4 ms in a browser; a message does not.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    }
  });
