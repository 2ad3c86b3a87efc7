// torch.linalg, in our spelling. out-forms.ts says which of them take `out`.
export { type CholeskyOptions, cholesky } from "./cholesky.ts";
export { det, type SignAndLog, slogdet } from "./det.ts";
export { type EighOptions, eigh, eigvalsh } from "./eigh.ts";
export * from "./ex.ts";
export { matrixExp } from "./exp.ts";
export { householderProduct } from "./householder.ts";
export { type LdlOptions, ldlFactor, ldlSolve } from "./ldl.ts";
export * from "./lstsq.ts";
export { type LuSolveOptions, lu, luFactor, luSolve } from "./lu.ts";
export * from "./norms.ts";
export * from "./powers.ts";
export * from "./qr.ts";
export {
  inv,
  type SolveOptions,
  type SolveTriangularOptions,
  solve,
  solveTriangular,
} from "./solve.ts";
export * from "./svd.ts";
export * from "./tensor-equations.ts";
