// The part of the list of ops that belongs to torch.nn.functional: what is made for networks, in families.
export * from "./activations/elu.ts";
export * from "./activations/gates.ts";
export * from "./activations/hardtanh.ts";
export * from "./activations/leaky-relu.ts";
export * from "./activations/prelu.ts";
export * from "./activations/smooth.ts";
export * from "./distance/distances.ts";
export * from "./loss/bce.ts";
export * from "./loss/ctc.ts";
export * from "./loss/embedding.ts";
export * from "./loss/likelihood.ts";
export * from "./loss/margin.ts";
export * from "./norm/group-norm.ts";
export { type RmsNormOptions, rmsNorm } from "./norm/rms-norm.ts";
export * from "./pool/adaptive-max-pool.ts";
export * from "./pool/lp-pool.ts";
export * from "./pool/max-unpool.ts";
