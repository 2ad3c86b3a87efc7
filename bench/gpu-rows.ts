// The rows of the GPU's benchmark: what each is about. Apart from gpu.ts, so that listing them loads no kernel and asks
// for no adapter.

export const GPU_ROWS = {
  "depthwise forward": "depthwise 3×3 of 8×256×32×32 against a kernel hand-specialised for it",
  "depthwise backward": "its two gradients, likewise",
  "matmul 512": "the product of two 512×512 matrices, likewise",
  step: "dispatches a submit in a training step of separable",
  record: "JavaScript for an op of 8 elements",
} as const;

export type GpuRowName = keyof typeof GPU_ROWS;
export const GPU_ROW_NAMES = Object.keys(GPU_ROWS) as readonly GpuRowName[];
