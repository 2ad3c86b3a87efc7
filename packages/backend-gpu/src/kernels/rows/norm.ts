// Batch norm (a row is a channel) and layer norm (a row is a row), forward and backward, with the activation behind.
import { type Activation, sizeOf, type View } from "@tapegrad/core";
import { slot } from "../../registry.ts";
import type { GpuRuntime } from "../../runtime/runtime.ts";
import { dense, temporaryLike } from "../elementwise-wgsl.ts";
import {
  alongDim,
  byChannel,
  type Layout,
  type Reduction,
  type RowCall,
  type RowSpec,
  takesRows,
} from "./spec.ts";
import { channelVariants, type Planned, rowVariants } from "./variants.ts";

type Optional = View | undefined;

/** The mean, then the squares around it: in one pass they would cancel. */
const STATISTICS: readonly Reduction[] = [
  { name: "total", op: "sum", of: "x", defines: [["mean", "total / count"]] },
  {
    name: "squares",
    op: "sum",
    of: "(x - mean) * (x - mean)",
    defines: [
      ["variance", "squares / count"],
      ["rstd", "1.0 / sqrt(variance + eps)"],
    ],
  },
];
const STATISTIC_RESULTS: RowSpec["rowResults"] = [
  ["mean", "mean"],
  ["variance", "variance"],
  ["rstd", "rstd"],
];

const affine = (normal: string, weight: Optional, bias: Optional): string =>
  `${normal}${weight ? " * weight" : ""}${bias ? " + bias" : ""}`;
const activated = (f: string, activation: Activation): string =>
  activation === "none" ? f : `${activation}(${f})`;
const gated = (z: string, activation: Activation): string =>
  activation === "none" ? "g" : `${activation}Gate(${z}, g)`;
/** The names of those that are there. */
const present = (views: Readonly<Record<string, Optional>>): string[] =>
  Object.entries(views).flatMap(([name, v]) => (v ? [name] : []));
function densely(rt: GpuRuntime, views: Readonly<Record<string, Optional>>): Record<string, View> {
  const made: Record<string, View> = {};
  for (const [name, v] of Object.entries(views)) if (v) made[name] = dense(rt, v);
  return made;
}
const flags = (weight: Optional, bias: Optional): string =>
  `${weight ? "w" : ""}${bias ? "b" : ""}`;

// ---- batch norm ---------------------------------------------------------------------------------------------

type Train = [View, Optional, Optional, View, View, View, Optional, number, Activation];
export const batchNorm = slot<Train>(
  "batchNorm",
  channelVariants<Train>(
    (x, weight, bias, y, mean, variance, rstd) =>
      takesRows([x, weight, bias], [y, mean, variance, rstd]),
    (rt, x, weight, bias, y, mean, variance, rstd, eps, activation) => {
      const spec: RowSpec = {
        key: `batchNorm/${flags(weight, bias)}${activation}`,
        elements: ["x"],
        perRow: present({ weight, bias }),
        numbers: ["eps"],
        reductions: STATISTICS,
        rowResults: STATISTIC_RESULTS,
        result: activated(affine("(x - mean) * rstd", weight, bias), activation),
      };
      const views = densely(rt, { x, weight, bias });
      const outputs = { y, mean, variance, rstd };
      return [[spec, { layout: byChannel(x.shape), views, numbers: { eps }, outputs }]];
    },
  ),
);

type Eval = [View, View, View, Optional, Optional, View, number, Activation];
export const batchNormEval = slot<Eval>(
  "batchNormEval",
  rowVariants<Eval>(
    (x, mean, variance, weight, bias, y) => takesRows([x, mean, variance, weight, bias], [y]),
    (rt, x, mean, variance, weight, bias, y, eps, activation) => {
      const normal = "(x - mean) / sqrt(variance + eps)";
      const spec: RowSpec = {
        key: `batchNormEval/${flags(weight, bias)}${activation}`,
        elements: ["x"],
        perRow: present({ mean, variance, weight, bias }),
        numbers: ["eps"],
        reductions: [],
        result: activated(affine(normal, weight, bias), activation),
      };
      const views = densely(rt, { x, mean, variance, weight, bias });
      return [[spec, { layout: byChannel(x.shape), views, numbers: { eps }, outputs: { y } }]];
    },
  ),
);

type TrainGrad = [View, View, Optional, Optional, View, View, View, View, View, Activation];

const NORMAL = "(x - mean) * rstd";

/** With the gate of the activation in each formula: g is read and gated twice, which costs less than storing it. */
function batchNormGradPlan(rt: GpuRuntime, ...args: TrainGrad): Planned {
  const [g, x, weight, bias, mean, rstd, dx, dweight, dbias, activation] = args;
  const shift = activation === "none" ? undefined : bias;
  const h = gated(affine(NORMAL, weight, shift), activation);
  const spec: RowSpec = {
    key: `batchNormGrad/${flags(weight, shift)}${activation}`,
    elements: ["g", "x"],
    perRow: present({ weight, bias: shift, mean, rstd }),
    reductions: [
      { name: "total", op: "sum", of: h },
      { name: "moment", op: "sum", of: `${h} * ${NORMAL}` },
    ],
    rowResults: [
      ["dweight", "moment"],
      ["dbias", "total"],
    ],
    result: `${weight ? "weight * " : ""}rstd * (${h} - (total + ${NORMAL} * moment) / count)`,
  };
  const views = densely(rt, { g, x, weight, bias: shift, mean, rstd });
  return [[spec, { layout: byChannel(x.shape), views, outputs: { y: dx, dweight, dbias } }]];
}

