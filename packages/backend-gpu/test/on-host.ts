// What the tests in Node and in Chromium know of ops that do not run on a GPU.

/** Decompositions of small matrices are made on the CPU: they ask for a tensor there, and say so. */
export const ON_HOST: ReadonlySet<string> = new Set([
  ...["cholesky", "det", "eigh", "geqrf", "ldlFactor", "ldlSolve", "luFactor", "qr", "slogdet"],
  ...["solve", "solveTriangular", "svd"],
]);
