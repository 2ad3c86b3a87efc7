// Which generated kernel fills which slot of the backend contract. A kernel returns undefined for what is
// not its case (another dtype): the reference loop behind it takes over.
import type { Kernels, View } from "@tapegrad/core";
import type { WasmContext } from "./wasm/context.ts";
import { conv, convInputGrad, convWeightGrad } from "./wasm/conv/conv.ts";
import { copyKernels } from "./wasm/copy/copy.ts";
import { gatherKernels } from "./wasm/copy/gather.ts";
import { elementwiseKernels } from "./wasm/elementwise/elementwise.ts";
import { matmul, matmulBias } from "./wasm/gemm/gemm.ts";
import { normKernels } from "./wasm/norm/layer-norm.ts";
import { optimKernels } from "./wasm/optim/optim.ts";
import { poolKernels } from "./wasm/pool/pool.ts";
import { randomKernels } from "./wasm/random/random.ts";
import { recurrentKernels } from "./wasm/recurrent/recurrent.ts";
import { reduceKernels } from "./wasm/reduce/reduce.ts";
import { crossEntropyKernels } from "./wasm/softmax/cross-entropy.ts";
import { softmaxKernels } from "./wasm/softmax/softmax.ts";

const single = (...views: readonly (View | undefined)[]): boolean =>
  views.every((v) => v === undefined || v.dtype === "float32");

export function fastKernels(ctx: WasmContext): Partial<Kernels> {
  return {
    ...copyKernels(ctx),
    ...elementwiseKernels(ctx),
    ...reduceKernels(ctx),
    ...softmaxKernels(ctx),
    ...crossEntropyKernels(ctx),
    ...gatherKernels(ctx),
    ...normKernels(ctx),
    ...optimKernels(ctx),
    ...randomKernels(ctx),
    ...poolKernels(ctx),
    ...recurrentKernels(ctx),
    matmul: (a, b, y) => (single(a, b, y) ? matmul(ctx, a, b, y) : undefined),
    matmulBias: (a, b, bias, y, activation) =>
      single(a, b, bias, y) ? matmulBias(ctx, a, b, bias, y, activation) : undefined,
    conv: (x, w, bias, y, g, activation) =>
      single(x, w, bias, y) ? conv(ctx, x, w, bias, y, g, activation) : undefined,
    convInputGrad: (g, w, dx, geometry) =>
      single(g, w, dx) ? convInputGrad(ctx, g, w, dx, geometry) : undefined,
    convWeightGrad: (g, x, dw, geometry) =>
      single(g, x, dw) ? convWeightGrad(ctx, g, x, dw, geometry) : undefined,
  };
}
