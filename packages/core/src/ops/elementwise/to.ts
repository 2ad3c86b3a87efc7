// Casts between dtypes.
import { DTYPES, type DType, isFloating } from "../../dtype.ts";
import { ArgumentError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { casts } from "../../op/widen.ts";
import { checkLive, methods, type Tensor } from "../../tensor.ts";

const toOp = defineOp<{ readonly dtype: DType }>()({
  name: "to",
  doc: "x in another dtype. Float to integer truncates; anything to bool asks for ≠ 0.",
  example: ['to(tensor([1.7, -1.7]), "int32")', "tensor([ 1, -1], dtype=int32)"],
  inputs: ["x"],
  outputs: ["y"],
  shape: (x, { dtype }) => ({ shape: x.shape, dtype }),
  kernel: (k, x, y) => k.copy(x, y),
  vjp: (gs, _s, _a, m) => ({ x: isFloating(m.x.dtype) ? to(gs.y, m.x.dtype) : undefined }),
  samples: (rng) => [[rng.tensor([2, 3]), { dtype: "float64" }]],
  errors: (rng) => [
    [() => to(rng.tensor([2]), "float13" as DType), ArgumentError, /float13.*float32/],
  ],
});

/** x in `dtype`; x itself when it has that dtype. Shape stays. As `torch.Tensor.to(dtype)`. */
export function to(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  if (!DTYPES.includes(dtype)) {
    throw new ArgumentError("to", `there is no dtype ${dtype}; there are ${DTYPES.join(", ")}`);
  }
  const y = toOp(x, { dtype });
  if (!isFloating(dtype)) y.source = null;
  return y;
}
casts.to = to;

const CASTS = {
  ...{ half: "float16", bfloat16: "bfloat16", float: "float32", double: "float64" },
  ...{ byte: "uint8", int: "int32", long: "int64", bool: "bool" },
} as const satisfies Record<string, DType>;
type Casts = { readonly [N in keyof typeof CASTS]: () => Tensor };

declare module "../../tensor.ts" {
  /** x.float() and its kin: x.to(…) by PyTorch's name of the type. */
  interface TensorMethods extends Casts {
    /** x in the dtype of another tensor. */
    typeAs(other: Tensor): Tensor;
  }
}
methods({
  ...(Object.fromEntries(
    Object.entries(CASTS).map(([name, dtype]) => [
      name,
      function (this: Tensor): Tensor {
        return to(this, dtype);
      },
    ]),
  ) as unknown as Casts),
  typeAs(other) {
    checkLive("typeAs", other);
    return to(this, other.dtype);
  },
});
