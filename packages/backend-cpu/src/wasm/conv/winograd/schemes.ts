// The one-dimensional transforms of F(2,3) and F(4,3): Y = Aᵀ[(G g) ∘ (Bᵀ d)], applied along columns and along rows
// (Winograd 1980; Lavin and Gray, arXiv:1509.09308, with their interpolation points 0, ±1, ∞ and 0, ±1, ±2, ∞).
// Each function emits its results one after the other, in order, so that the caller may store them through a
// pointer that moves on.
import {
  type Code,
  type Expr,
  f32x4,
  type Local,
  multiplyAdd,
  type Scope,
  v128,
} from "../../assembler/assembler.ts";

type Vec = Local<"v128">;
type V128 = Expr<"v128">;

/** Takes result `index`; results come in ascending order. */
export type Emit = (value: V128, index: number) => Code;

export interface Scheme {
  /** Outputs of a tile per dim, 2 or 4. */
  readonly tile: number;
  /** Inputs of a tile per dim, `tile` + 2; products per tile are its square. */
  readonly span: number;
  /** Bᵀ d for `span` inputs. */
  input(d: readonly Vec[], emit: Emit): Code;
  /** G g for three taps. */
  filter(g: readonly Vec[], emit: Emit): Code;
  /** Aᵀ m for `span` products. */
  output(m: readonly Vec[], emit: Emit): Code;
  /** A y for `tile` gradients of outputs: what they add to each product. */
  outputGrad(y: readonly Vec[], emit: Emit): Code;
  /** Gᵀ m for `span` sums of products: the gradients of the three taps. */
  filterGrad(m: readonly Vec[], emit: Emit): Code;
}

/** a · b + c and c − a · b, fused where the engine can. */
const fused = (relaxed: boolean) => ({
  add: multiplyAdd(relaxed),
  sub: relaxed
    ? f32x4.relaxedNmadd
    : (a: V128, b: V128, c: V128): V128 => f32x4.sub(c, f32x4.mul(a, b)),
});

const k = (x: number): V128 => v128.constF32([x, x, x, x]);
const { add, sub, mul } = f32x4;

/** F(2,3): four products for two outputs, 16 instead of 36 per 2 × 2 tile. */
function scheme2(f: Scope): Scheme {
  const [t, u] = f.locals("v128", 2) as [Vec, Vec];
  return {
    tile: 2,
    span: 4,
    input: (d, emit) => {
      const [d0, d1, d2, d3] = d as [Vec, Vec, Vec, Vec];
      return [
        emit(sub(d0, d2), 0),
        emit(add(d1, d2), 1),
        emit(sub(d2, d1), 2),
        emit(sub(d1, d3), 3),
      ];
    },
    filter: (g, emit) => {
      const [g0, g1, g2] = g as [Vec, Vec, Vec];
      return [
        t.set(mul(add(g0, g2), k(0.5))),
        u.set(mul(g1, k(0.5))),
        emit(g0, 0),
        emit(add(t, u), 1),
        emit(sub(t, u), 2),
        emit(g2, 3),
      ];
    },
    output: (m, emit) => {
      const [m0, m1, m2, m3] = m as [Vec, Vec, Vec, Vec];
      return [emit(add(add(m0, m1), m2), 0), emit(sub(sub(m1, m2), m3), 1)];
    },
    outputGrad: (y, emit) => {
      const [y0, y1] = y as [Vec, Vec];
      return [
        emit(y0, 0),
        emit(add(y0, y1), 1),
        emit(sub(y0, y1), 2),
        emit(sub(v128.zero(), y1), 3),
      ];
    },
    filterGrad: (m, emit) => {
      const [m0, m1, m2, m3] = m as [Vec, Vec, Vec, Vec];
      return [
        t.set(mul(add(m1, m2), k(0.5))),
        u.set(mul(sub(m1, m2), k(0.5))),
        emit(add(m0, t), 0),
        emit(u, 1),
        emit(add(t, m3), 2),
      ];
    },
  };
}

