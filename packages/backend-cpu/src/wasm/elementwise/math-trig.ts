// sin, cos, tan and their inverses, sinh and cosh, of four floats at once. Coefficients are minimax fits (relative
// error below 2⁻²⁵ of the result) made for these intervals in double precision and rounded to float32.
//
// An angle is reduced in double precision: x − n·π/2 with π/2 in two parts, the first of 33 bits, so that
// n·π/2 is exact for |n| < 2²⁰. What remains is a float again. From |x| = 2²⁰ on, lane by lane: the bits of
// 2/π that x multiplies into the range of one turn, times its 24 bits, in integers (Payne and Hanek 1983).
//
// Largest errors found against float64, over all floats' magnitudes, in units of the last place: sin 1.5, cos 1.6,
// tan 2.2, asin 2.2, acos 1.1, atan 2, atan2 1.9, sinh 1.3, cosh 1.3. test/math.test.ts holds them to it.
import {
  type Code,
  countdown,
  type Expr,
  f32,
  f32x4,
  f64,
  f64x2,
  type IntLocal,
  i32,
  i32x4,
  i64,
  type Local,
  v128,
  when,
} from "../assembler/assembler.ts";
import { integers, splat, type VectorMath } from "./math.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;
type L = Expr<"i64">;

const { add, sub, mul, div } = f32x4;

const SIN = [-0.16666655, 0.00833216, -0.00019515217];
const COS = [0.041666646, -0.0013887315, 2.443308e-5];
const TAN = [
  0.3333335, 0.13332662, 0.054060034, 0.02128156, 0.010837475, 8.737949e-5, 0.0043773628,
];
const ASIN = [0.16666754, 0.07495233, 0.04547834, 0.024140999, 0.042230532];
const ATAN = [-0.33333316, 0.19998488, -0.14243826, 0.10595826, -0.06082986];
const SINH = [0.16666667, 0.00833335, 0.0001983616, 2.8169514e-6];

const doubles = (x: number): V => v128.constF64([x, x]);
const highPair = (x: V): V => f64x2.promoteLowF32x4(f32x4.shuffle(x, x, [2, 3, 2, 3]));

const TWO_OVER_PI = 2 / Math.PI;
const HALF_PI_HIGH = 1.5707963267341256;
const HALF_PI_LOW = 6.077100506506192e-11;
/** Adding it leaves the nearest integer in the low word. */
const MAGIC = 1.5 * 2 ** 52;
/** From here on n·HALF_PI_HIGH is no longer exact. */
const HUGE = 2 ** 20;
/** A word of zeros and the first bits of 2/π behind the point. */
const TWO_OVER_PI_BITS = [
  0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab,
] as const;

/** x = n·π/2 + r, |r| ≤ π/4: r and n (modulo 4 at least) to `use`. r is NaN where x is not finite. */
function reduceAngle(m: VectorMath, x: V, use: (r: V, n: V) => V): V {
  const [d0, d1, t0, t1] = m.scope.locals("v128", 4) as [Lane, Lane, Lane, Lane];
  const [r, n] = m.scope.locals("v128", 2) as [Lane, Lane];
  const turns = (d: Lane): V => f64x2.add(f64x2.mul(d, doubles(TWO_OVER_PI)), doubles(MAGIC));
  const rest = (d: Lane, t: Lane): Code => [
    t.set(f64x2.sub(t, doubles(MAGIC))),
    d.set(
      f64x2.sub(
        f64x2.sub(d, f64x2.mul(t, doubles(HALF_PI_HIGH))),
        f64x2.mul(t, doubles(HALF_PI_LOW)),
      ),
    ),
  ];
  const before: Code = [
    d0.set(f64x2.promoteLowF32x4(x)),
    d1.set(highPair(x)),
    t0.set(turns(d0)),
    t1.set(turns(d1)),
    n.set(f32x4.shuffle(t0, t1, [0, 2, 4, 6])),
    rest(d0, t0),
    rest(d1, t1),
    r.set(f32x4.shuffle(f32x4.demoteF64x2Zero(d0), f32x4.demoteF64x2Zero(d1), [0, 1, 4, 5])),
    when(i32.eqz(i32x4.allTrue(f32x4.lt(f32x4.abs(x), splat(HUGE)))), hugeAngles(m, x, r, n)),
  ];
  return [before, use(r, n)];
}

