// embedding: rows of a table by number.
import { registerHook } from "../../autograd/hooks.ts";
import { noGrad } from "../../autograd/tape.ts";
import { ArgumentError, IndexError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, owned, ownedOne, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { ones, zeros } from "../creation.ts";
import { where } from "../elementwise/where.ts";
import { indexCopy_ } from "../inplace/index_.ts";
import { gatherChecked } from "./gather.ts";
import { indexSelect } from "./index-select.ts";
import { checkIndices } from "./indices.ts";
import { scatterAdd } from "./scatter-add.ts";

export interface EmbeddingOptions {
  /** The row that gets no gradient; negative counts from the end. */
  readonly paddingIdx?: number | undefined;
  /** Rows of a larger norm that input names are scaled down to it, in weight itself, before they are read. */
  readonly maxNorm?: number | undefined;
  /** The p of that norm. Default 2. */
  readonly normType?: number | undefined;
  /** Divides the gradient of each row by how often input names it. Default false. */
  readonly scaleGradByFreq?: boolean | undefined;
}
const OPTIONS: OptionNames<EmbeddingOptions> = {
  paddingIdx: true,
  maxNorm: true,
  normType: true,
  scaleGradByFreq: true,
};

/**
 * The rows of weight [rows, size] that input names, as `torch.nn.functional.embedding`.
 * @param input integers of any shape, each in [0, rows)
 * @returns [...input's shape, size]
 * @throws IndexError naming an index out of range; ShapeError, DTypeError; ArgumentError for a maxNorm or normType ≤ 0
 * @see https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
 */
export function embedding(input: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  const op = "embedding";
  checkOptions(op, options, OPTIONS);
  checkDtypes(op, { weight });
  if (weight.ndim !== 2) {
    throw new ShapeError(op, "weight must be a table, [rows, size]", { weight: weight.shape });
  }
  const [rows, size] = weight.shape as readonly [number, number];
  const { paddingIdx, maxNorm, normType = 2, scaleGradByFreq = false } = options;
  if (
    paddingIdx !== undefined &&
    !(Number.isInteger(paddingIdx) && paddingIdx >= -rows && paddingIdx < rows)
  ) {
    throw new IndexError(
      op,
      `paddingIdx ${paddingIdx} is out of range for a table of ${rows} rows`,
    );
  }
  checkIndices(op, input, 0, rows);
  if (maxNorm !== undefined) {
    for (const [name, value] of Object.entries({ maxNorm, normType })) {
      if (!(value > 0)) throw new ArgumentError(op, `${name} must be > 0; got ${value}`);
    }
    noGrad(() => renormalize(weight, input, maxNorm, normType));
  }
  return composite(() => {
    const index = input.reshape([input.numel, 1]).expand(input.numel, size);
    const picked = gatherChecked(weight, 0, index).reshape([...input.shape, size]);
    if (picked.source === null) return picked;
    if (scaleGradByFreq) shareGradient(picked, input, rows);
    if (paddingIdx === undefined) return picked;
    const padding = input.eq(paddingIdx < 0 ? paddingIdx + rows : paddingIdx).unsqueeze(-1);
    return where(padding, picked.detach(), picked);
  });
}

/** Scales the rows that input names down to maxNorm, in place. */
function renormalize(weight: Tensor, input: Tensor, maxNorm: number, p: number): void {
  owned(() => {
    const index = input.reshape([input.numel]);
    const named = indexSelect(weight, 0, index);
    const size = named.abs();
    const norm =
      p === Number.POSITIVE_INFINITY
        ? size.amax(1)
        : size
            .pow(p)
            .sum(1)
            .pow(1 / p);
    // The same small number as in PyTorch, so that the rounded result stays below maxNorm.
    const scale = where(norm.gt(maxNorm), norm.add(1e-7).reciprocal().mul(maxNorm), 1);
    indexCopy_(weight, 0, index, named.mul(scale.unsqueeze(1)));
    return [];
  });
}

/** Has the gradient of each row that was picked divided by how often it was. */
function shareGradient(picked: Tensor, input: Tensor, rows: number): void {
  const share = ownedOne(() => {
    const index = input.reshape([input.numel]);
    const like = { dtype: picked.dtype, device: picked.backend };
    const counts = scatterAdd(zeros([rows], like), 0, index, ones([input.numel], like));
    return gatherChecked(counts, 0, index)
      .reciprocal()
      .reshape([...input.shape, 1]);
  });
  registerHook(picked, (g) => g.mul(share));
}
