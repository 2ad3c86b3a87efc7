// meshgrid: the coordinates of a grid, one tensor an axis, as expanded views.
import { ArgumentError, DTypeError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { composite, type Tensor } from "../../tensor.ts";
import { tensorList } from "./bounds.ts";
import { expand } from "./expand.ts";
import { transpose } from "./permute.ts";
import { reshape } from "./view.ts";

export interface MeshgridOptions {
  /** "ij": the first tensor runs along dim 0; "xy": along dim 1, as in plots. Default "ij", as in PyTorch. */
  readonly indexing?: "ij" | "xy" | undefined;
}
const OPTIONS: OptionNames<MeshgridOptions> = { indexing: true };

/**
 * As `torch.meshgrid`: for tensors of one dimension (or none) with n₀, n₁, … elements as many grids
 * [n₀, n₁, …], each constant but along the axis of its tensor. No copies.
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function meshgrid(tensors: readonly Tensor[], options: MeshgridOptions = {}): Tensor[] {
  const op = "meshgrid";
  checkOptions(op, options, OPTIONS);
  tensorList(op, tensors);
  const { indexing = "ij" } = options;
  if (indexing !== "ij" && indexing !== "xy") {
    throw new ArgumentError(op, `indexing must be "ij" or "xy"; got ${JSON.stringify(indexing)}`);
  }
  tensors.forEach((t, i) => {
    if (t.ndim > 1) {
      throw new ShapeError(op, "expects tensors of one dimension", { [`tensors[${i}]`]: t.shape });
    }
    const [{ dtype }] = tensors as [Tensor];
    if (t.dtype !== dtype) {
      throw new DTypeError(
        op,
        `tensor 0 is ${dtype} and tensor ${i} ${t.dtype}; cast one with to()`,
      );
    }
  });
  const shape = tensors.map((t) => t.numel);
  const swap = indexing === "xy" && tensors.length > 1;
  return tensors.map((t, axis) =>
    composite(() => {
      const along = shape.map((n, d) => (d === axis ? n : 1));
      const grid = expand(reshape(t, along), shape);
      return swap ? transpose(grid, 0, 1) : grid;
    }),
  );
}