/** The same for the lanes of x that are huge, one after the other: r, n and x go round once. */
function hugeAngles(m: VectorMath, x: V, r: Lane, n: Lane): Code {
  const { scope } = m;
  const [bits, exponent, at, lane] = scope.locals("i32", 4);
  const words = scope.locals("i64", 4);
  const [low, middle, mantissa] = scope.locals("i64", 3);
  const xs = scope.local("v128");
  const angle = scope.local("f64");
  if (!bits || !exponent || !at || !lane || !low || !middle || !mantissa) return [];
  const [w0, w1, w2, w3] = words;
  if (!w0 || !w1 || !w2 || !w3) return [];
  const long = (w: number): L => i64.extendI32U(i32.const(w | 0));
  const round = (v: Lane): Code => v.set(f32x4.shuffle(v, v, [1, 2, 3, 0]));
  /** 32 bits of 2/π from bit `at` of word a on. */
  const window = (a: L, b: L): L => {
    const both = i64.or(i64.shl(a, i64.const(32)), b);
    return i64.shrU(i64.shl(both, i64.extendI32U(i32.and(at, 31))), i64.const(32));
  };
  const lowWord = (a: L): L => i64.extendI32U(i32.wrapI64(a));
  const one: Code = [
    mantissa.set(i64.extendI32U(i32.or(i32.and(bits, 0x7fffff), 0x800000))),
    // x = mantissa · 2^(exponent − 150): bits of 2/π worth 4 or more in the product are whole turns.
    at.set(i32.sub(exponent, 150 + 2 - 32)),
    [0, 1, 2, 3, 4].map((word) =>
      when(
        i32.eq(i32.shrU(at, 5), word),
        words.map((w, k) => w.set(long(TWO_OVER_PI_BITS[word + k] ?? 0))),
      ),
    ),
    low.set(i64.mul(mantissa, window(w2, w3))),
    middle.set(i64.add(i64.mul(mantissa, window(w1, w2)), i64.shrU(low, i64.const(32)))),
    // Turns in 64 bits, 62 of them behind the point; low is then what they leave beside a whole n.
    low.set(
      i64.or(
        i64.shl(
          i64.add(i64.mul(mantissa, window(w0, w1)), i64.shrU(middle, i64.const(32))),
          i64.const(32),
        ),
        lowWord(middle),
      ),
    ),
    exponent.set(
      i32.wrapI64(i64.shrU(i64.add(low, i64.shl(i64.const(1), i64.const(61))), i64.const(62))),
    ),
    low.set(i64.sub(low, i64.shl(i64.extendI32U(exponent), i64.const(62)))),
    angle.set(f64.mul(f64.convertI64S(low), f64.const(2 ** -62 * (Math.PI / 2)))),
    when(i32.ltS(bits, 0), [
      exponent.set(i32.sub(0, exponent)),
      angle.set(f64.mul(angle, f64.const(-1))),
    ]),
    r.set(f32x4.replaceLane(r, 0, f32.demoteF64(angle))),
    n.set(i32x4.replaceLane(n, 0, exponent)),
  ];
  return [
    xs.set(x),
    lane.set(4),
    countdown(lane as IntLocal, [
      bits.set(i32x4.extractLane(xs, 0)),
      exponent.set(i32.and(i32.shrU(bits, 23), 255)),
      when(i32.geU(exponent, 127 + 20), [
        when(i32.eq(exponent, 255), r.set(i32x4.replaceLane(r, 0, i32.const(0x7fc00000))), one),
      ]),
      [xs, r, n].map(round),
    ]),
  ];
}

