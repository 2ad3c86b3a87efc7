// torch.linalg, in our spelling, with `out` where PyTorch has it: what stands here is exported as `linalg`.
import { withOut } from "../out.ts";
import * as plain from "./index.ts";

// Names that stand below take the place of those of this list.
export * from "./index.ts";

export const cholesky = withOut("linalg.cholesky", plain.cholesky);
export const choleskyEx = withOut("linalg.choleskyEx", plain.choleskyEx);
export const cond = withOut("linalg.cond", plain.cond);
export const cross = withOut("linalg.cross", plain.cross);
export const det = withOut("linalg.det", plain.det);
export const eigh = withOut("linalg.eigh", plain.eigh);
export const eigvalsh = withOut("linalg.eigvalsh", plain.eigvalsh);
export const householderProduct = withOut("linalg.householderProduct", plain.householderProduct);
export const inv = withOut("linalg.inv", plain.inv);
export const invEx = withOut("linalg.invEx", plain.invEx);
export const ldlFactor = withOut("linalg.ldlFactor", plain.ldlFactor);
export const ldlFactorEx = withOut("linalg.ldlFactorEx", plain.ldlFactorEx);
export const ldlSolve = withOut("linalg.ldlSolve", plain.ldlSolve);
export const lu = withOut("linalg.lu", plain.lu);
export const luFactor = withOut("linalg.luFactor", plain.luFactor);
export const luFactorEx = withOut("linalg.luFactorEx", plain.luFactorEx);
export const luSolve = withOut("linalg.luSolve", plain.luSolve);
export const matrixNorm = withOut("linalg.matrixNorm", plain.matrixNorm);
export const matrixPower = withOut("linalg.matrixPower", plain.matrixPower);
export const matrixRank = withOut("linalg.matrixRank", plain.matrixRank);
export const multiDot = withOut("linalg.multiDot", plain.multiDot);
export const norm = withOut("linalg.norm", plain.norm);
export const pinv = withOut("linalg.pinv", plain.pinv);
export const qr = withOut("linalg.qr", plain.qr);
export const slogdet = withOut("linalg.slogdet", plain.slogdet);
export const solve = withOut("linalg.solve", plain.solve);
export const solveEx = withOut("linalg.solveEx", plain.solveEx);
export const solveTriangular = withOut("linalg.solveTriangular", plain.solveTriangular);
export const svd = withOut("linalg.svd", plain.svd);
export const svdvals = withOut("linalg.svdvals", plain.svdvals);
export const tensorinv = withOut("linalg.tensorinv", plain.tensorinv);
export const tensorsolve = withOut("linalg.tensorsolve", plain.tensorsolve);
export const vecdot = withOut("linalg.vecdot", plain.vecdot);
export const vectorNorm = withOut("linalg.vectorNorm", plain.vectorNorm);
