// Sums, means and maxima of rows of a table, bag by bag: embedding() and a reduction, without the rows in between being
// kept by anybody.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { sameShape } from "../../shape.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { arange, tensor, zeros } from "../creation.ts";
import { ge } from "../elementwise/ge.ts";
import { where } from "../elementwise/where.ts";
import { embedding } from "./embedding.ts";

export type EmbeddingBagMode = "sum" | "mean" | "max";

export interface EmbeddingBagOptions {
  /** Where each bag begins in a flat input, integers [B], from 0 upwards; a [B, N] input has rows instead. */
  readonly offsets?: Tensor | undefined;
  /** Default "mean". */
  readonly mode?: EmbeddingBagMode | undefined;
  /** A factor for each index, of the shape of the input; in mode "sum". */
  readonly perSampleWeights?: Tensor | undefined;
  /** The last offset is the end of the last bag. Default false. */
  readonly includeLastOffset?: boolean | undefined;
  /** This index counts nothing, and its row gets no gradient; negative counts from the end. */
  readonly paddingIdx?: number | undefined;
  /** Rows of a larger norm that input names are scaled down to it, in weight itself, before they are read. */
  readonly maxNorm?: number | undefined;
  /** The p of that norm. Default 2. */
  readonly normType?: number | undefined;
  /** Divides the gradient of each row by how often input names it; not in mode "max". Default false. */
  readonly scaleGradByFreq?: boolean | undefined;
}
const OPTIONS: OptionNames<EmbeddingBagOptions> = {
  offsets: "Tensor",
  mode: true,
  perSampleWeights: "Tensor",
  includeLastOffset: true,
  paddingIdx: true,
  maxNorm: true,
  normType: true,
  scaleGradByFreq: true,
};
const OP = "embeddingBag";

/** Flat indices with the bag of each. */
interface Bags {
  readonly index: Tensor;
  /** [n], int64 */
  readonly bag: Tensor;
  readonly count: number;
}

function bagsOf(input: Tensor, offsets: Tensor | undefined, includeLastOffset: boolean): Bags {
  const device = input.backend;
  if (input.ndim === 2) {
    const [count, each] = input.shape as [number, number];
    const bag = arange(0, count, 1, { dtype: "int64", device }).unsqueeze(1).expand(count, each);
    return { index: input.reshape([-1]), bag: bag.reshape([-1]), count };
  }
  const starts = offsets as Tensor;
  const count = (starts.shape[0] as number) - (includeLastOffset ? 1 : 0);
  const places = arange(0, input.numel, 1, { dtype: "int64", device }).unsqueeze(1);
  // How many bags have begun, this one included.
  const begun = ge(places, starts.narrow(0, 0, count).to("int64").unsqueeze(0))
    .to("int64")
    .sum(1);
  return { index: input, bag: begun.sub(1), count };
}

/**
 * The sum, mean or largest of the rows of `weight` that each bag of indices names; as
 * `torch.nn.functional.embedding_bag`. An empty bag gives zeros.
 * @param input integers [B, N], a bag a row; or [n] with offsets
 * @param weight [rows, D]
 * @returns [B, D]
 * @throws IndexError an index out of range; ShapeError, DTypeError; ArgumentError options that do not go together
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding_bag.html
 */
export function embeddingBag(
  input: Tensor,
  weight: Tensor,
  options: EmbeddingBagOptions = {},
): Tensor {
  checkOptions(OP, options, OPTIONS);
  checkLive(OP, input);
  const { offsets, mode = "mean", perSampleWeights, includeLastOffset = false } = options;
  checkDtypes(OP, { weight }, { perSampleWeights });
  check(input, weight, options);
  const [rows, size] = weight.shape as [number, number];
  const { paddingIdx: padding, maxNorm, normType, scaleGradByFreq } = options;
  return composite(() => {
    const like = { dtype: weight.dtype, device: weight.backend };
    const { index, bag, count } = bagsOf(input, offsets, includeLastOffset);
    const hidden =
      padding === undefined ? undefined : index.eq(padding < 0 ? padding + rows : padding);
    const counts = hidden?.logicalNot().to(weight.dtype);
    const factors =
      counts === undefined || perSampleWeights === undefined
        ? (perSampleWeights?.reshape([-1]) ?? counts)
        : perSampleWeights.reshape([-1]).mul(counts);
    const found = embedding(index, weight, { maxNorm, normType, scaleGradByFreq });
    if (mode === "max") return largest(found, bag, count, hidden);
    const values = factors === undefined ? found : found.mul(factors.unsqueeze(1));
    const place = bag.unsqueeze(1).expand(index.numel, size);
    const sums = zeros([count, size], like).scatterAdd(0, place, values);
    if (mode === "sum") return sums;
    const ones = counts ?? zeros([index.numel], like).add(1);
    const numbers = zeros([count], like).scatterAdd(0, bag, ones).clamp({ min: 1 });
    return sums.div(numbers.unsqueeze(1));
  });
}

