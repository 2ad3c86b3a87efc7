// Why names of PyTorch's are not there, for docs/conformance.md: a name that is missing and stands here without a
// reason fails `npm run conformance`.

/** Reason to names, separated by spaces. */
const REASONS: Readonly<Record<string, string>> = {
  "entry points below layers and functions that are there": `affineGridGenerator embeddingRenorm_ featureDropout
    featureDropout_ gru gruCell lstm lstmCell rnnRelu rnnReluCell rnnTanh rnnTanhCell multiHeadAttentionForward
    scalarTensor`,
  "strides are not part of the contract; view, unfoldDim, diagonal and index say what a view shows": `asStrided
    asStrided_ asStridedScatter emptyPermuted emptyStrided newEmptyStrided`,
  "a handle keeps its shape and its place in the graph; the form without _ gives another": `squeeze_ unsqueeze_ t_
    transpose_ detach_`,
  "about complex or sparse tensors": "polar resolveNeg saddmm sspaddmm indices values",
  "eigenvalues of a matrix that is not symmetric are complex, and there is no complex dtype; eigh is there":
    "eig eigvals",
  "older names of what linalg has": "lu luSolve qr svd triangularSolve solve",
  "approximate decompositions of large matrices; svd and eigh are exact":
    "svdLowrank pcaLowrank lobpcg",
  "a property here, since it costs nothing: x.contiguous; toContiguous() copies": "contiguous",
  "if and for are JavaScript's": "cond",
  "histogram and bincount count along one axis": "histogramdd",
  "dtypes have resultType and promoteTypes": "canCast",
  "LocalResponseNorm, but the first channel is in every sum, and PyTorch's gradient is not that of its values":
    "CrossMapLRN2d",
  "the function buffer()": "Buffer",
  "deprecated in PyTorch itself, for linalg.multiDot and interpolate":
    "chainMatmul upsample upsampleBilinear upsampleNearest",
  "orthogonalises by products rounded to bfloat16: its steps are not to be had to the digit":
    "Muon",
};

const byName = new Map(
  Object.entries(REASONS).flatMap(([reason, names]) =>
    names.split(/\s+/).map((name) => [name, reason] as const),
  ),
);

/** The missing names by reason; those without one under "". */
export function reasonsFor(missing: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const name of missing) {
    const reason = byName.get(name) ?? "";
    groups.set(reason, [...(groups.get(reason) ?? []), name]);
  }
  return groups;
}
