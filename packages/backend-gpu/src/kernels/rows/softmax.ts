// softmax, logSoftmax and their gradients along a dim.
import type { View } from "@tapegrad/core";
import { slot } from "../../registry.ts";
import { dense } from "../elementwise-wgsl.ts";
import { alongDim, type RowSpec, takesRows } from "./spec.ts";
import { rowVariants } from "./variants.ts";

const TOP = { name: "top", op: "max", of: "x" } as const;
const TOTAL = { name: "total", op: "sum", of: "exp(x - top)" } as const;

const SPECS = {
  softmax: {
    key: "softmax",
    elements: ["x"],
    reductions: [TOP, TOTAL],
    result: "exp(x - top) / total",
  },
  logSoftmax: {
    key: "logSoftmax",
    elements: ["x"],
    reductions: [TOP, TOTAL],
    result: "x - top - log(total)",
  },
  softmaxGrad: {
    key: "softmaxGrad",
    elements: ["g", "y"],
    reductions: [{ name: "dot", op: "sum", of: "g * y" }],
    result: "y * (g - dot)",
  },
  logSoftmaxGrad: {
    key: "logSoftmaxGrad",
    elements: ["g", "y"],
    reductions: [{ name: "total", op: "sum", of: "g" }],
    result: "g - exp(y) * total",
  },
} as const satisfies Record<string, RowSpec>;

const forward = (name: "softmax" | "logSoftmax") =>
  slot<[View, View, number]>(
    name,
    rowVariants<[View, View, number]>(
      (x, y) => takesRows([x], [y]),
      (rt, x, y, dim) => [
        [
          SPECS[name],
          { layout: alongDim(x.shape, dim), views: { x: dense(rt, x) }, outputs: { y } },
        ],
      ],
    ),
  );

const backward = (name: "softmaxGrad" | "logSoftmaxGrad") =>
  slot<[View, View, View, number]>(
    name,
    rowVariants<[View, View, View, number]>(
      (g, y, dx) => takesRows([g, y], [dx]),
      (rt, g, y, dx, dim) => [
        [
          SPECS[name],
          {
            layout: alongDim(y.shape, dim),
            views: { g: dense(rt, g), y: dense(rt, y) },
            outputs: { y: dx },
          },
        ],
      ],
    ),
  );

export const softmax = forward("softmax");
export const logSoftmax = forward("logSoftmax");
export const softmaxGrad = backward("softmaxGrad");
export const logSoftmaxGrad = backward("logSoftmaxGrad");
