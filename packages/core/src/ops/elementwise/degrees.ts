// Angles in degrees and in radians.
import { methods, type Tensor } from "../../tensor.ts";
import { floating } from "../promote.ts";
import { mul } from "./mul.ts";

/** Degrees as radians; integers give float32. As `torch.deg2rad`. */
export const deg2rad = (x: Tensor): Tensor => mul(floating(x), Math.PI / 180);
/** Radians as degrees; integers give float32. As `torch.rad2deg`. */
export const rad2deg = (x: Tensor): Tensor => mul(floating(x), 180 / Math.PI);

declare module "../../tensor.ts" {
  interface TensorMethods {
    deg2rad(): Tensor;
    rad2deg(): Tensor;
  }
}
methods({
  deg2rad() {
    return deg2rad(this);
  },
  rad2deg() {
    return rad2deg(this);
  },
});
