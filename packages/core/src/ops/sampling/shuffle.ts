// Rearrangements of channels and pixels: views and one copy.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";

function checkFactor(op: string, name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new ArgumentError(op, `${name} must be a whole number ≥ 1; got ${value}`);
}

/**
 * [..., C·r², H, W] → [..., C, H·r, W·r]; as `torch.nn.functional.pixel_shuffle`.
 * @throws ShapeError fewer than 3 dims, or channels that r² does not divide
 * @see https://arxiv.org/abs/1609.05158
 */
export function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  const [op, r] = ["pixelShuffle", upscaleFactor];
  checkLive(op, x);
  checkFactor(op, "upscaleFactor", r);
  const batch = x.shape.slice(0, -3);
  const [channels, height, width] = x.shape.slice(-3) as [number, number, number];
  if (x.ndim < 3 || channels % (r * r) !== 0) {
    throw new ShapeError(op, `expected [..., C, H, W] with channels that ${r * r} divides`, {
      input: x.shape,
    });
  }
  const outer = batch.reduce((a, b) => a * b, 1);
  const rest = channels / (r * r);
  return composite(() =>
    x
      .reshape([outer, rest, r, r, height, width])
      .permute([0, 1, 4, 2, 5, 3])
      .reshape([...batch, rest, height * r, width * r]),
  );
}

/**
 * [..., C, H·r, W·r] → [..., C·r², H, W]; as `torch.nn.functional.pixel_unshuffle`.
 * @throws ShapeError fewer than 3 dims, or a height or width that r does not divide
 */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number): Tensor {
  const [op, r] = ["pixelUnshuffle", downscaleFactor];
  checkLive(op, x);
  checkFactor(op, "downscaleFactor", r);
  const batch = x.shape.slice(0, -3);
  const [channels, height, width] = x.shape.slice(-3) as [number, number, number];
  if (x.ndim < 3 || height % r !== 0 || width % r !== 0) {
    throw new ShapeError(op, `expected [..., C, H, W] with a height and width that ${r} divides`, {
      input: x.shape,
    });
  }
  const outer = batch.reduce((a, b) => a * b, 1);
  return composite(() =>
    x
      .reshape([outer, channels, height / r, r, width / r, r])
      .permute([0, 1, 3, 5, 2, 4])
      .reshape([...batch, channels * r * r, height / r, width / r]),
  );
}

/**
 * The channels of [N, C, …] in `groups` groups, dealt out again: the first of each group, then the second; as
 * `torch.nn.functional.channel_shuffle`.
 * @throws ShapeError fewer than 3 dims, or channels that groups does not divide
 * @see https://arxiv.org/abs/1707.01083
 */
export function channelShuffle(x: Tensor, groups: number): Tensor {
  const op = "channelShuffle";
  checkLive(op, x);
  checkFactor(op, "groups", groups);
  const [batch, channels] = x.shape as [number, number];
  if (x.ndim < 3 || channels % groups !== 0) {
    throw new ShapeError(op, `expected [N, C, …spatial] with channels that ${groups} divides`, {
      input: x.shape,
    });
  }
  return composite(() =>
    x
      .reshape([batch, groups, channels / groups, -1])
      .transpose(1, 2)
      .reshape(x.shape),
  );
}
