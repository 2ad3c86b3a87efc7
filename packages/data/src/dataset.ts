// What a data set is: a length, and a sample for each index. All else here is made of other data sets.
import {
  ArgumentError,
  checkOptions,
  IndexError,
  type OptionNames,
  ShapeError,
  type Tensor,
  tensor,
} from "@tapegrad/core";
import { type Collated, collate } from "./collate.ts";
import { checkSeed, Draws, drawSeed, PURPOSE, permutation } from "./random.ts";

/** As `torch.utils.data.Dataset`. T is one sample, B what a DataLoader makes of several. */
export interface Dataset<T, B = Collated<T>> {
  readonly length: number;
  /** The sample at an index in 0 … length − 1. */
  get(index: number): T;
  /** Several samples as one batch, where that is faster than collating single ones. */
  batch?(indices: ArrayLike<number>): B;
}

/** The samples at these indices as a batch: the data set's own way, or `collate`. */
export function batchOf<T, B>(dataset: Dataset<T, B>, indices: ArrayLike<number>): B {
  if (dataset.batch !== undefined) return dataset.batch(indices);
  // The types agree: B is Collated<T> unless a data set with a batch() of its own says otherwise.
  return collate(Array.from(indices, (i) => dataset.get(i))) as B;
}

/** @throws IndexError unless index is in 0 … length − 1 */
export function checkIndex(op: string, index: number, length: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= length) {
    throw new IndexError(
      op,
      `index ${index} is out of range for ${length} samples; expected 0 to ${length - 1}`,
    );
  }
}

/** As many Tensors as T has. */
export type TensorRows<T extends readonly Tensor[]> = { -readonly [K in keyof T]: Tensor };

/** Rows of tensors: sample i is [t0[i], t1[i], …]. As `torch.utils.data.TensorDataset`. */
export class TensorDataset<T extends readonly Tensor[] = Tensor[]>
  implements Dataset<TensorRows<T>, TensorRows<T>>
{
  readonly tensors: Readonly<T>;
  readonly length: number;

  /** @throws ShapeError unless all have the same number of rows */
  constructor(...tensors: T) {
    const rows = tensors[0]?.shape[0];
    if (rows === undefined || tensors.some((t) => t.shape[0] !== rows)) {
      throw new ShapeError(
        "TensorDataset",
        "needs one or more tensors of equal size in dimension 0",
        Object.fromEntries(tensors.map((t, i) => [`tensors[${i}]`, t.shape])),
      );
    }
    this.tensors = tensors;
    this.length = rows;
  }

  get(index: number): TensorRows<T> {
    checkIndex("TensorDataset.get", index, this.length);
    return this.rows((t) => t.select(0, index));
  }

  batch(indices: ArrayLike<number>): TensorRows<T> {
    const rows = Int32Array.from(indices);
    return this.rows((t) => t.indexSelect(0, tensor(rows, { device: t.backend })));
  }

  private rows(of: (t: Tensor) => Tensor): TensorRows<T> {
    // TypeScript forgets the length of a tuple that is mapped.
    return this.tensors.map(of) as TensorRows<T>;
  }
}

/** Some samples of another data set, in the order of `indices`. As `torch.utils.data.Subset`. */
export class Subset<T, B = Collated<T>> implements Dataset<T, B> {
  readonly dataset: Dataset<T, B>;
  readonly indices: ArrayLike<number>;

  /** @throws IndexError for an index that the data set does not have */
  constructor(dataset: Dataset<T, B>, indices: ArrayLike<number>) {
    for (let i = 0; i < indices.length; i++) {
      checkIndex("Subset", indices[i] as number, dataset.length);
    }
    this.dataset = dataset;
    this.indices = indices;
  }

  get length(): number {
    return this.indices.length;
  }

  get(index: number): T {
    checkIndex("Subset.get", index, this.length);
    return this.dataset.get(this.indices[index] as number);
  }

  batch(indices: ArrayLike<number>): B {
    const inner = Uint32Array.from(indices, (i) => {
      checkIndex("Subset.batch", i, this.length);
      return this.indices[i] as number;
    });
    return batchOf(this.dataset, inner);
  }
}

/** Another data set whose samples went through `f`, each time one is asked for. */
export class MappedDataset<S, T> implements Dataset<T> {
  readonly dataset: { readonly length: number; get(index: number): S };
  private readonly f: (sample: S, index: number) => T;

  constructor(
    dataset: { readonly length: number; get(index: number): S },
    f: (sample: S, index: number) => T,
  ) {
    this.dataset = dataset;
    this.f = f;
  }

  get length(): number {
    return this.dataset.length;
  }

  get(index: number): T {
    return this.f(this.dataset.get(index), index);
  }
}

export interface RandomSplitOptions {
  /** Default: from the generator that `manualSeed` seeds. */
  readonly seed?: number | undefined;
}
const SPLIT_OPTIONS: OptionNames<RandomSplitOptions> = { seed: true };

/**
 * Splits at random into parts that share no sample, as `torch.utils.data.random_split`. `lengths` are
 * whole numbers that add up to the length, or fractions that add up to 1 (what rounding down leaves
 * over goes to the first parts, one each). The same seed gives the same parts; without one it comes from
 * the generator that `manualSeed` seeds.
 * @throws ArgumentError when the lengths do not add up
 */
export function randomSplit<T, B = Collated<T>>(
  dataset: Dataset<T, B>,
  lengths: readonly number[],
  options: RandomSplitOptions = {},
): Subset<T, B>[] {
  checkOptions("randomSplit", options, SPLIT_OPTIONS);
  const sizes = partSizes(dataset.length, lengths);
  const seed = checkSeed("randomSplit", options.seed ?? drawSeed());
  const order = permutation(dataset.length, new Draws(seed, PURPOSE.split));
  let at = 0;
  return sizes.map((size) => {
    at += size;
    return new Subset(dataset, order.slice(at - size, at));
  });
}

function partSizes(total: number, lengths: readonly number[]): readonly number[] {
  const sum = lengths.reduce((a, b) => a + b, 0);
  const valid = lengths.length > 0 && lengths.every((n) => n >= 0);
  if (valid && sum === total && lengths.every(Number.isInteger)) return lengths;
  if (!valid || Math.abs(sum - 1) > 1e-6) {
    throw new ArgumentError(
      "randomSplit",
      `lengths [${lengths.join(", ")}] add up to ${sum}; ` +
        `expected whole numbers that add up to ${total}, or fractions that add up to 1`,
    );
  }
  // The small number forgives 0.29 · 100 = 28.999….
  const sizes = lengths.map((f) => Math.floor(f * total + 1e-9));
  const left = total - sizes.reduce((a, b) => a + b, 0);
  for (let i = 0; i < left; i++) sizes[i % sizes.length] = (sizes[i % sizes.length] as number) + 1;
  return sizes;
}
