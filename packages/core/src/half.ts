// float16 (IEEE 754 half precision) and bfloat16 (the upper half of a float32): 16 bits each, all of whose
// values are float32 values. So they leave memory as Float32Array, exactly, and enter it rounded once, to
// nearest, ties to even. The payload of a NaN is kept, as far as it fits.
import { type DType, type HalfDType, isHalf } from "./dtype.ts";
import { DTypeError } from "./errors.ts";

/** To see the bits of a float32. */
const value = new Float32Array(1);
const word = new Uint32Array(value.buffer);

/** 2^16, from where on float16 has nothing but infinity; its smallest normal number, 2^-14; and 0.5. As bits. */
const [TOO_LARGE, NORMAL, HALF] = [0x47800000, 0x38800000, 0x3f000000];
/** What moves an exponent from float32's bias (127) to float16's (15). */
const BIAS = (127 - 15) << 23;
const INFINITE = 0x7f800000;

/** A NaN must not lose all of its fraction, or it would be an infinity. */
const keepNaN = (fraction: number, quiet: number): number => (fraction === 0 ? quiet : fraction);

/** The bits of a float32 rounded to those of a float16. */
function narrowHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > INFINITE) return sign | 0x7c00 | keepNaN((size >>> 13) & 0x3ff, 0x200);
  if (size >= TOO_LARGE) return sign | 0x7c00;
  if (size < NORMAL) {
    // A multiple of 2^-24, the last bit of a float32 in [0.5, 1): adding 0.5 rounds to it.
    word[0] = size;
    value[0] = (value[0] as number) + 0.5;
    return sign | ((word[0] as number) - HALF);
  }
  // Half of the last bit that stays, less one unless that bit is odd; a carry goes on into the exponent.
  return sign | ((size - BIAS + 0xfff + ((size >>> 13) & 1)) >>> 13);
}

/** The bits of a float32 rounded to those of a bfloat16. */
function narrowBrain(bits: number): number {
  const high = bits >>> 16;
  if ((bits & 0x7fffffff) > INFINITE) return (high & 0xff80) | keepNaN(high & 0x7f, 0x40);
  return (bits + 0x7fff + (high & 1)) >>> 16;
}

/** The bits of a float16 as those of the float32 of the same value. */
function widenHalf(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const [exponent, fraction] = [(bits >>> 10) & 31, bits & 0x3ff];
  if (exponent === 0) {
    value[0] = fraction * 2 ** -24; // zero or subnormal
    return sign | (word[0] as number);
  }
  return sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
}
const widenBrain = (bits: number): number => bits << 16;

const NARROW = { float16: narrowHalf, bfloat16: narrowBrain };
const WIDEN = { float16: widenHalf, bfloat16: widenBrain };

function half(op: string, dtype: DType): HalfDType {
  if (isHalf(dtype)) return dtype;
  throw new DTypeError(op, `is for float16 and bfloat16, not ${String(dtype)}`);
}

/**
 * The values of 16-bit floats, given by their bits; exact.
 * @throws DTypeError unless dtype is float16 or bfloat16
 */
export function decodeHalf(dtype: DType, bits: Uint16Array): Float32Array {
  const widen = WIDEN[half("decodeHalf", dtype)];
  const out = new Uint32Array(bits.length);
  for (let i = 0; i < out.length; i++) out[i] = widen(bits[i] as number);
  return new Float32Array(out.buffer);
}

/**
 * The bits of numbers as 16-bit floats, rounded to nearest, ties to even; what is too large becomes an infinity.
 * @throws DTypeError unless dtype is float16 or bfloat16
 */
export function encodeHalf(dtype: DType, values: Float32Array): Uint16Array {
  const narrow = NARROW[half("encodeHalf", dtype)];
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = narrow(words[i] as number);
  return out;
}

/** The value that 16 bits stand for. */
export function halfValue(dtype: HalfDType, bits: number): number {
  const wide = WIDEN[dtype](bits);
  word[0] = wide;
  return value[0] as number;
}

/** The bits of a number, rounded to float32 first, as PyTorch does. */
export function halfBits(dtype: HalfDType, x: number): number {
  value[0] = x;
  return NARROW[dtype](word[0] as number);
}
