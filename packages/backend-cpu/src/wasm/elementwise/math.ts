// Functions of four floats at once, as code. Coefficients are Chebyshev fits made in 40 digits for these
// intervals, rounded to float32. Largest errors found against float64 (400,000 points each), in units of the
// last place: exp 1.2, expm1 1.5, log 0.8, log1p 2.3, log2 1.5, log10 1.9, sigmoid 2.5, silu 2.3, tanh 2.5, erf 1.4,
// softplus 2.7, gelu 2.5 for x ≥ −1 and 11 at −5, its tanh form 31 at −5 (where both are about 10⁻⁶).
// Arguments are locals (they are read more than once).
import {
  type Code,
  type Expr,
  f32x4,
  i32x4,
  laneSelect,
  multiplyAdd,
  type Scope,
  v128,
} from "../assembler/assembler.ts";

type V = Expr<"v128">;

const splat = (x: number): V => v128.constF32([x, x, x, x]);
const integers = (x: number): V => v128.constI32([x, x, x, x]);

const LOG2E = Math.LOG2E;
// ln 2 = HIGH + LOW, HIGH with 9 bits, so that n·HIGH is exact for every exponent n.
const LN2_HIGH = 0.693359375;
const LN2_LOW = Math.LN2 - LN2_HIGH;
/** Adding it leaves the nearest integer in the low bits. */
const MAGIC = 1.5 * 2 ** 23;
const MAGIC_BITS = 0x4b400000;

// (eʳ − 1 − r) / r² for |r| ≤ ln(2) / 2.
const EXP = [0.5, 0.16666667, 0.041666456, 0.0083333105, 0.0013934541, 0.0001989198];
// The same in a term less: 1.4e-8 of eʳ − 1 away.
const EXPM1 = [0.49999997, 0.16666546, 0.041667435, 0.0083662616, 0.0013870657];
// eʳ there, exact at 0; 3e-9 of it away, and in fewer terms 9.2e-8.
const EXP_WHOLE = [1, 1, 0.49999994, 0.16666521, 0.04166839, 0.0083687454, 0.0013814538];
const EXP_DOWN = [1, 0.9999997, 0.49999148, 0.16667639, 0.04189816, 0.008290272];
// (ln(1 + f) − f + f²/2) / f³ for 1 + f in [√½, √2].
const LOG = [
  0.3333333, -0.24999997, 0.20000716, -0.16667803, 0.14249058, -0.12425687, 0.1168542, -0.11479734,
  0.06971612,
];
// erf(x) / x − 1 as a polynomial of x², |x| ≤ 0.93.
const ERF = [0.12837915, -0.37612495, 0.11281816, -0.026766615, 0.0049931794, -0.00059908506];
/** From here on erf is 1 − erfc, and erfc eʳ. */
const ERF_FAR = 0.921875;
// ln(erfc(t)) / t for t in [0.92, 4].
const LOG_ERFC = [
  -1.1286532, -0.63513166, -0.10627016, 0.023791367, -0.0036565983, 0.0003263468, -0.000011591357,
];
// e^(t²)·erfc(t) / s for s = 1 / (1 + t/2), t ≥ 0.7.
const ERFCX = [
  0.2820855, 0.2823701, 0.24340397, 0.19982511, -0.01373149, 0.24598658, -0.44204283, 0.25088233,
  -0.04871291,
];
const GELU = Math.sqrt(2 / Math.PI);

