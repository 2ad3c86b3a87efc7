// Lists of indices: of the triangles of a matrix, of what a flat number means in a shape, of combinations.
import { ArgumentError, IndexError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { checkLive, composite, methods, type Tensor } from "../../tensor.ts";
import { tensor } from "../creation.ts";
import { TENSOR_OPTIONS, type TensorOptions } from "../place.ts";
import { vectors, wholeNumber } from "../views/bounds.ts";
import { meshgrid } from "../views/meshgrid.ts";
import { stack } from "../views/stack.ts";
import { reshape } from "../views/view.ts";
import { indexSelect } from "./index-select.ts";
import { checkIndexDType } from "./indices.ts";
import { coordinates, nonzero, nonzeroPlaces } from "./nonzero.ts";

export interface TriangleIndicesOptions extends TensorOptions {
  /** Which diagonal bounds the part: above the main one if positive. Default 0. */
  readonly offset?: number | undefined;
}
const TRIANGLE: OptionNames<TriangleIndicesOptions> = { ...TENSOR_OPTIONS, offset: true };

function triangleIndices(
  op: string,
  rows: number,
  columns: number,
  options: TriangleIndicesOptions,
  inside: (row: number, column: number, offset: number) => boolean,
): Tensor {
  checkOptions(op, options, TRIANGLE);
  const { offset = 0, dtype = "int64", ...rest } = options;
  wholeNumber(op, "rows", rows, 0);
  wholeNumber(op, "columns", columns, 0);
  if (!Number.isInteger(offset)) {
    throw new ArgumentError(op, `offset must be a whole number; got ${offset}`);
  }
  const [is, js]: [number[], number[]] = [[], []];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      if (!inside(i, j, offset)) continue;
      is.push(i);
      js.push(j);
    }
  }
  return tensor([...is, ...js], { ...rest, dtype, shape: [2, is.length] });
}

/** As `torch.tril_indices`: rows and columns [2, count] of the lower triangle of a matrix, row by row; int64. */
export const trilIndices = (
  rows: number,
  columns: number,
  options: TriangleIndicesOptions = {},
): Tensor => triangleIndices("trilIndices", rows, columns, options, (i, j, o) => j - i <= o);

/** As `torch.triu_indices`: rows and columns [2, count] of the upper triangle of a matrix, row by row; int64. */
export const triuIndices = (
  rows: number,
  columns: number,
  options: TriangleIndicesOptions = {},
): Tensor => triangleIndices("triuIndices", rows, columns, options, (i, j, o) => j - i >= o);

/**
 * As `torch.unravel_index`: for row-major numbers of elements of `shape` their index along each dimension, int64.
 * @throws IndexError naming the first number out of range; DeviceError where the device cannot be read at once
 */
export function unravelIndex(indices: Tensor, shape: Shape): Tensor[] {
  const op = "unravelIndex";
  checkLive(op, indices);
  checkIndexDType(op, indices.dtype);
  const total = sizeOf(shape);
  const places = Array.from(indices.dataSync() as ArrayLike<number | bigint>, Number);
  const bad = places.findIndex((at) => at < -total || at >= total);
  if (bad >= 0) {
    throw new IndexError(
      op,
      `index ${places[bad]} (element ${bad}) is out of range for ${total} elements`,
    );
  }
  const wrapped = places.map((at) => (at < 0 ? at + total : at));
  return coordinates({ shape, backend: indices.backend }, wrapped).map((column) =>
    composite(() => reshape(column, indices.shape)),
  );
}

/** As `torch.argwhere`: nonzero(x) by its other name. */
export const argwhere = (x: Tensor): Tensor => nonzero(x);

export interface NonzeroStaticOptions {
  /** How many rows there are, whatever x holds. */
  readonly size: number;
  /** What stands in the rows that are too many. Default −1. */
  readonly fillValue?: number | undefined;
}
const STATIC: OptionNames<NonzeroStaticOptions> = { size: true, fillValue: true };

/** As `torch.nonzero_static`: the first `size` rows of nonzero(x), and rows of fillValue where there are fewer. */
export function nonzeroStatic(x: Tensor, options: NonzeroStaticOptions): Tensor {
  const op = "nonzeroStatic";
  checkLive(op, x);
  checkOptions(op, options, STATIC);
  const { size, fillValue = -1 } = options;
  wholeNumber(op, "size", size, 0);
  const columns = coordinates(x, nonzeroPlaces(x).slice(0, size)).map(
    (c) => c.dataSync() as BigInt64Array,
  );
  const table = new BigInt64Array(size * x.ndim).fill(BigInt(fillValue));
  columns.forEach((column, d) => {
    column.forEach((at, i) => {
      table[i * x.ndim + d] = at;
    });
  });
  return tensor(table, { shape: [size, x.ndim], device: x.backend });
}

/** As `torch.cartesian_prod`: the rows [n₀ · n₁ · …, count] of all choices of one element of each vector. */
export function cartesianProd(...tensors: readonly Tensor[]): Tensor {
  vectors("cartesianProd", tensors);
  const [first] = tensors as [Tensor];
  if (tensors.length === 1) return composite(() => reshape(first, first.shape));
  return composite(() =>
    stack(
      meshgrid(tensors).map((grid) => reshape(grid, [grid.numel])),
      { dim: 1 },
    ),
  );
}

export interface CombinationsOptions {
  /** How many elements a combination has. Default 2. */
  readonly r?: number | undefined;
  /** Whether an element may stand in one several times. Default false. */
  readonly withReplacement?: boolean | undefined;
}
const COMBINATIONS: OptionNames<CombinationsOptions> = { r: true, withReplacement: true };

/** As `torch.combinations`: the combinations of r elements of a vector, as rows [count, r]. */
export function combinations(x: Tensor, options: CombinationsOptions = {}): Tensor {
  const op = "combinations";
  checkLive(op, x);
  checkOptions(op, options, COMBINATIONS);
  const { r = 2, withReplacement = false } = options;
  vectors(op, [x]);
  wholeNumber(op, "r", r, 0);
  const rows: number[][] = [];
  const grow = (row: number[], from: number): void => {
    if (row.length === r) {
      rows.push(row);
      return;
    }
    for (let i = from; i < x.numel; i++) grow([...row, i], withReplacement ? i : i + 1);
  };
  if (r > 0) grow([], 0);
  return composite(() => {
    const picks = tensor(BigInt64Array.from(rows.flat(), BigInt), { device: x.backend });
    const count = r === 0 ? 0 : rows.length;
    return reshape(indexSelect(x, 0, picks), r === 0 ? [0] : [count, r]);
  });
}

declare module "../../tensor.ts" {
  interface TensorMethods {
    argwhere(): Tensor;
    nonzeroStatic(options: NonzeroStaticOptions): Tensor;
  }
}
methods({
  argwhere() {
    return argwhere(this);
  },
  nonzeroStatic(options) {
    return nonzeroStatic(this, options);
  },
});
