// Cross-entropy of class numbers along dim 1, and its gradient.
import type { View } from "@tapegrad/core";
import { slot } from "../../registry.ts";
import { asFloats, dense } from "../elementwise-wgsl.ts";
import { alongDim, type RowSpec, takesRows } from "./spec.ts";
import { rowVariants } from "./variants.ts";

const isInteger = (v: View): boolean => v.dtype !== "float32";

/** Without smoothing the mean is left out: of a class with −∞ it would be −∞, times 0. */
function forwardSpec(smooth: boolean): RowSpec {
  const picked = "(1.0 - smoothing) * picked";
  const loss = `log(total) - ${smooth ? `${picked} - smoothing * rest / count` : "picked"}`;
  return {
    key: `crossEntropy/${smooth ? "smooth" : "hard"}`,
    elements: ["x"],
    perRow: ["classNumber"],
    numbers: ["ignored", "smoothing"],
    reductions: [
      { name: "top", op: "max", of: "x" },
      { name: "total", op: "sum", of: "exp(x - top)" },
      { name: "picked", op: "sum", of: "pick(j, classNumber, x - top)" },
      ...(smooth ? [{ name: "rest", op: "sum", of: "x - top" } as const] : []),
    ],
    rowResults: [
      ["loss", `counted(classNumber, ignored, ${loss})`],
      ["top", "top"],
      ["total", "total"],
    ],
  };
}

type Forward = [View, View, View, View | undefined, View | undefined, number, number];
export const crossEntropy = slot<Forward>(
  "crossEntropy",
  rowVariants<Forward>(
    (x, target, y, top, total) => takesRows([x], [y, top, total]) && isInteger(target),
    (rt, x, target, loss, top, total, ignored, smoothing) => [
      [
        forwardSpec(smoothing !== 0),
        {
          layout: alongDim(x.shape, 1),
          views: { x: dense(rt, x), classNumber: asFloats(rt, target) },
          numbers: { ignored, smoothing },
          outputs: { loss, top, total },
        },
      ],
    ],
  ),
);

const GRADIENT: RowSpec = {
  key: "crossEntropyGrad",
  elements: ["x"],
  perRow: ["g", "classNumber", "top", "total"],
  numbers: ["ignored", "smoothing"],
  reductions: [],
  result:
    "counted(classNumber, ignored, g * (exp(x - top) / total - smoothing / count - pick(j, classNumber, 1.0 - smoothing)))",
};

type Backward = [View, View, View, View, View, View, number, number];
export const crossEntropyGrad = slot<Backward>(
  "crossEntropyGrad",
  rowVariants<Backward>(
    (g, x, target, top, total, dx) => takesRows([g, x, top, total], [dx]) && isInteger(target),
    (rt, g, x, target, top, total, dx, ignored, smoothing) => [
      [
        GRADIENT,
        {
          layout: alongDim(x.shape, 1),
          views: {
            x: dense(rt, x),
            g: dense(rt, g),
            classNumber: asFloats(rt, target),
            top: dense(rt, top),
            total: dense(rt, total),
          },
          numbers: { ignored, smoothing },
          outputs: { y: dx },
        },
      ],
    ],
  ),
);
