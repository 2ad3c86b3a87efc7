// torch.linalg, in our spelling: what stands here is exported as `linalg`.
export * from "./norms.ts";
