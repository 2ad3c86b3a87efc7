// The three ops of convolution, and their variants.
import { type Activation, type ConvGeometry, sizeOf, type View } from "@tapegrad/core";
import { isFresh } from "../../layout.ts";
import { slot } from "../../registry.ts";
import { blockOf, type GpuRuntime } from "../../runtime/runtime.ts";
import { dense } from "../elementwise-wgsl.ts";
import { direct } from "./any-wgsl.ts";
import { forward, inputGrad, weightGrad } from "./direct-gpujs.ts";
import { isDepthwise, type Planar, planar } from "./planar.ts";
import {
  forwardByProducts,
  inputGradByProducts,
  suitsProducts,
  weightGradByProducts,
} from "./products.ts";
import { fitsStencil, stencil } from "./stencil.ts";
import { fitsWeightSums, weightSums } from "./weight-sums.ts";
import { fitsWeightTiles, weightTiles } from "./weight-tiles.ts";

type Forward = [View, View, View | undefined, View, ConvGeometry, Activation];
type Gradient = [View, View, View, ConvGeometry];

const floats = (...views: (View | undefined)[]): boolean =>
  views.every((v) => v === undefined || v.dtype === "float32");
/** The planar geometry; only asked for where planar() has been checked by `takes`. */
const flat = (g: ConvGeometry): Planar => planar(g) as Planar;
const isPlanar = (g: ConvGeometry): boolean => planar(g) !== undefined;
const isPlanarDepthwise = (g: ConvGeometry): boolean => {
  const p = planar(g);
  return p !== undefined && isDepthwise(p);
};
/**
 * Products in all, and in one sum, up to which nothing is specialised: each geometry would have a kernel of its own, and
 * compiling it takes longer than what it saves in hundreds of calls.
 */
const FEW_PRODUCTS = 1 << 17;
const SHORT_SUM = 1 << 10;
const isSmall = (g: ConvGeometry, sum: number): boolean =>
  sum <= SHORT_SUM && sizeOf(g.y) * sizeOf(g.w.slice(1)) <= FEW_PRODUCTS;
const densely = (rt: GpuRuntime, v: View | undefined): View | undefined => v && dense(rt, v);

export const conv = slot<Forward>("conv", [
  {
    name: "wgsl convolution",
    takes: (x, w, bias, y) => floats(x, w, bias) && isFresh(y),
    suits: (_x, _w, _bias, _y, g) => isSmall(g, sizeOf(g.w.slice(1))),
    run: (rt, x, w, bias, y, g, activation) =>
      direct(rt, "forward", dense(rt, x), dense(rt, w), densely(rt, bias), y, g, activation),
  },
  {
    name: "wgsl depthwise tile",
    takes: (x, w, bias, y, g) =>
      floats(x, w, bias) && isFresh(y) && isPlanarDepthwise(g) && fitsStencil(flat(g)),
    run(rt, x, w, bias, y, g, activation) {
      const views = [dense(rt, x), dense(rt, w), ...(bias ? [dense(rt, bias)] : [])];
      const blocks = [...views, y].map(blockOf);
      stencil(
        rt,
        "forward",
        flat(g),
        blocks,
        views.map((v) => v.offset),
        activation,
      );
    },
  },
  {
    name: "wgsl products",
    takes: (x, w, bias, y, g) => floats(x, w, bias) && isFresh(y) && isPlanar(g),
    suits: (_x, _w, _bias, _y, g) => suitsProducts(flat(g)),
    run: (rt, x, w, bias, y, g, activation) =>
      forwardByProducts(rt, flat(g), dense(rt, x), dense(rt, w), densely(rt, bias), y, activation),
  },
  {
    name: "gpujs convolution",
    takes: (x, w, bias, y, g) => floats(x, w, bias) && isFresh(y) && isPlanar(g),
    run: (rt, x, w, bias, y, g, activation) =>
      forward(rt, flat(g), dense(rt, x), dense(rt, w), densely(rt, bias), y, activation),
  },
]);

