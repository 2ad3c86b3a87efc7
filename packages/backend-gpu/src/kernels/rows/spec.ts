// Kernels over rows: some sums (or maxima) of each row, then a number for each row, or for each of its elements. Softmax,
// the norms and cross-entropy are such kernels. A spec writes their formulas once; wgsl-rows.ts and gpujs-rows.ts
// compile it.
import { sizeOf, type View } from "@tapegrad/core";
import { isFresh } from "../../layout.ts";

/** Which elements make up a row, of a dense array. */
export type Layout =
  /** Along a dim: element j of row r is at (r / inner · n + j) · inner + r % inner. */
  | { readonly kind: "dim"; readonly n: number; readonly inner: number; readonly rows: number }
  /** A channel of [N, C, …]: element j of row c is at (j / plane · C + c) · plane + j % plane. */
  | {
      readonly kind: "channel";
      readonly n: number;
      readonly plane: number;
      readonly rows: number;
    };

export function alongDim(shape: readonly number[], dim: number): Layout {
  const n = shape[dim] ?? 1;
  const inner = sizeOf(shape.slice(dim + 1));
  return { kind: "dim", n, inner, rows: sizeOf(shape.slice(0, dim)) * inner };
}

export function byChannel(shape: readonly number[]): Layout {
  const rows = shape[1] as number;
  const plane = sizeOf(shape.slice(2));
  return { kind: "channel", n: (shape[0] as number) * plane, plane, rows };
}

/** The layout's own parameters: `n` and this one. */
export const stepOf = (l: Layout): number => (l.kind === "dim" ? l.inner : l.plane);

/**
 * Formulas know the elements, the numbers of the row, earlier reductions and definitions by name; `j` is the element's
 * number as a float, `count` the length of the row. Functions: exp, log, sqrt, and those of FUNCTIONS.
 */
export interface RowSpec {
  /** Says which formulas; part of the programs' keys. */
  readonly key: string;
  /** Arrays with an element for each element of each row. */
  readonly elements: readonly string[];
  /** Arrays with one for each row, and for each j. */
  readonly perRow?: readonly string[];
  readonly perElement?: readonly string[];
  /** Numbers of the call. */
  readonly numbers?: readonly string[];
  /** In order: a later one may use the earlier ones, and the definitions between. */
  readonly reductions: readonly Reduction[];
  /** What is written for each row, and for each element, as [output, formula]. */
  readonly rowResults?: readonly (readonly [string, string])[];
  readonly result?: string;
}

export interface Reduction {
  readonly name: string;
  readonly op: "sum" | "max";
  readonly of: string;
  /** Numbers made of what is known then, once per row: [name, formula]. */
  readonly defines?: readonly (readonly [string, string])[];
}

/** Functions of numbers that formulas may call, in both languages. */
export const FUNCTIONS: Readonly<Record<string, { readonly js: string; readonly wgsl: string }>> = {
  // v where j is the target
  pick: {
    js: "function pick(j, target, v) { if (j === target) { return v; } return 0.0; }",
    wgsl: "fn pick(j : f32, target_at : f32, v : f32) -> f32 { return select(0.0, v, j == target_at); }",
  },
  // v unless the target is to be ignored
  counted: {
    js: "function counted(target, ignored, v) { if (target === ignored) { return 0.0; } return v; }",
    wgsl: "fn counted(target_at : f32, ignored : f32, v : f32) -> f32 { return select(v, 0.0, target_at == ignored); }",
  },
  // Comparisons with NaN are false, so that it comes through.
  relu: {
    js: "function relu(v) { if (v < 0.0) { return 0.0; } return v; }",
    wgsl: "", // math-wgsl.ts has it
  },
  relu6: {
    js: "function relu6(v) { if (v < 0.0) { return 0.0; } if (v > 6.0) { return 6.0; } return v; }",
    wgsl: "",
  },
  // g where the activation of z has a slope
  reluGate: {
    js: "function reluGate(z, g) { if (z <= 0.0) { return 0.0; } return g; }",
    wgsl: "fn reluGate(z : f32, g : f32) -> f32 { return select(g, 0.0, z <= 0.0); }",
  },
  relu6Gate: {
    js: "function relu6Gate(z, g) { if (z <= 0.0) { return 0.0; } if (z >= 6.0) { return 0.0; } return g; }",
    wgsl: "fn relu6Gate(z : f32, g : f32) -> f32 { return select(g, 0.0, z <= 0.0 || z >= 6.0); }",
  },
};

/** What a call hands over: views by name (dense), numbers by name, outputs by name; `y` is the result. */
export interface RowCall {
  readonly layout: Layout;
  readonly views: Readonly<Record<string, View>>;
  readonly numbers?: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, View | undefined>>;
}

/** Every word in the formulas of a spec, or in some of them. */
export const wordsOf = (...formulas: readonly string[]): Set<string> =>
  new Set(formulas.flatMap((f) => [...f.matchAll(/\b[A-Za-z_]\w*/g)].map(([word]) => word)));

/** Float inputs, and outputs of their own. */
export const takesRows = (
  inputs: readonly (View | undefined)[],
  outputs: readonly (View | undefined)[],
): boolean =>
  inputs.every((v) => v === undefined || v.dtype === "float32") &&
  outputs.every((v) => v === undefined || (v.dtype === "float32" && isFresh(v)));