/** sin r for even n, cos r for odd n, negative for n mod 4 = 2 and 3. */
function sine(m: VectorMath, r: V, n: V): V {
  const { let1, fma, polynomial } = m;
  return let1(mul(r, r), (z) =>
    let1(m.withSign(fma(mul(r, z), polynomial(SIN, z), r), r), (sinR) =>
      let1(fma(mul(z, z), polynomial(COS, z), fma(z, splat(-0.5), splat(1))), (cosR) =>
        v128.xor(
          v128.bitselect(cosR, sinR, i32x4.eq(v128.and(n, integers(1)), integers(1))),
          i32x4.shl(v128.and(n, integers(2)), 30),
        ),
      ),
    ),
  );
}

export const sin = (m: VectorMath, x: V): V => reduceAngle(m, x, (r, n) => sine(m, r, n));
export const cos = (m: VectorMath, x: V): V =>
  reduceAngle(m, x, (r, n) => m.let1(i32x4.add(n, integers(1)), (next) => sine(m, r, next)));

/** tan r, or −1 / tan r for odd n. */
export const tan = (m: VectorMath, x: V): V =>
  reduceAngle(m, x, (r, n) =>
    m.let1(mul(r, r), (z) =>
      m.let1(m.withSign(m.fma(mul(r, z), m.polynomial(TAN, z), r), r), (t) =>
        v128.bitselect(div(splat(-1), t), t, i32x4.eq(v128.and(n, integers(1)), integers(1))),
      ),
    ),
  );

// π/2 and π as a float and what is missing.
const HALF_PI = Math.fround(Math.PI / 2);
const HALF_PI_REST = Math.PI / 2 - HALF_PI;

/** asin s for |s| ≤ ½ (z = s²). */
const asinSmall = (m: VectorMath, s: V, z: V): V => m.fma(mul(s, z), m.polynomial(ASIN, z), s);

/** asin x = π/2 − 2·asin √((1 − x)/2) beyond ½. */
export const asin = (m: VectorMath, x: V): V =>
  m.let1(f32x4.abs(x), (a) =>
    m.let1(f32x4.gt(a, splat(0.5)), (large) =>
      m.let1(v128.bitselect(mul(sub(splat(1), a), splat(0.5)), mul(a, a), large), (z) =>
        m.let1(v128.bitselect(f32x4.sqrt(z), a, large), (s) =>
          m.let1(asinSmall(m, s, z), (y) =>
            m.copySign(
              v128.bitselect(sub(splat(HALF_PI), sub(add(y, y), splat(HALF_PI_REST))), y, large),
              x,
            ),
          ),
        ),
      ),
    ),
  );

/** 2·asin √((1 − |x|)/2) beyond ½, π less that below −½, else π/2 − asin x. */
export const acos = (m: VectorMath, x: V): V =>
  m.let1(f32x4.abs(x), (a) =>
    m.let1(f32x4.gt(a, splat(0.5)), (large) =>
      m.let1(v128.bitselect(mul(sub(splat(1), a), splat(0.5)), mul(x, x), large), (z) =>
        m.let1(v128.bitselect(f32x4.sqrt(z), x, large), (s) =>
          m.let1(asinSmall(m, s, z), (y) =>
            m.let1(add(y, y), (twice) =>
              v128.bitselect(
                v128.bitselect(
                  sub(splat(2 * HALF_PI), sub(twice, splat(2 * HALF_PI_REST))),
                  twice,
                  f32x4.lt(x, splat(0)),
                ),
                sub(splat(HALF_PI), sub(y, splat(HALF_PI_REST))),
                large,
              ),
            ),
          ),
        ),
      ),
    ),
  );

/**
 * atan(p / q) for p, q ≥ 0, in [0, π/2]: the smaller over the larger, and beyond tan(π/8) π/4 plus the
 * arctangent of (p − q) / (p + q).
 */
const atanOfRatio = (m: VectorMath, p: V, q: V): V =>
  m.let1(f32x4.gt(p, q), (steep) =>
    m.let1(v128.bitselect(q, p, steep), (less) =>
      m.let1(v128.bitselect(p, q, steep), (more) =>
        m.let1(f32x4.gt(less, mul(more, splat(Math.SQRT2 - 1))), (half) =>
          m.let1(
            div(
              v128.bitselect(sub(less, more), less, half),
              v128.bitselect(add(less, more), more, half),
            ),
            (t) =>
              m.let1(mul(t, t), (z) =>
                m.let1(m.fma(mul(t, z), m.polynomial(ATAN, z), t), (y) =>
                  m.let1(
                    v128.bitselect(
                      add(splat(HALF_PI / 2), add(y, splat(HALF_PI_REST / 2))),
                      y,
                      half,
                    ),
                    (angle) =>
                      v128.bitselect(
                        sub(splat(HALF_PI), sub(angle, splat(HALF_PI_REST))),
                        angle,
                        steep,
                      ),
                  ),
                ),
              ),
          ),
        ),
      ),
    ),
  );