/** The functions, written into the function of `scope`. Each returns an expression that keeps its own temporaries. */
export function vectorMath(scope: Scope, relaxed: boolean) {
  const fma = multiplyAdd(relaxed);
  const { add, sub, mul, div } = f32x4;

  /** Names a value: the code that computes it goes before the expression that uses it. */
  function let1(value: V, use: (x: V) => V): V {
    const x = scope.local("v128");
    const before: Code = x.set(value);
    return [before, use(x)];
  }

  /** c[0] + c[1]·x + …, by Horner's rule. */
  const horner = (c: readonly V[], x: V): V => c.reduceRight((sum, k) => fma(sum, x, k));
  const polynomial = (c: readonly number[], x: V): V => horner(c.map(splat), x);

  /** The sign of x on y, which has none or the same: a zero that was added may have taken it from −0. */
  const withSign = (y: V, x: V): V => v128.or(y, v128.and(x, integers(-0x80000000)));

  /** eʳ − 1 for |r| ≤ ln(2) / 2. */
  const expm1Small = (r: V): V => fma(mul(r, r), polynomial(EXP, r), r);
  /** x = n·ln 2 + r; gives the integer n and eʳ − 1 to `use`. */
  const split = (x: V, use: (n: V, grown: V) => V): V =>
    let1(fma(x, splat(LOG2E), splat(MAGIC)), (t) =>
      let1(sub(t, splat(MAGIC)), (n) =>
        let1(fma(n, splat(-LN2_LOW), fma(n, splat(-LN2_HIGH), x)), (r) =>
          let1(i32x4.sub(t, integers(MAGIC_BITS)), (whole) => use(whole, expm1Small(r))),
        ),
      ),
    );
  /** 2ⁿ for n in [−126, 127]. */
  const power2 = (n: V): V => i32x4.shl(i32x4.add(n, integers(127)), 23);
  const clamp = (x: V, low: number, high: number): V =>
    // pmin and pmax keep their first argument when it is NaN.
    f32x4.pmax(f32x4.pmin(x, splat(high)), splat(low));

  /**
   * In two factors, so that the result may be subnormal or overflow as it should. Twice the bias of their exponents is
   * part of the magic number: half of what is left of its sum is one of them, the rest the other.
   */
  const exp = (x: V): V =>
    let1(clamp(x, -104, 89), (c) =>
      let1(fma(c, splat(LOG2E), splat(MAGIC + 254)), (t) =>
        let1(sub(t, splat(MAGIC + 254)), (n) =>
          let1(fma(n, splat(-LN2_LOW), fma(n, splat(-LN2_HIGH), c)), (r) =>
            let1(i32x4.shrU(t, 1), (half) =>
              mul(
                mul(polynomial(EXP_WHOLE, r), i32x4.shl(half, 23)),
                i32x4.shl(i32x4.sub(t, half), 23),
              ),
            ),
          ),
        ),
      ),
    );

  /**
   * The bits of exp for |x| < 87, in 13 instructions for its 18: what comes out is normal, so that n may be added to
   * its exponent. x is read twice.
   */
  const expWithin = (x: V): V =>
    let1(fma(x, splat(LOG2E), splat(MAGIC)), (t) =>
      let1(sub(t, splat(MAGIC)), (n) =>
        let1(fma(n, splat(-LN2_LOW), fma(n, splat(-LN2_HIGH), x)), (r) =>
          i32x4.add(polynomial(EXP_WHOLE, r), i32x4.shl(t, 23)),
        ),
      ),
    );

  /**
   * exp for x ≤ 88, as softmax has it, in three fifths of the instructions: 0 below −87.7 (where floats are subnormal),
   * NaN for NaN. Within 2.3 units of the last place for x ≥ −16; 4.8 at −87 where multiply-adds are fused, as n·ln 2
   * comes in one piece there (x itself, a difference, is worse by then). x is read once. The bias of the exponent is
   * part of the magic number: what is left of its sum is 2ⁿ, and 0 for n = −127.
   */
  const expDown = (x: V): V => expNormal(f32x4.pmax(x, splat(-88)));
  /** n and r of eˣ = 2ⁿ·eʳ to `use`, n on top of `bias` as an integer's low bits. x is read once. */
  const octaves = (x: V, bias: number, use: (n: V, r: V) => V): V =>
    let1(x, (c) =>
      let1(fma(c, splat(LOG2E), splat(MAGIC + bias)), (t) =>
        let1(sub(t, splat(MAGIC + bias)), (n) =>
          let1(
            relaxed
              ? fma(n, splat(-Math.LN2), c)
              : fma(n, splat(-LN2_LOW), fma(n, splat(-LN2_HIGH), c)),
            (r) => use(t, r),
          ),
        ),
      ),
    );
  /** The same for −88 ≤ x ≤ 88. */
  const expNormal = (x: V): V =>
    octaves(x, 127, (t, r) => mul(polynomial(EXP_DOWN, r), i32x4.shl(t, 23)));
  /**
   * The bits of expDown for −87 ≤ x ≤ 88, where they are of a normal number: n is added to its exponent, on any vector
   * port where a product has two. A NaN stays one unless one of its nine lowest bits is set, which arithmetic never does.
   */
  const expNear = (x: V): V =>
    octaves(x, 0, (t, r) => i32x4.add(polynomial(EXP_DOWN, r), i32x4.shl(t, 23)));
  /** expDown times a factor for many x, which is part of the coefficients once `prepare(factor)` was done. */
  const expDownTimes = () => {
    const scaled = scope.locals("v128", EXP_DOWN.length);
    return {
      prepare: (factor: V): Code =>
        scaled.map((c, k) => c.set(mul(factor, splat(EXP_DOWN[k] as number)))),
      of: (x: V): V =>
        octaves(f32x4.pmax(x, splat(-88)), 127, (t, r) => mul(horner(scaled, r), i32x4.shl(t, 23))),
    };
  };

  /** 2ⁿ·(eʳ − 1) + (2ⁿ − 1), with 2ⁿ⁻¹ for 2ⁿ: n goes up to 128. */
  const expm1 = (x: V): V =>
    let1(clamp(x, -20, 89), (c) =>
      split(c, (n, grown) =>
        let1(power2(i32x4.sub(n, integers(1))), (h) =>
          withSign(mul(splat(2), fma(h, grown, sub(h, splat(0.5)))), x),
        ),
      ),
    );

  /** ln x = e·HIGH' + ln(1 + f)·scale + e·LOW', in the base that the three constants stand for. */
  const logarithm = (x: V, high: number, low: number, scale: number): V =>
    let1(f32x4.lt(x, splat(2 ** -126)), (tiny) =>
      let1(v128.bitselect(mul(x, splat(2 ** 23)), x, tiny), (normal) =>
        // The exponent counts from √½ on: subtracting its bits makes mantissas below √½·2 part of the lower octave.
        let1(i32x4.sub(normal, integers(0x3f3504f3)), (shifted) =>
          let1(sub(f32x4.convertI32x4S(i32x4.shrS(shifted, 23)), v128.and(tiny, splat(23))), (e) =>
            let1(
              sub(i32x4.add(v128.and(shifted, integers(0x7fffff)), integers(0x3f3504f3)), splat(1)),
              (f) =>
                let1(mul(f, f), (ff) =>
                  let1(add(f, fma(mul(ff, f), polynomial(LOG, f), mul(ff, splat(-0.5)))), (log1f) =>
                    let1(
                      scale === 1
                        ? fma(e, splat(high), add(log1f, mul(e, splat(low))))
                        : fma(e, splat(high), fma(log1f, splat(scale), mul(e, splat(low)))),
                      (y) => special(x, y),
                    ),
                  ),
                ),
            ),
          ),
        ),
      ),
    );
  /** ln 0 = −∞, ln ∞ = ∞, NaN below 0 and for NaN. */
  const special = (x: V, y: V): V =>
    let1(
      v128.bitselect(
        v128.bitselect(splat(-Infinity), splat(Number.NaN), f32x4.eq(x, splat(0))),
        y,
        v128.not(f32x4.gt(x, splat(0))),
      ),
      (z) => v128.bitselect(x, z, f32x4.eq(x, splat(Infinity))),
    );

  const log = (x: V): V => logarithm(x, LN2_HIGH, LN2_LOW, 1);
  const log2 = (x: V): V => logarithm(x, 1, 0, LOG2E);
  const LOG10_2_HIGH = 0.30078125;
  const log10 = (x: V): V => logarithm(x, LOG10_2_HIGH, Math.log10(2) - LOG10_2_HIGH, Math.LOG10E);

  /** ln(u)·x / (u − 1) for u = 1 + x as rounded: the errors of u cancel. Kahan. */
  const log1p = (x: V): V =>
    let1(add(x, splat(1)), (u) =>
      let1(mul(log(u), div(x, sub(u, splat(1)))), (y) =>
        // u = 1: x is its own logarithm. u = ∞: ∞ / ∞.
        v128.bitselect(x, y, v128.or(f32x4.eq(u, splat(1)), f32x4.eq(u, splat(Infinity)))),
      ),
    );

  const sigmoid = (x: V, e = exp): V =>
    let1(f32x4.neg(x), (m) => div(splat(1), add(splat(1), e(m))));

  /** (e²ˣ − 1) / (e²ˣ + 1). n·ln 2 in one piece does: for n beyond ±2 the quotient hardly depends on it. */
  const tanh = (x: V): V =>
    let1(clamp(x, -10, 10), (c) =>
      let1(add(c, c), (d) =>
        let1(fma(d, splat(LOG2E), splat(MAGIC + 127)), (t) =>
          let1(fma(sub(t, splat(MAGIC + 127)), splat(-Math.LN2), d), (r) =>
            let1(i32x4.shl(t, 23), (h) =>
              let1(fma(h, fma(mul(r, r), polynomial(EXPM1, r), r), sub(h, splat(1))), (e) =>
                withSign(div(e, add(e, splat(2))), x),
              ),
            ),
          ),
        ),
      ),
    );

  /** e^(t²)·erfc(t) for t ≥ 0.7. */
  const erfcx = (t: V): V =>
    let1(div(splat(1), fma(t, splat(0.5), splat(1))), (s) => mul(s, polynomial(ERFCX, s)));
  const erfSmall = (x: V): V => let1(mul(x, x), (xx) => fma(x, polynomial(ERF, xx), x));
  const copySign = (size: V, sign: V): V => v128.bitselect(sign, size, integers(-0x80000000));

  /** From 4 on it is 1. */
  const erf = (x: V): V =>
    let1(f32x4.pmin(f32x4.abs(x), splat(4)), (t) =>
      let1(f32x4.lt(t, splat(ERF_FAR)), (isNear) =>
        let1(sub(splat(1), expNormal(mul(polynomial(LOG_ERFC, t), t))), (far) =>
          laneSelect(relaxed)(erfSmall(x), withSign(far, x), isNear),
        ),
      ),
    );

  /** Φ(x) and e^(−x²/2) to `use`: no cancellation in the left tail. */
  const normal = (x: V, use: (phi: V, bell: V) => V): V =>
    let1(mul(f32x4.abs(x), splat(Math.SQRT1_2)), (t) =>
      let1(exp(mul(mul(x, x), splat(-0.5))), (bell) =>
        let1(mul(splat(0.5), mul(erfcx(f32x4.pmin(t, splat(1e6))), bell)), (tail) =>
          let1(v128.bitselect(tail, sub(splat(1), tail), f32x4.lt(x, splat(0))), (far) =>
            let1(mul(x, splat(Math.SQRT1_2)), (scaled) =>
              let1(
                v128.bitselect(
                  fma(splat(0.5), erfSmall(scaled), splat(0.5)),
                  far,
                  f32x4.lt(t, splat(0.75)),
                ),
                (phi) => use(phi, bell),
              ),
            ),
          ),
        ),
      ),
    );

  const gelu = (x: V): V => normal(x, (phi) => mul(x, phi));
  const geluGrad = (g: V, x: V): V =>
    normal(x, (phi, bell) => mul(g, fma(mul(x, bell), splat(1 / Math.sqrt(2 * Math.PI)), phi)));

  /** ½·(1 + tanh u) = sigmoid(2u), which is exact in the left tail too. */
  const geluGate = (x: V): V =>
    let1(mul(x, x), (xx) =>
      let1(mul(x, fma(xx, splat(2 * GELU * 0.044715), splat(2 * GELU))), (u) => sigmoid(u)),
    );
  const geluTanh = (x: V): V => let1(clamp(x, -30, 30), (c) => mul(x, geluGate(c)));
  const geluTanhGrad = (g: V, x: V): V =>
    let1(clamp(x, -30, 30), (c) =>
      let1(geluGate(c), (s) =>
        let1(mul(s, sub(splat(1), s)), (slope) =>
          let1(fma(mul(c, c), splat(6 * GELU * 0.044715), splat(2 * GELU)), (inner) =>
            mul(g, fma(mul(c, slope), inner, s)),
          ),
        ),
      ),
    );

  const silu = (x: V, e = exp): V => let1(f32x4.neg(x), (m) => div(x, add(splat(1), e(m))));
  const siluGrad = (g: V, x: V): V =>
    let1(sigmoid(x), (s) => mul(mul(g, s), fma(x, sub(splat(1), s), splat(1))));
  const softplus = (x: V): V =>
    let1(exp(x), (e) => v128.bitselect(x, log1p(e), f32x4.gt(x, splat(20))));

  return {
    scope,
    relaxed,
    let1,
    fma,
    clamp,
    polynomial,
    split,
    expm1Small,
    power2,
    copySign,
    withSign,
    exp,
    expWithin,
    expDown,
    expNear,
    expDownTimes,
    expm1,
    log,
    log2,
    log10,
    log1p,
    sigmoid,
    tanh,
    erf,
    gelu,
    geluGrad,
    geluTanh,
    geluTanhGrad,
    silu,
    siluGrad,
    softplus,
  };
}

export type VectorMath = ReturnType<typeof vectorMath>;
export { integers, splat };
