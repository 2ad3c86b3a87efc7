// The in-place forms of activations and dropouts, as torch.nn.functional has them under these names or with
// `inplace=True`: computed as usual, then written over the first argument, which they return.
import { hardsigmoid } from "../elementwise/hardsigmoid.ts";
import { hardswish } from "../elementwise/hardswish.ts";
import { relu6 } from "../elementwise/relu6.ts";
import { silu } from "../elementwise/silu.ts";
import { inPlaceForm } from "../inplace/form.ts";
import { dropout } from "../random/dropout.ts";
import {
  alphaDropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
} from "../random/dropout-features.ts";
import { celu, elu, selu } from "./elu.ts";
import { hardtanh, threshold } from "./hardtanh.ts";
import { leakyRelu, rrelu } from "./leaky-relu.ts";
import { mish } from "./smooth.ts";

export const alphaDropout_ = inPlaceForm("alphaDropout_", alphaDropout);
export const celu_ = inPlaceForm("celu_", celu);
export const dropout_ = inPlaceForm("dropout_", dropout);
export const dropout1d_ = inPlaceForm("dropout1d_", dropout1d);
export const dropout2d_ = inPlaceForm("dropout2d_", dropout2d);
export const dropout3d_ = inPlaceForm("dropout3d_", dropout3d);
export const elu_ = inPlaceForm("elu_", elu);
export const featureAlphaDropout_ = inPlaceForm("featureAlphaDropout_", featureAlphaDropout);
export const hardsigmoid_ = inPlaceForm("hardsigmoid_", hardsigmoid);
export const hardswish_ = inPlaceForm("hardswish_", hardswish);
export const hardtanh_ = inPlaceForm("hardtanh_", hardtanh);
export const leakyRelu_ = inPlaceForm("leakyRelu_", leakyRelu);
export const mish_ = inPlaceForm("mish_", mish);
export const relu6_ = inPlaceForm("relu6_", relu6);
export const rrelu_ = inPlaceForm("rrelu_", rrelu);
export const selu_ = inPlaceForm("selu_", selu);
export const silu_ = inPlaceForm("silu_", silu);
export const threshold_ = inPlaceForm("threshold_", threshold);