/** F(4,3): six products for four outputs, 36 instead of 144 per 4 × 4 tile. */
function scheme4(f: Scope, relaxed: boolean): Scheme {
  const fma = fused(relaxed);
  const [t, u, v, w] = f.locals("v128", 4) as [Vec, Vec, Vec, Vec];
  return {
    tile: 4,
    span: 6,
    input: (d, emit) => {
      const [d0, d1, d2, d3, d4, d5] = d as [Vec, Vec, Vec, Vec, Vec, Vec];
      return [
        emit(fma.add(k(4), d0, fma.sub(k(5), d2, d4)), 0),
        t.set(fma.sub(k(4), d2, d4)),
        u.set(fma.sub(k(4), d1, d3)),
        emit(add(t, u), 1),
        emit(sub(t, u), 2),
        t.set(sub(d4, d2)),
        u.set(sub(d3, d1)),
        emit(fma.add(k(2), u, t), 3),
        emit(fma.sub(k(2), u, t), 4),
        emit(fma.add(k(4), d1, fma.sub(k(5), d3, d5)), 5),
      ];
    },
    filter: (g, emit) => {
      const [g0, g1, g2] = g as [Vec, Vec, Vec];
      return [
        emit(mul(g0, k(1 / 4)), 0),
        t.set(mul(add(g0, g2), k(-1 / 6))),
        u.set(mul(g1, k(1 / 6))),
        emit(sub(t, u), 1),
        emit(add(t, u), 2),
        t.set(fma.add(g2, k(1 / 6), mul(g0, k(1 / 24)))),
        u.set(mul(g1, k(1 / 12))),
        emit(add(t, u), 3),
        emit(sub(t, u), 4),
        emit(g2, 5),
      ];
    },
    output: (m, emit) => {
      const [m0, m1, m2, m3, m4, m5] = m as [Vec, Vec, Vec, Vec, Vec, Vec];
      return [
        t.set(add(m1, m2)),
        u.set(sub(m1, m2)),
        v.set(add(m3, m4)),
        w.set(sub(m3, m4)),
        emit(add(add(m0, t), v), 0),
        emit(fma.add(k(2), w, u), 1),
        emit(fma.add(k(4), v, t), 2),
        emit(add(fma.add(k(8), w, u), m5), 3),
      ];
    },
    outputGrad: (y, emit) => {
      const [y0, y1, y2, y3] = y as [Vec, Vec, Vec, Vec];
      return [
        emit(y0, 0),
        t.set(add(y0, y2)),
        u.set(add(y1, y3)),
        emit(add(t, u), 1),
        emit(sub(t, u), 2),
        t.set(fma.add(k(4), y2, y0)),
        u.set(fma.add(k(8), y3, add(y1, y1))),
        emit(add(t, u), 3),
        emit(sub(t, u), 4),
        emit(y3, 5),
      ];
    },
    filterGrad: (m, emit) => {
      const [m0, m1, m2, m3, m4, m5] = m as [Vec, Vec, Vec, Vec, Vec, Vec];
      return [
        t.set(mul(add(m1, m2), k(-1 / 6))),
        u.set(mul(sub(m2, m1), k(1 / 6))),
        v.set(add(m3, m4)),
        w.set(sub(m3, m4)),
        emit(fma.add(k(1 / 24), v, fma.add(k(1 / 4), m0, t)), 0),
        emit(fma.add(k(1 / 12), w, u), 1),
        emit(add(fma.add(k(1 / 6), v, t), m5), 2),
      ];
    },
  };
}

/** The transforms for tiles of `tile` × `tile` outputs, with locals of the function that uses them. */
export const schemeOf = (tile: 2 | 4, f: Scope, relaxed: boolean): Scheme =>
  tile === 2 ? scheme2(f) : scheme4(f, relaxed);
