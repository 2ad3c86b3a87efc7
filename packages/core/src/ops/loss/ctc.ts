// Connectionist temporal classification: the probability of a text under all its alignments with the frames. The
// forward recursion of Graves et al. in logarithms, all texts of a batch side by side, one step a frame.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { checkLive, composite, Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { tensor } from "../creation.ts";
import { where } from "../elementwise/where.ts";
import { checkIndices } from "../index/indices.ts";
import { pad } from "../views/pad.ts";
import { stack } from "../views/stack.ts";
import { checkReduction, LOSS_OPTIONS, type LossOptions } from "./reduction.ts";

export interface CtcOptions extends LossOptions {
  /** The class that stands for nothing. Default 0. */
  readonly blank?: number | undefined;
  /** Texts that are longer than their frames count 0 instead of infinity. Default false. */
  readonly zeroInfinity?: boolean | undefined;
}
const OPTIONS: OptionNames<CtcOptions> = { ...LOSS_OPTIONS, blank: true, zeroInfinity: true };
const OP = "ctcLoss";

/** The logarithm of 0, as a number whose differences are still numbers. */
const NEVER = -1e30;

/** The texts with a blank around each label, and what the recursion needs to know of them. */
interface Texts {
  /** [N, 2·S + 1] */
  readonly labels: readonly (readonly number[])[];
  readonly frames: readonly number[];
  readonly lengths: readonly number[];
}

const asList = (lengths: Tensor | readonly number[] | number): readonly number[] =>
  lengths instanceof Tensor
    ? Array.from(lengths.dataSync(), Number)
    : typeof lengths === "number"
      ? [lengths]
      : lengths;

function textsOf(
  shape: readonly [frames: number, batch: number, classes: number],
  targets: Tensor,
  inputLengths: Tensor | readonly number[] | number,
  targetLengths: Tensor | readonly number[] | number,
  blank: number,
): Texts {
  const [most, batch, classes] = shape;
  const frames = asList(inputLengths);
  const lengths = asList(targetLengths);
  for (const [name, list, low, high] of [
    ["inputLengths", frames, 1, most],
    ["targetLengths", lengths, 0, targets.shape[targets.ndim - 1] ?? 0],
  ] as const) {
    const bad = list.find((n) => !(Number.isInteger(n) && n >= low && n <= high));
    if (list.length === batch && bad === undefined) continue;
    throw new ArgumentError(
      OP,
      `${name} must be ${batch} whole numbers from ${low} to ${high}; got [${list.join(", ")}]`,
    );
  }
  checkIndices(OP, targets, targets.ndim - 1, classes);
  const values = Array.from(targets.dataSync(), Number);
  const isMatrix = targets.ndim === 2 && targets.shape[0] === batch;
  const total = lengths.reduce((a, b) => a + b, 0);
  if (!isMatrix && (targets.ndim !== 1 || (batch > 1 && values.length !== total))) {
    throw new ShapeError(
      OP,
      "targets must be [N, S], or all of them in one row [Σ targetLengths]",
      {
        targets: targets.shape,
      },
    );
  }
  const longest = Math.max(0, ...lengths);
  let start = 0;
  const labels = lengths.map((length, n) => {
    const from = isMatrix ? n * (targets.shape[1] as number) : start;
    start += length;
    const row = new Array<number>(2 * longest + 1).fill(blank);
    for (let s = 0; s < length; s++) row[2 * s + 1] = values[from + s] as number;
    return row;
  });
  return { labels, frames, lengths };
}

