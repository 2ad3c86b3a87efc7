// Four 16-bit floats as float32, and four float32 as 16-bit floats (in the low halves of four words), rounded to
// nearest, ties to even. The same bits as core's half.ts: what fits of a NaN's payload stays.
import { type Expr, f32x4, i32x4, type Scope, v128 } from "../assembler/assembler.ts";
import { integers } from "../elementwise/math.ts";

type V = Expr<"v128">;
/** x is read more than once. */
type Conversion = (x: V, scope: Scope) => V;

const INFINITY = 0x7f800000;
/** float16's smallest normal number, 2^-14, and 2^16, from where on it has infinity alone; as bits of a float32. */
const [NORMAL, TOO_LARGE] = [0x38800000, 0x47800000];
/** 0.5, whose last bit is float16's smallest number, and 2^112. */
const [HALF, SCALE] = [0x3f000000, (127 + 112) << 23];
const BIAS = (127 - 15) << 23;

const and = (a: V, bits: number): V => v128.and(a, integers(bits));
/** `fraction`, or `quiet` where nothing is left of it: a NaN must not become an infinity. */
const kept = (fraction: V, quiet: number): V =>
  v128.or(fraction, and(i32x4.eq(fraction, v128.zero()), quiet));
const isNaN = (size: V): V => i32x4.gtS(size, integers(INFINITY));

/** Exponent and fraction in their new places are the value · 2^-112, that of a subnormal too. */
export const widenHalf: Conversion = (x) =>
  v128.or(
    v128.or(
      f32x4.mul(i32x4.shl(and(x, 0x7fff), 13), integers(SCALE)),
      and(i32x4.gtS(and(x, 0x7fff), integers(0x7bff)), INFINITY),
    ),
    i32x4.shl(and(x, 0x8000), 16),
  );

export const widenBrain: Conversion = (x) => i32x4.shl(x, 16);

export const narrowHalf: Conversion = (x, scope) => {
  const [size, fraction, result] = [scope.local("v128"), scope.local("v128"), scope.local("v128")];
  const odd = and(i32x4.shrU(size, 13), 1);
  const normal = i32x4.shrU(i32x4.add(i32x4.sub(size, integers(BIAS - 0xfff)), odd), 13);
  const small = i32x4.sub(f32x4.add(size, integers(HALF)), integers(HALF));
  const finite = v128.bitselect(small, normal, i32x4.ltS(size, integers(NORMAL)));
  const large = i32x4.gtS(size, integers(TOO_LARGE - 1));
  return [
    size.set(and(x, 0x7fffffff)),
    fraction.set(and(i32x4.shrU(size, 13), 0x3ff)),
    result.set(v128.bitselect(integers(0x7c00), finite, large)),
    result.set(v128.or(result, v128.and(isNaN(size), kept(fraction, 0x200)))),
    v128.or(result, and(i32x4.shrU(x, 16), 0x8000)),
  ];
};

export const narrowBrain: Conversion = (x, scope) => {
  const high = scope.local("v128");
  const rounded = i32x4.add(i32x4.add(x, integers(0x7fff)), and(high, 1));
  const nan = v128.or(and(high, 0xff80), kept(and(high, 0x7f), 0x40));
  return [
    high.set(i32x4.shrU(x, 16)),
    v128.bitselect(nan, i32x4.shrU(rounded, 16), isNaN(and(x, 0x7fffffff))),
  ];
};
