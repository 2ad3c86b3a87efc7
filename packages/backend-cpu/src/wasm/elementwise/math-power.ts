// pow, fmod and remainder of four floats at once, in double precision inside: two lanes at a time.
//
// pow: 2^(b·log₂|a|). With |a| = 2ᵉ·m, √½ ≤ m < √2, and s = (m − 1)/(m + 1): log₂ m = s·P(s²), P a minimax fit
// (relative error 4·10⁻¹²). The power of two is a float's, so the result is within about 1 unit of the last place.
//
// fmod: a − q·b with q = trunc(a / b) is exact in doubles as long as q has at most 28 bits. Where it has more,
// its upper 28 bits are subtracted first, as often as it takes: each round is exact and takes 27 bits off a.
import {
  type Code,
  doWhile,
  type Expr,
  f32x4,
  f64x2,
  i32,
  i32x4,
  i64x2,
  type Local,
  v128,
  when,
} from "../assembler/assembler.ts";
import { integers, splat, type VectorMath } from "./math.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;

const LOG2 = [
  2.885390081790203, 0.9617966732000831, 0.5770836115625544, 0.41167113585375575,
  0.3407593320632645,
];
const doubles = (x: number): V => v128.constF64([x, x]);
const highPair = (x: V): V => f64x2.promoteLowF32x4(f32x4.shuffle(x, x, [2, 3, 2, 3]));
const toFloats = (low: V, high: V): V =>
  f32x4.shuffle(f32x4.demoteF64x2Zero(low), f32x4.demoteF64x2Zero(high), [0, 1, 4, 5]);
const MAGIC = 1.5 * 2 ** 52;
/** √½ as the bits of a double's upper word. */
const ROOT_HALF = 0x3fe6a09e;

/** b·log₂ a of two doubles a > 0, in t. */
function log2Times(m: VectorMath, a: V, b: V, t: Lane): Code {
  const [bits, e, s, z] = m.scope.locals("v128", 4) as [Lane, Lane, Lane, Lane];
  const fma = m.relaxed
    ? f64x2.relaxedMadd
    : (p: V, q: V, r: V): V => f64x2.add(f64x2.mul(p, q), r);
  const upper = v128.constI32([0, -1, 0, -1]);
  const series = LOG2.reduceRight<V | undefined>(
    (sum, c) => (sum === undefined ? doubles(c) : fma(sum, z, doubles(c))),
    undefined,
  ) as V;
  return [
    bits.set(a),
    // The exponent counts from √½ on; it is in the upper words.
    e.set(v128.and(i32x4.shrS(i32x4.sub(bits, integers(ROOT_HALF)), 20), upper)),
    bits.set(i64x2.sub(bits, i32x4.shl(e, 20))),
    e.set(f64x2.convertLowI32x4S(f32x4.shuffle(e, e, [1, 3, 1, 3]))),
    s.set(f64x2.div(f64x2.sub(bits, doubles(1)), f64x2.add(bits, doubles(1)))),
    z.set(f64x2.mul(s, s)),
    t.set(f64x2.mul(b, fma(s, series, e))),
  ];
}