export const atan = (m: VectorMath, x: V): V =>
  m.let1(f32x4.abs(x), (a) =>
    m.let1(f32x4.pmin(a, splat(1e30)), (finite) =>
      m.let1(splat(1), (one) => m.copySign(atanOfRatio(m, finite, one), x)),
    ),
  );

/** The angle of the point (x, y), in [−π, π]; signs of zeros count, infinities are directions. */
export function atan2(m: VectorMath, y: V, x: V): V {
  const { let1 } = m;
  const infinite = (v: V): V => f32x4.eq(f32x4.abs(v), splat(Infinity));
  const choose = v128.bitselect;
  return let1(v128.and(infinite(y), infinite(x)), (diagonal) =>
    let1(f32x4.pmax(f32x4.abs(x), f32x4.abs(y)), (size) =>
      // So that neither the sum overflows nor both are subnormal.
      let1(
        choose(
          splat(2 ** 60),
          choose(splat(0.25), splat(1), f32x4.gt(size, splat(2 ** 100))),
          f32x4.lt(size, splat(2 ** -60)),
        ),
        (scale) =>
          let1(choose(splat(1), mul(f32x4.abs(y), scale), diagonal), (p) =>
            let1(choose(splat(1), mul(f32x4.abs(x), scale), diagonal), (right) =>
              let1(choose(splat(1), right, f32x4.eq(add(p, right), splat(0))), (q) =>
                let1(atanOfRatio(m, p, q), (angle) =>
                  let1(sub(splat(2 * HALF_PI), sub(angle, splat(2 * HALF_PI_REST))), (left) =>
                    let1(choose(left, angle, i32x4.ltS(x, v128.zero())), (turned) =>
                      v128.or(m.copySign(turned, y), v128.or(f32x4.ne(x, x), f32x4.ne(y, y))),
                    ),
                  ),
                ),
              ),
            ),
          ),
      ),
    ),
  );
}

/** 2ⁿ⁻¹·(1 + g) to `use`, where eᵃ = 2ⁿ·(1 + g): eᵃ/2 does not overflow before sinh and cosh do. */
const halfExp = (m: VectorMath, a: V, use: (half: V) => V): V =>
  m.let1(m.clamp(a, 0, 90), (c) =>
    m.split(c, (n, grown) =>
      m.let1(add(grown, splat(1)), (mantissa) =>
        m.let1(i32x4.sub(n, integers(1)), (less) =>
          m.let1(i32x4.shrS(less, 1), (part) =>
            m.let1(mul(mul(mantissa, m.power2(part)), m.power2(i32x4.sub(less, part))), use),
          ),
        ),
      ),
    ),
  );

/** (eˣ − e⁻ˣ) / 2, below 1 as an odd polynomial. */
export const sinh = (m: VectorMath, x: V): V =>
  m.let1(f32x4.abs(x), (a) =>
    m.let1(mul(x, x), (z) =>
      halfExp(m, a, (half) =>
        m.let1(m.copySign(sub(half, div(splat(0.25), half)), x), (far) =>
          m.let1(m.withSign(m.fma(mul(x, z), m.polynomial(SINH, z), x), x), (near) =>
            v128.or(v128.bitselect(near, far, f32x4.lt(a, splat(1))), f32x4.ne(x, x)),
          ),
        ),
      ),
    ),
  );

/** (eˣ + e⁻ˣ) / 2 */
export const cosh = (m: VectorMath, x: V): V =>
  m.let1(f32x4.abs(x), (a) =>
    halfExp(m, a, (half) => v128.or(add(half, div(splat(0.25), half)), f32x4.ne(x, x))),
  );