/** −log p of each text, [N]; at least −NEVER / 2 where no alignment exists. */
function negativeLogLikelihood(logProbs: Tensor, { labels, frames, lengths }: Texts): Tensor {
  const [most, batch] = logProbs.shape as [number, number];
  const width = (labels[0] as readonly number[]).length;
  const device = logProbs.backend;
  const index = tensor(labels.flat(), { shape: [1, batch, width], dtype: "int64", device });
  const mask = (rows: readonly (readonly boolean[])[]): Tensor =>
    tensor(rows.flat().map(Number), {
      shape: [batch, (rows[0] as readonly boolean[]).length],
      dtype: "bool",
      device,
    });
  // Of the label at each place, [T, N, width].
  const emitted = logProbs.gather(2, index.expand(most, batch, width)).clamp({ min: NEVER });
  // A blank may be left out between labels that differ.
  const skips = mask(labels.map((row) => row.map((c, l) => l % 2 === 1 && c !== row[l - 2])));
  const begins = mask(labels.map((row) => row.map((_, l) => l < 2)));
  let alpha = where(begins, emitted.select(0, 0), NEVER);
  const shifted = (by: number): Tensor => pad(alpha, [by, -by], { value: NEVER });
  for (let t = 1; t < Math.max(...frames); t++) {
    const ways = width > 1 ? [alpha, shifted(1), where(skips, shifted(2), NEVER)] : [alpha];
    const next = stack(ways).logsumexp(0).add(emitted.select(0, t));
    const ended = frames.some((n) => n <= t);
    alpha = ended ? where(mask(frames.map((n) => [t < n])), next, alpha) : next;
  }
  // A text ends with its last label or the blank behind it.
  const ends = lengths.map((n) => [2 * n, Math.max(0, 2 * n - 1)]);
  const last = alpha.gather(1, tensor(ends.flat(), { shape: [batch, 2], dtype: "int64", device }));
  return where(mask(lengths.map((n) => [true, n > 0])), last, NEVER)
    .logsumexp(1)
    .neg();
}

/** Adds what has the value 0 and the gradient exp(logProbs) of the frames that count: see below. */
function withSoftmax(nll: Tensor, logProbs: Tensor, frames: readonly number[]): Tensor {
  const [most, batch] = logProbs.shape as [number, number];
  const counted = frames.flatMap((n) => Array.from({ length: most }, (_, t) => Number(t < n)));
  const mask = tensor(counted, { shape: [batch, most], dtype: "bool", device: logProbs.backend });
  const sums = where(mask.t(), logProbs.exp().sum(2), 0).sum(0);
  return nll.add(sums.sub(sums.detach()));
}

/**
 * The connectionist temporal classification loss, as `torch.nn.functional.ctc_loss`: −log of the probability that the
 * frames, repeats merged and blanks left out, read as the target. "mean" divides each loss by the length of its target
 * first.
 *
 * The gradient is that of log-probabilities that a logSoftmax has made, as PyTorch gives it: exp(logProbs) is part of
 * it, which logSoftmax's own rule takes away again.
 * @param logProbs [T, N, C] or [T, C], from logSoftmax
 * @param targets integers [N, S], or all in one row [Σ targetLengths]; [S] beside [T, C]
 * @param inputLengths how many of T frames count: N numbers, or an integer tensor
 * @param targetLengths likewise, of S labels
 * @throws ArgumentError lengths or a blank that make no sense; IndexError a label out of range; ShapeError, DTypeError
 * @see https://www.cs.toronto.edu/~graves/icml_2006.pdf
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Tensor | readonly number[] | number,
  targetLengths: Tensor | readonly number[] | number,
  options: CtcOptions = {},
): Tensor {
  checkOptions(OP, options, OPTIONS);
  const { blank = 0, zeroInfinity = false, reduction = "mean" } = options;
  checkDtypes(OP, { logProbs });
  checkLive(OP, targets);
  checkReduction(OP, reduction);
  const { ndim } = logProbs;
  if (ndim !== 2 && ndim !== 3) {
    throw new ShapeError(OP, "logProbs must be [T, N, C] or [T, C]", { logProbs: logProbs.shape });
  }
  const classes = logProbs.shape[ndim - 1] as number;
  if (!(Number.isInteger(blank) && blank >= 0 && blank < classes)) {
    throw new ArgumentError(OP, `blank must be one of ${classes} classes; got ${blank}`);
  }
  return composite(() => {
    const batch = ndim === 3 ? logProbs : logProbs.unsqueeze(1);
    const shape = batch.shape as readonly [number, number, number];
    const texts = textsOf(shape, targets, inputLengths, targetLengths, blank);
    const nll = negativeLogLikelihood(batch, texts);
    const impossible = nll.gt(-NEVER / 2);
    const exact = withSoftmax(nll, batch, texts.frames);
    const values = where(impossible, zeroInfinity ? 0 : Number.POSITIVE_INFINITY, exact);
    if (reduction === "sum") return values.sum();
    if (reduction === "none") return ndim === 3 ? values : values.squeeze(0);
    const lengths = texts.lengths.map((n) => Math.max(1, n));
    const like = { dtype: values.dtype, device: values.backend };
    return values.div(tensor(lengths, like)).mean();
  });
}