/** aᵇ as IEEE 754's pow. */
export function pow(m: VectorMath, a: V, b: V): V {
  const { let1 } = m;
  const [t0, t1, n, f, y] = m.scope.locals("v128", 5) as [Lane, Lane, Lane, Lane, Lane];
  const [size, odd, zero] = m.scope.locals("v128", 3) as [Lane, Lane, Lane];
  const limit = (t: Lane): Code => t.set(f64x2.pmax(f64x2.pmin(t, doubles(200)), doubles(-200)));
  const whole = (t: V): V => f64x2.add(t, doubles(MAGIC));
  const rest = (t: Lane): V => f64x2.sub(t, f64x2.sub(whole(t), doubles(MAGIC)));
  const power = let1(f32x4.mul(f, splat(Math.LN2)), (r) =>
    let1(m.expm1Small(r), (grown) =>
      let1(i32x4.shrS(n, 1), (half) =>
        f32x4.mul(
          f32x4.mul(f32x4.add(grown, splat(1)), m.power2(half)),
          m.power2(i32x4.sub(n, half)),
        ),
      ),
    ),
  );
  const one = splat(1);
  const isInfinite = (x: V): V => f32x4.eq(f32x4.abs(x), splat(Infinity));
  /** Negative, zero, infinite and NaN arguments. */
  const special: Code = [
    // 0 and ∞ to a power, and numbers to ±∞, vanish or grow without bounds.
    zero.set(f32x4.eq(size, splat(0))),
    y.set(
      v128.bitselect(
        v128.bitselect(splat(0), splat(Infinity), v128.xor(zero, f32x4.lt(b, splat(0)))),
        y,
        v128.or(zero, isInfinite(a)),
      ),
    ),
    y.set(
      v128.bitselect(
        v128.bitselect(
          splat(Infinity),
          v128.bitselect(one, splat(0), f32x4.eq(size, one)),
          v128.andnot(
            v128.not(v128.xor(f32x4.gt(size, one), f32x4.gt(b, splat(0)))),
            f32x4.eq(size, one),
          ),
        ),
        y,
        isInfinite(b),
      ),
    ),
    // Below 0: the sign of odd powers, NaN for fractions.
    odd.set(
      v128.and(
        v128.and(f32x4.eq(f32x4.trunc(b), b), f32x4.lt(f32x4.abs(b), splat(2 ** 24))),
        i32x4.eq(v128.and(i32x4.truncSatF32x4S(b), integers(1)), integers(1)),
      ),
    ),
    y.set(v128.xor(y, v128.and(v128.and(odd, a), integers(-0x80000000)))),
    y.set(
      v128.or(
        y,
        v128.andnot(
          v128.and(f32x4.lt(a, splat(0)), f32x4.ne(f32x4.trunc(b), b)),
          v128.or(isInfinite(a), v128.or(isInfinite(b), zero)),
        ),
      ),
    ),
    y.set(v128.or(y, v128.or(f32x4.ne(a, a), f32x4.ne(b, b)))),
    y.set(v128.bitselect(one, y, v128.or(f32x4.eq(b, splat(0)), f32x4.eq(a, one)))),
  ];
  const ordinary = v128.and(
    v128.and(f32x4.gt(a, splat(0)), f32x4.lt(a, splat(Infinity))),
    f32x4.lt(f32x4.abs(b), splat(Infinity)),
  );
  const before: Code = [
    size.set(f32x4.abs(a)),
    log2Times(m, f64x2.promoteLowF32x4(size), f64x2.promoteLowF32x4(b), t0),
    log2Times(m, highPair(size), highPair(b), t1),
    [t0, t1].map(limit),
    n.set(f32x4.shuffle(whole(t0), whole(t1), [0, 2, 4, 6])),
    f.set(toFloats(rest(t0), rest(t1))),
    y.set(power),
    when(i32.eqz(i32x4.allTrue(ordinary)), special),
  ];
  return [before, y];
}

/** a − trunc(a / b)·b of two doubles that are floats, exactly; NaN for an infinite a and for b = 0. */
function fmodPair(m: VectorMath, a: V, b: V, r: Lane): Code {
  const [q, d] = m.scope.locals("v128", 2) as [Lane, Lane];
  const upper28 = v128.constI32([-0x2000000, -1, -0x2000000, -1]);
  const many = (x: V): V => f64x2.gt(f64x2.abs(x), doubles(2 ** 28));
  const quotient: Code = q.set(f64x2.div(r, d));
  // Infinite quotients are not worth a round: they give NaN at once.
  const large = v128.and(many(q), f64x2.lt(f64x2.abs(q), doubles(Infinity)));
  return [
    r.set(a),
    d.set(b),
    quotient,
    when(
      v128.anyTrue(large),
      doWhile(
        [r.set(f64x2.sub(r, f64x2.mul(v128.and(v128.and(q, upper28), large), d))), quotient],
        v128.anyTrue(large),
      ),
    ),
    r.set(f64x2.sub(r, f64x2.mul(f64x2.trunc(q), d))),
    // The quotient may have been rounded up to a whole number: then r has the other sign.
    r.set(
      v128.bitselect(
        f64x2.add(r, v128.or(f64x2.abs(d), v128.and(a, doubles(-0)))),
        r,
        v128.and(f64x2.ne(r, doubles(0)), signsDiffer(r, a)),
      ),
    ),
  ];
}
/** Of doubles, as a mask. */
const signsDiffer = (p: V, q: V): V => v128.xor(f64x2.lt(p, doubles(0)), f64x2.lt(q, doubles(0)));

/** The rest of a / b with the sign of a, exactly. */
export function fmod(m: VectorMath, a: V, b: V): V {
  const [r0, r1] = m.scope.locals("v128", 2) as [Lane, Lane];
  const before: Code = [
    fmodPair(m, f64x2.promoteLowF32x4(a), f64x2.promoteLowF32x4(b), r0),
    fmodPair(m, highPair(a), highPair(b), r1),
  ];
  const finite = (x: V): V => f32x4.lt(f32x4.abs(x), splat(Infinity));
  return [
    before,
    m.let1(toFloats(r0, r1), (r) =>
      // Nothing divides by infinity: a is its own rest.
      v128.bitselect(
        a,
        m.copySign(r, a),
        v128.and(f32x4.eq(f32x4.abs(b), splat(Infinity)), finite(a)),
      ),
    ),
  ];
}

/** The rest of a / b with the sign of b, as Python's %. */
export const remainder = (m: VectorMath, a: V, b: V): V =>
  m.let1(fmod(m, a, b), (r) =>
    v128.bitselect(
      f32x4.add(r, b),
      r,
      v128.and(f32x4.ne(r, splat(0)), v128.xor(f32x4.lt(r, splat(0)), f32x4.lt(b, splat(0)))),
    ),
  );
