// Sequences of different lengths: padded to one, or packed without padding for recurrent layers; as
// torch.nn.utils.rnn.
import {
  ArgumentError,
  adopt,
  cat,
  checkOptions,
  full,
  type OptionNames,
  owned,
  ShapeError,
  Tensor,
  tensor,
} from "@tapegrad/core";

/**
 * Sequences without their padding, as `torch.nn.utils.rnn.PackedSequence`: step by step the rows of those that are
 * that long, the longest first. Made by packPaddedSequence and packSequence; read with padPackedSequence.
 */
export class PackedSequence {
  /** [sum of lengths, …] */
  readonly data: Tensor;
  /** How many sequences have each step; falls. */
  readonly batchSizes: readonly number[];
  /** Which of the sequences given stands at each place, and the reverse; null: they were in order. */
  readonly sortedIndices: Tensor | null;
  readonly unsortedIndices: Tensor | null;
  constructor(
    data: Tensor,
    batchSizes: readonly number[],
    sortedIndices: Tensor | null = null,
    unsortedIndices: Tensor | null = null,
  ) {
    this.data = data;
    this.batchSizes = batchSizes;
    this.sortedIndices = sortedIndices;
    this.unsortedIndices = unsortedIndices;
  }
}

export interface BatchFirstOptions {
  /** Sequences are [N, L, …] instead of [L, N, …]. Default: false. */
  readonly batchFirst?: boolean | undefined;
}
const BATCH_FIRST: OptionNames<BatchFirstOptions> = { batchFirst: true };

export interface PackOptions extends BatchFirstOptions {
  /** The lengths fall, or it is an error; else they are put in order. Default: true. */
  readonly enforceSorted?: boolean | undefined;
}
const PACK: OptionNames<PackOptions> = { ...BATCH_FIRST, enforceSorted: true };

const listOf = (lengths: Tensor | readonly number[]): number[] =>
  lengths instanceof Tensor
    ? Array.from(lengths.dataSync() as ArrayLike<number | bigint>, Number)
    : [...lengths];

/** Time first, whatever was given. */
const timeFirst = (x: Tensor, batchFirst = false): Tensor => (batchFirst ? x.transpose(0, 1) : x);

/** The runs of steps that equally many sequences have. */
export function segmentsOf(batchSizes: readonly number[]): { steps: number; rows: number }[] {
  const segments: { steps: number; rows: number }[] = [];
  for (const rows of batchSizes) {
    const last = segments.at(-1);
    if (last?.rows === rows) last.steps++;
    else segments.push({ steps: 1, rows });
  }
  return segments;
}

/**
 * As `torch.nn.utils.rnn.pack_padded_sequence`: padded sequences [L, N, …] without their padding.
 * @param lengths one for each of the N, from 1 to L
 * @throws ArgumentError for lengths that do not fit, or that do not fall with enforceSorted
 */
export function packPaddedSequence(
  x: Tensor,
  lengths: Tensor | readonly number[],
  options: PackOptions = {},
): PackedSequence {
  const op = "packPaddedSequence";
  checkOptions(op, options, PACK);
  const { batchFirst = false, enforceSorted = true } = options;
  if (x.ndim < 2) throw new ShapeError(op, "expects [L, N, …]", { input: x.shape });
  const list = listOf(lengths);
  const [steps, batch] = (batchFirst ? [x.shape[1], x.shape[0]] : x.shape) as [number, number];
  if (list.length !== batch || !list.every((n) => Number.isInteger(n) && n >= 1 && n <= steps)) {
    throw new ArgumentError(
      op,
      `lengths must be ${batch} whole numbers from 1 to ${steps}; got [${list.join(", ")}]`,
    );
  }
  const order = list.map((_, i) => i);
  if (!enforceSorted) order.sort((a, b) => (list[b] as number) - (list[a] as number) || a - b);
  else if (list.some((n, i) => i > 0 && n > (list[i - 1] as number))) {
    throw new ArgumentError(op, "lengths must fall; sort the batch, or set enforceSorted: false");
  }
  const sorted = order.map((i) => list[i] as number);
  const batchSizes = Array.from(
    { length: sorted[0] as number },
    (_, t) => sorted.filter((n) => n > t).length,
  );
  const indices = (list: readonly number[]): Tensor =>
    tensor(BigInt64Array.from(list, BigInt), { device: x.backend });
  const [data] = owned(() => {
    const first = timeFirst(x, batchFirst);
    const inOrder = enforceSorted ? first : first.indexSelect(1, indices(order));
    let at = 0;
    const parts = segmentsOf(batchSizes).map((segment) => {
      const part = inOrder.narrow(0, at, segment.steps).narrow(1, 0, segment.rows);
      at += segment.steps;
      return part.reshape([segment.steps * segment.rows, ...x.shape.slice(2)]);
    });
    return [cat(parts)];
  }) as [Tensor];
  if (enforceSorted) return new PackedSequence(adopt(data), batchSizes);
  const back = order.map((_, i) => order.indexOf(i));
  return new PackedSequence(adopt(data), batchSizes, indices(order), indices(back));
}

