// Functions from Tensor to Tensor that prepare images; they take a sample [C, H, W] or a batch [N, C, H, W].
import { ArgumentError, ShapeError, type Tensor, tensor } from "@tapegrad/core";

export type Transform = (x: Tensor) => Tensor;

/** One after the other, as `torchvision.transforms.Compose`. */
export const compose =
  (...transforms: readonly Transform[]): Transform =>
  (x) =>
    transforms.reduce((y, f) => f(y), x);

/** uint8 pixels 0 … 255 to float32 0 … 1, as torchvision's `ToDtype(torch.float32, scale=True)`. */
export function toFloat(): Transform {
  return (x) => {
    const floats = x.to("float32");
    return x.dtype === "uint8" ? floats.div(255) : floats;
  };
}

/**
 * (x − mean) / std, one number or one a channel (the third dimension from the end), as
 * `torchvision.transforms.Normalize`.
 * @throws ArgumentError unless there are as many means as deviations, these above 0; ShapeError for an x
 * with another number of channels
 */
export function normalize(
  mean: number | readonly number[],
  std: number | readonly number[],
): Transform {
  const means = [mean].flat();
  const stds = [std].flat();
  if (means.length !== stds.length || stds.some((s) => !(s > 0))) {
    throw new ArgumentError(
      "normalize",
      `needs as many means as deviations, these above 0; got mean [${means.join(", ")}], std [${stds.join(", ")}]`,
    );
  }
  const shape = [means.length, 1, 1];
  return (x) => {
    if (means.length > 1 && x.shape.at(-3) !== means.length) {
      throw new ShapeError(
        "normalize",
        `${means.length} means need an x of as many channels [..., ${means.length}, H, W]`,
        { x: x.shape },
      );
    }
    const options = { shape, dtype: x.dtype, device: x.backend };
    return x.sub(tensor(means, options)).div(tensor(stds, options));
  };
}