/** gpu.js reads at most seven arrays: the gate has a pass of its own. */
function gatedFirst(rt: GpuRuntime, ...args: TrainGrad): Planned {
  const [g, x, weight, bias, mean, rstd, dx, dweight, dbias, activation] = args;
  if (activation === "none") return batchNormGradPlan(rt, ...args);
  const h = temporaryLike(rt, g, "batchNormGrad");
  const gate: RowSpec = {
    key: `batchNormGate/${flags(weight, bias)}${activation}`,
    elements: ["g", "x"],
    perRow: present({ weight, bias, mean, rstd }),
    reductions: [],
    result: gated(affine(NORMAL, weight, bias), activation),
  };
  const views = densely(rt, { g, x, weight, bias, mean, rstd });
  const call: RowCall = { layout: byChannel(x.shape), views, outputs: { y: h } };
  const rest = [h, x, weight, undefined, mean, rstd, dx, dweight, dbias] as const;
  return [[gate, call], ...batchNormGradPlan(rt, ...rest, "none")];
}

/** With an activation, six arrays are read and three written: devices need only have eight in one kernel. */
const fitting = (rt: GpuRuntime, ...args: TrainGrad): Planned =>
  (rt.info.limits.maxStorageBuffersPerShaderStage < 9 ? gatedFirst : batchNormGradPlan)(
    rt,
    ...args,
  );

export const batchNormGrad = slot<TrainGrad>(
  "batchNormGrad",
  channelVariants<TrainGrad>(
    (g, x, weight, bias, mean, rstd, dx, dweight, dbias) =>
      takesRows([g, x, weight, bias, mean, rstd], [dx, dweight, dbias]),
    fitting,
    gatedFirst,
  ),
);

// ---- layer norm ---------------------------------------------------------------------------------------------

/** Rows of the last `dims` dims, as one. */
function rowsOf(x: View, dims: number): Layout {
  const n = sizeOf(x.shape.slice(x.shape.length - dims));
  const rows = sizeOf(x.shape.slice(0, x.shape.length - dims));
  return { kind: "dim", n, inner: 1, rows };
}

type Layer = [View, Optional, Optional, View, Optional, Optional, number, number];
export const layerNorm = slot<Layer>(
  "layerNorm",
  rowVariants<Layer>(
    (x, weight, bias, y, mean, rstd) => takesRows([x, weight, bias], [y, mean, rstd]),
    (rt, x, weight, bias, y, mean, rstd, dims, eps) => {
      const spec: RowSpec = {
        key: `layerNorm/${flags(weight, bias)}`,
        elements: ["x"],
        perElement: present({ weight, bias }),
        numbers: ["eps"],
        reductions: STATISTICS,
        rowResults: STATISTIC_RESULTS,
        result: affine(NORMAL, weight, bias),
      };
      const views = densely(rt, { x, weight, bias });
      const outputs = { y, mean, rstd };
      return [[spec, { layout: rowsOf(x, dims), views, numbers: { eps }, outputs }]];
    },
  ),
);

type LayerGrad = [View, View, Optional, View, View, View, View, View, number];
export const layerNormGrad = slot<LayerGrad>(
  "layerNormGrad",
  rowVariants<LayerGrad>(
    (g, x, weight, mean, rstd, dx, dweight, dbias) =>
      takesRows([g, x, weight, mean, rstd], [dx, dweight, dbias]),
    (rt, g, x, weight, mean, rstd, dx, dweight, dbias, dims) => {
      const h = weight ? "g * weight" : "g";
      const inputs: RowSpec = {
        key: `layerNormGrad/${flags(weight, undefined)}`,
        elements: ["g", "x"],
        perRow: ["mean", "rstd"],
        perElement: present({ weight }),
        reductions: [
          { name: "total", op: "sum", of: h },
          { name: "moment", op: "sum", of: `${h} * ${NORMAL}` },
        ],
        result: `rstd * (${h} - (total + ${NORMAL} * moment) / count)`,
      };
      // Here a row is a place of the normalised shape, over all rows.
      const parameters: RowSpec = {
        key: "layerNormGrad/parameters",
        elements: ["g", "x"],
        perElement: ["mean", "rstd"],
        reductions: [
          { name: "moment", op: "sum", of: `g * ${NORMAL}` },
          { name: "total", op: "sum", of: "g" },
        ],
        rowResults: [
          ["dweight", "moment"],
          ["dbias", "total"],
        ],
      };
      const layout = rowsOf(x, dims);
      const views = densely(rt, { g, x, weight, mean, rstd });
      const across = alongDim([layout.rows, layout.n], 0);
      return [
        [inputs, { layout, views, outputs: { y: dx } }],
        [parameters, { layout: across, views, outputs: { dweight, dbias } }],
      ];
    },
  ),
);