/** The largest rows of each bag; the first of equals gets the gradient. */
function largest(found: Tensor, bag: Tensor, count: number, hidden: Tensor | undefined): Tensor {
  // Bags side by side, short ones filled up with what never wins.
  const bags = Array.from({ length: count }, (): number[] => []);
  Array.from(bag.dataSync(), Number).forEach((b, i) => {
    bags[b]?.push(i);
  });
  const width = Math.max(1, ...bags.map((b) => b.length));
  const device = found.backend;
  if (found.shape[0] === 0)
    return zeros([count, found.shape[1] as number], { dtype: found.dtype, device });
  const places = bags.flatMap((b) => [...b, ...new Array<number>(width - b.length).fill(0)]);
  const used = bags.flatMap((b) => Array.from({ length: width }, (_, k) => Number(k < b.length)));
  const index = tensor(places, { shape: [count * width], dtype: "int64", device });
  const mask = tensor(used, { shape: [count * width], dtype: "bool", device });
  const seen =
    hidden === undefined ? mask : mask.logicalAnd(hidden.indexSelect(0, index).logicalNot());
  const size = found.shape[1] as number;
  const rows = where(seen.unsqueeze(1), found.indexSelect(0, index), Number.NEGATIVE_INFINITY);
  const { values } = rows.reshape([count, width, size]).max(1);
  const any = seen.reshape([count, width]).any(1, { keepdim: true });
  return where(any, values, 0);
}

function check(input: Tensor, weight: Tensor, options: EmbeddingBagOptions): void {
  const { offsets, mode = "mean", perSampleWeights, paddingIdx } = options;
  const shapes = { input: input.shape, weight: weight.shape };
  if (!["sum", "mean", "max"].includes(mode)) {
    throw new ArgumentError(OP, `mode must be "sum", "mean" or "max"; got ${JSON.stringify(mode)}`);
  }
  if (weight.ndim !== 2 || (input.ndim !== 1 && input.ndim !== 2)) {
    throw new ShapeError(OP, "expected indices [B, N] or [n], and a weight [rows, D]", shapes);
  }
  if ((input.ndim === 1) !== (offsets !== undefined)) {
    throw new ArgumentError(OP, "an input [n] needs offsets, and an input [B, N] takes none");
  }
  if (offsets !== undefined) {
    checkLive(OP, offsets);
    const values = offsets.storage.backend.readSync?.(offsets);
    const numbers =
      values === undefined ? undefined : Array.from(values as ArrayLike<number>, Number);
    const rises = numbers?.every((n, i) => n >= (i === 0 ? 0 : (numbers[i - 1] as number)));
    if (offsets.ndim !== 1 || rises === false || (numbers?.[0] ?? 0) !== 0) {
      throw new ArgumentError(
        OP,
        `offsets must be [B], begin with 0 and never fall; got [${numbers ?? offsets.shape}]`,
      );
    }
  }
  if (perSampleWeights !== undefined) {
    if (mode !== "sum") throw new ArgumentError(OP, 'perSampleWeights belong to mode "sum"');
    if (!sameShape(perSampleWeights.shape, input.shape)) {
      throw new ShapeError(OP, "perSampleWeights must have the shape of the input", {
        ...shapes,
        perSampleWeights: perSampleWeights.shape,
      });
    }
  }
  if (options.scaleGradByFreq === true && mode === "max") {
    throw new ArgumentError(OP, 'scaleGradByFreq does not go with mode "max"');
  }
  const rows = weight.shape[0] as number;
  if (paddingIdx === undefined) return;
  if (!Number.isInteger(paddingIdx) || paddingIdx < -rows || paddingIdx >= rows) {
    throw new ArgumentError(OP, `paddingIdx must be in [${-rows}, ${rows}); got ${paddingIdx}`);
  }
}