export interface PadPackedOptions extends BatchFirstOptions {
  /** What stands behind the end of a sequence. Default: 0. */
  readonly paddingValue?: number | undefined;
  /** How long the result is at least. Default: as the longest. */
  readonly totalLength?: number | undefined;
}
const PAD_PACKED: OptionNames<PadPackedOptions> = {
  ...BATCH_FIRST,
  paddingValue: true,
  totalLength: true,
};

/** As `torch.nn.utils.rnn.pad_packed_sequence`: the sequences padded, [L, N, …], and their lengths, in the order given. */
export function padPackedSequence(
  sequence: PackedSequence,
  options: PadPackedOptions = {},
): [padded: Tensor, lengths: Tensor] {
  const op = "padPackedSequence";
  checkOptions(op, options, PAD_PACKED);
  const { batchFirst = false, paddingValue = 0 } = options;
  const { data, batchSizes, unsortedIndices } = sequence;
  const longest = batchSizes.length;
  const { totalLength = longest } = options;
  if (totalLength < longest) {
    throw new ArgumentError(op, `totalLength must be at least ${longest}; got ${totalLength}`);
  }
  const [batch = 0] = batchSizes;
  const like = { dtype: data.dtype, device: data.backend };
  const results = owned(() => {
    let at = 0;
    const parts = segmentsOf(batchSizes).map(({ steps, rows }) => {
      const part = data.narrow(0, at, steps * rows).reshape([steps, rows, ...data.shape.slice(1)]);
      at += steps * rows;
      if (rows === batch) return part;
      return cat([part, full([steps, batch - rows, ...data.shape.slice(1)], paddingValue, like)], {
        dim: 1,
      });
    });
    if (totalLength > longest) {
      const shape = [totalLength - longest, batch, ...data.shape.slice(1)];
      parts.push(full(shape, paddingValue, like));
    }
    const sorted = cat(parts);
    const padded = unsortedIndices === null ? sorted : sorted.indexSelect(1, unsortedIndices);
    const lengths = Array.from({ length: batch }, (_, i) => batchSizes.filter((n) => n > i).length);
    const all = tensor(BigInt64Array.from(lengths, BigInt), { device: data.backend });
    return [
      timeFirst(padded, batchFirst),
      unsortedIndices === null ? all : all.indexSelect(0, unsortedIndices),
    ];
  });
  return results.map((t) => adopt(t as Tensor)) as [Tensor, Tensor];
}

export interface PadOptions extends BatchFirstOptions {
  /** What fills the shorter ones up. Default: 0. */
  readonly paddingValue?: number | undefined;
  /** Default: "right". */
  readonly paddingSide?: "left" | "right" | undefined;
}
const PAD: OptionNames<PadOptions> = { ...BATCH_FIRST, paddingValue: true, paddingSide: true };

/** As `torch.nn.utils.rnn.pad_sequence`: sequences [Lᵢ, …] side by side, [L, N, …], the shorter ones filled up. */
export function padSequence(sequences: readonly Tensor[], options: PadOptions = {}): Tensor {
  const op = "padSequence";
  checkOptions(op, options, PAD);
  const { batchFirst = false, paddingValue = 0, paddingSide = "right" } = options;
  const [first] = sequences;
  if (first === undefined) throw new ArgumentError(op, "needs at least one sequence");
  if (paddingSide !== "left" && paddingSide !== "right") {
    throw new ArgumentError(
      op,
      `paddingSide must be "left" or "right"; got ${String(paddingSide)}`,
    );
  }
  const longest = Math.max(...sequences.map((s) => s.shape[0] as number));
  const [padded] = owned(() => {
    const rows = sequences.map((s) => {
      const missing = longest - (s.shape[0] as number);
      if (missing === 0) return s.unsqueeze(0);
      const like = { dtype: s.dtype, device: s.backend };
      const filling = full([missing, ...s.shape.slice(1)], paddingValue, like);
      return cat(paddingSide === "right" ? [s, filling] : [filling, s]).unsqueeze(0);
    });
    const batch = cat(rows);
    return [batchFirst ? batch : batch.transpose(0, 1)];
  }) as [Tensor];
  return adopt(padded);
}

/** As `torch.nn.utils.rnn.unpad_sequence`: the sequences of padded ones [L, N, …], as views. */
export function unpadSequence(
  padded: Tensor,
  lengths: Tensor | readonly number[],
  options: BatchFirstOptions = {},
): Tensor[] {
  checkOptions("unpadSequence", options, BATCH_FIRST);
  const rows = options.batchFirst ? padded : padded.transpose(0, 1);
  return listOf(lengths).map((n, i) => rows.select(0, i).narrow(0, 0, n));
}

/** As `torch.nn.utils.rnn.pack_sequence`: sequences [Lᵢ, …], packed. */
export function packSequence(
  sequences: readonly Tensor[],
  options: { readonly enforceSorted?: boolean | undefined } = {},
): PackedSequence {
  checkOptions("packSequence", options, { enforceSorted: true });
  const lengths = sequences.map((s) => s.shape[0] as number);
  return packPaddedSequence(padSequence(sequences), lengths, options);
}
