// normal: draws around a mean each, with a deviation each.
import { withGradMode } from "../../autograd/tape.ts";
import { ArgumentError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import { broadcastShapes, type Shape } from "../../shape.ts";
import { composite, Tensor } from "../../tensor.ts";
import { checkDtypes } from "../check-dtypes.ts";
import { finish, like, RANDOM_OPTIONS, type RandomOptions } from "../place.ts";
import { checkDrawOptions, type DrawOptions } from "./check.ts";
import { randn } from "./draws.ts";

/**
 * Normally distributed numbers, as `torch.normal`: mean and std are tensors that broadcast, or numbers. Two
 * numbers need the shape of the result. No gradient flows.
 * @throws ArgumentError for a negative std; ShapeError where mean and std do not broadcast
 * @see https://docs.pytorch.org/docs/stable/generated/torch.normal.html
 */
export function normal(mean: number, std: number, shape: Shape, options?: RandomOptions): Tensor;
export function normal(mean: Tensor, std?: Tensor | number, options?: DrawOptions): Tensor;
export function normal(mean: number, std: Tensor, options?: DrawOptions): Tensor;
export function normal(
  mean: Tensor | number,
  std: Tensor | number = 1,
  shapeOrOptions?: Shape | DrawOptions,
  more: RandomOptions = {},
): Tensor {
  const op = "normal";
  if (typeof std === "number" && !(std >= 0)) {
    throw new ArgumentError(op, `std must be ≥ 0; got ${std}`);
  }
  const tensors = Object.entries({ mean, std }).filter(([, v]) => v instanceof Tensor);
  if (tensors.length === 0) {
    if (typeof mean !== "number" || typeof std !== "number") {
      throw new ArgumentError(op, "mean and std must be tensors or numbers");
    }
    if (!Array.isArray(shapeOrOptions)) {
      throw new ArgumentError(op, "two numbers need a shape: normal(mean, std, [2, 3])");
    }
    checkOptions(op, more, RANDOM_OPTIONS);
    return drawn(mean, std, shapeOrOptions as Shape, more);
  }
  if (Array.isArray(shapeOrOptions)) {
    throw new ArgumentError(op, "the shape follows from mean and std; leave it out");
  }
  const options = (shapeOrOptions ?? {}) as DrawOptions;
  checkDrawOptions(op, options);
  checkDtypes(op, Object.fromEntries(tensors) as Record<string, Tensor>);
  const [, first] = tensors[0] as [string, Tensor];
  const shapes = tensors.map(([, t]) => (t as Tensor).shape);
  const shape = shapes.reduce((a, b) => broadcastShapes(op, a, b));
  return drawn(mean, std, shape, like(op, first, options as RandomOptions, RANDOM_OPTIONS));
}

function drawn(
  mean: Tensor | number,
  std: Tensor | number,
  shape: Shape,
  options: RandomOptions,
): Tensor {
  const plain = { ...options, requiresGrad: false };
  return finish(
    withGradMode(false, () => composite(() => randn(shape, plain).mul(std).add(mean))),
    options,
  );
}