export const convInputGrad = slot<Gradient>("convInputGrad", [
  {
    name: "wgsl convolution",
    takes: (g, w, dx) => floats(g, w) && isFresh(dx),
    suits: (_g, w, _dx, geometry) =>
      isSmall(geometry, sizeOf(w.shape) / ((w.shape[1] as number) * geometry.groups)),
    run: (rt, g, w, dx, geometry) =>
      direct(rt, "inputGrad", dense(rt, g), dense(rt, w), undefined, dx, geometry),
  },
  {
    name: "wgsl depthwise tile",
    takes: (g, w, dx, geometry) =>
      floats(g, w) && isFresh(dx) && isPlanarDepthwise(geometry) && fitsStencil(flat(geometry)),
    run(rt, g, w, dx, geometry) {
      const views = [dense(rt, g), dense(rt, w)];
      const blocks = [...views, dx].map(blockOf);
      stencil(
        rt,
        "inputGrad",
        flat(geometry),
        blocks,
        views.map((v) => v.offset),
      );
    },
  },
  {
    name: "wgsl products",
    takes: (g, w, dx, geometry) => floats(g, w) && isFresh(dx) && isPlanar(geometry),
    suits: (_g, _w, _dx, geometry) => suitsProducts(flat(geometry)),
    run: (rt, g, w, dx, geometry) =>
      inputGradByProducts(rt, flat(geometry), dense(rt, g), dense(rt, w), dx),
  },
  {
    name: "gpujs convolution",
    takes: (g, w, dx, geometry) => floats(g, w) && isFresh(dx) && isPlanar(geometry),
    run: (rt, g, w, dx, geometry) => inputGrad(rt, flat(geometry), dense(rt, g), dense(rt, w), dx),
  },
]);

export const convWeightGrad = slot<Gradient>("convWeightGrad", [
  {
    name: "wgsl convolution",
    takes: (g, x, dw) => floats(g, x) && isFresh(dw),
    suits: (g, _x, _dw, geometry) => isSmall(geometry, sizeOf(g.shape) / (g.shape[1] as number)),
    run: (rt, g, x, dw, geometry) =>
      direct(rt, "weightGrad", dense(rt, g), dense(rt, x), undefined, dw, geometry),
  },
  {
    name: "wgsl depthwise tiles",
    on: "software",
    takes: (g, x, dw, geometry) =>
      floats(g, x) && isFresh(dw) && isPlanarDepthwise(geometry) && fitsWeightTiles(flat(geometry)),
    run(rt, g, x, dw, geometry) {
      const [a, b] = [dense(rt, g), dense(rt, x)];
      weightTiles(rt, flat(geometry), blockOf(a), blockOf(b), blockOf(dw), [a.offset, b.offset]);
    },
  },
  {
    name: "wgsl depthwise sums",
    takes: (g, x, dw, geometry) =>
      floats(g, x) && isFresh(dw) && isPlanarDepthwise(geometry) && fitsWeightSums(flat(geometry)),
    run(rt, g, x, dw, geometry) {
      const [a, b] = [dense(rt, g), dense(rt, x)];
      weightSums(rt, flat(geometry), blockOf(a), blockOf(b), blockOf(dw), [a.offset, b.offset]);
    },
  },
  {
    name: "wgsl products",
    takes: (g, x, dw, geometry) => floats(g, x) && isFresh(dw) && isPlanar(geometry),
    suits: (_g, _x, _dw, geometry) => suitsProducts(flat(geometry)),
    run: (rt, g, x, dw, geometry) =>
      weightGradByProducts(rt, flat(geometry), dense(rt, g), dense(rt, x), dw),
  },
  {
    name: "gpujs convolution",
    takes: (g, x, dw, geometry) => floats(g, x) && isFresh(dw) && isPlanar(geometry),
    run: (rt, g, x, dw, geometry) => weightGrad(rt, flat(geometry), dense(rt, g), dense(rt, x), dw),
  },
]);
