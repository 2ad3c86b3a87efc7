// embedding: rows of a table by number.
import { IndexError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { where } from "../elementwise/where.ts";
import { gatherChecked } from "./gather.ts";
import { checkIndices } from "./indices.ts";

export interface EmbeddingOptions {
  /** The row that gets no gradient; negative counts from the end. */
  readonly paddingIdx?: number | undefined;
}
const OPTIONS: OptionNames<EmbeddingOptions> = { paddingIdx: true };

/**
 * The rows of weight [rows, size] that input names, as `torch.nn.functional.embedding`.
 * @param input integers of any shape, each in [0, rows)
 * @returns [...input's shape, size]
 * @throws IndexError naming an index out of range; ShapeError, DTypeError
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
  const { paddingIdx } = options;
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
  return composite(() => {
    const index = input.reshape([input.numel, 1]).expand(input.numel, size);
    const picked = gatherChecked(weight, 0, index).reshape([...input.shape, size]);
    if (paddingIdx === undefined || picked.source === null) return picked;
    const padding = input.eq(paddingIdx < 0 ? paddingIdx + rows : paddingIdx).unsqueeze(-1);
    return where(padding, picked.detach(), picked);
  });
}
