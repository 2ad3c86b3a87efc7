// Scaled dot-product attention: softmax(q·kᵀ / √E)·v, with masks.
import { ArgumentError, DTypeError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { broadcastShapes, sameShape } from "../../shape.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { ones } from "../creation.ts";
import { eq } from "../elementwise/eq.ts";
import { logicalNot } from "../elementwise/logical-not.ts";
import { logicalOr } from "../elementwise/logical-or.ts";
import { where } from "../elementwise/where.ts";
import { tril } from "../index/triangle.ts";
import { dropout } from "../random/dropout.ts";
import { softmax } from "../reduce/softmax.ts";

export interface AttentionOptions {
  /** Broadcast to [..., L, S]: bool, true where a query sees a key; or numbers, added to the scores. */
  readonly attnMask?: Tensor | undefined;
  /** Of the weights; always applied, so pass 0 in evaluation. Default 0. */
  readonly dropoutP?: number | undefined;
  /** Query i sees keys 0 … i. Default false. */
  readonly isCausal?: boolean | undefined;
  /** Of the scores. Default 1 / √E. */
  readonly scale?: number | undefined;
  /** Keys and values may have fewer heads (dim −3), each for a group of those of the queries. Default false. */
  readonly enableGqa?: boolean | undefined;
}
const OPTIONS: OptionNames<AttentionOptions> = {
  attnMask: "Tensor",
  dropoutP: true,
  isCausal: true,
  scale: true,
  enableGqa: true,
};
const OP = "scaledDotProductAttention";

/** Keys or values with each head as often as the queries have heads for it. */
function forHeads(t: Tensor, heads: number): Tensor {
  const own = t.shape[t.ndim - 3] as number;
  if (own === heads) return t;
  const d = t.ndim - 3;
  const wide = [...t.shape.slice(0, d + 1), heads / own, ...t.shape.slice(d + 1)];
  return t
    .unsqueeze(d + 1)
    .expand(...wide)
    .reshape([...t.shape.slice(0, d), heads, ...t.shape.slice(d + 1)]);
}

/** softmax of the scores where the mask lets them; rows that see nothing become 0, not NaN. */
function weightsOf(scores: Tensor, mask: Tensor | undefined): Tensor {
  if (mask === undefined) return softmax(scores, -1);
  const isBool = mask.dtype === "bool";
  const hidden = isBool ? logicalNot(mask) : eq(mask, Number.NEGATIVE_INFINITY);
  const blind = hidden.all(-1, { keepdim: true });
  const masked = isBool
    ? where(logicalOr(mask, blind), scores, Number.NEGATIVE_INFINITY)
    : scores.add(where(blind, 0, mask));
  return where(blind, 0, softmax(masked, -1));
}

function check(query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions): void {
  const { attnMask, isCausal = false, enableGqa = false } = options;
  checkDtypes(OP, { query, key, value });
  const shapes = { query: query.shape, key: key.shape, value: value.shape };
  if (Math.min(query.ndim, key.ndim, value.ndim) < 2) {
    throw new ShapeError(
      OP,
      "expected query [..., L, E], key [..., S, E] and value [..., S, V]",
      shapes,
    );
  }
  if (query.shape[query.ndim - 1] !== key.shape[key.ndim - 1]) {
    throw new ShapeError(OP, "query and key must have the same last dim E", shapes);
  }
  if (key.shape[key.ndim - 2] !== value.shape[value.ndim - 2]) {
    throw new ShapeError(OP, "key and value must have the same number S of positions", shapes);
  }
  if (enableGqa) {
    const heads = [query, key, value].map((t) => t.shape[t.ndim - 3] ?? 0) as [
      ...[number, number, number],
    ];
    if (heads[1] !== heads[2] || heads[1] < 1 || heads[0] % heads[1] !== 0) {
      throw new ShapeError(OP, "the heads of key and value must divide those of the query", shapes);
    }
  }
  if (attnMask === undefined) return;
  checkLive(OP, attnMask);
  if (isCausal) throw new ArgumentError(OP, "takes attnMask or isCausal, not both");
  if (attnMask.dtype !== "bool" && attnMask.dtype !== query.dtype) {
    throw new DTypeError(OP, `attnMask must be bool or ${query.dtype}; it is ${attnMask.dtype}`);
  }
  const batch = broadcastShapes(
    OP,
    query.shape.slice(0, -2),
    enableGqa ? [] : key.shape.slice(0, -2),
  );
  const scores = [
    ...batch,
    query.shape[query.ndim - 2] as number,
    key.shape[key.ndim - 2] as number,
  ];
  if (!sameShape(broadcastShapes(OP, scores, attnMask.shape), scores)) {
    throw new ShapeError(OP, "attnMask must broadcast to the scores", {
      scores,
      attnMask: attnMask.shape,
    });
  }
}

/**
 * softmax(query · keyᵀ · scale + mask) · value; as `torch.nn.functional.scaled_dot_product_attention`. A query that
 * sees no key gets zeros.
 * @param query [..., L, E]
 * @param key [..., S, E]
 * @param value [..., S, V]
 * @returns [..., L, V]
 * @throws ShapeError shapes that do not fit; ArgumentError a mask beside isCausal; DTypeError mixed or integer dtypes
 * @see https://arxiv.org/abs/1706.03762
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  checkOptions(OP, options, OPTIONS);
  check(query, key, value, options);
  const { attnMask, dropoutP = 0, isCausal = false, enableGqa = false } = options;
  const scale = options.scale ?? 1 / Math.sqrt(query.shape[query.ndim - 1] as number);
  return composite(() => {
    const heads = query.shape[query.ndim - 3] as number;
    const [k, v] = enableGqa ? [forHeads(key, heads), forHeads(value, heads)] : [key, value];
    const scores = query.mul(scale).matmul(k.transpose(-1, -2));
    const [rows, columns] = scores.shape.slice(-2) as [number, number];
    const mask = isCausal
      ? tril(ones([rows, columns], { device: query.backend })).to("bool")
      : attnMask;
    return dropout(weightsOf(scores, mask), { p: dropoutP }).matmul(v);
  });
}
