// The WebAssembly instructions that kernels use, named as in the text format: i32.add, f32x4.mul,
// v128.load. Each is a function from code to code; see assembler/assembler.ts for how they become a module.
import type { Func } from "./assembler.ts";

export type ValType = "i32" | "i64" | "f32" | "f64" | "v128";

/** Bytes in nested arrays, flattened when the module is assembled; a Func stands for its index. */
export type Code = readonly (number | Code | Func | Uint8Array)[];

declare const type: unique symbol;
/** Code that leaves one value of type T on the stack. The type exists for the compiler alone. */
export type Expr<T extends ValType> = Code & Leaves<T>;
/** An interface, because declaration files of inferred types must be able to name it. */
export interface Leaves<T extends ValType> {
  readonly [type]?: T;
}
/** Where an i32 is wanted, a JS number is a constant. */
export type I32 = Expr<"i32"> | number;
type F32 = Expr<"f32">;
type F64 = Expr<"f64">;
type V128 = Expr<"v128">;

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 127;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 128);
  } while (rest !== 0);
  return bytes;
}

/** Signed LEB128 of a 32-bit integer; addresses from 2 GiB on wrap to negative ones, as they should. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 127;
    rest >>= 7;
    if ((rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0)) {
      bytes.push(low);
      return bytes;
    }
    bytes.push(low | 128);
  }
}

const floatBytes = (x: number): number[] => [...new Uint8Array(new Float32Array([x]).buffer)];
const doubleBytes = (x: number): number[] => [...new Uint8Array(new Float64Array([x]).buffer)];

const constant = (value: number): Expr<"i32"> => [0x41, ...signed(value)];
/** An i32 operand as code. */
export const operand = (x: I32): Expr<"i32"> => (typeof x === "number" ? constant(x) : x);

const unary =
  <A extends ValType, R extends ValType>(...opcode: number[]) =>
  (a: Expr<A>): Expr<R> => [a, ...opcode];
const binary =
  <A extends ValType, R extends ValType>(...opcode: number[]) =>
  (a: Expr<A>, b: Expr<A>): Expr<R> => [a, b, ...opcode];
const integer =
  (opcode: number) =>
  (a: I32, b: I32): Expr<"i32"> => [operand(a), operand(b), opcode];

/** Prefix 0xfd: the vector instructions. */
const v = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
const v1 = (opcode: number) => unary<"v128", "v128">(...v(opcode));
const v2 = (opcode: number) => binary<"v128", "v128">(...v(opcode));
const v3 =
  (opcode: number) =>
  (a: V128, b: V128, c: V128): V128 => [a, b, c, ...v(opcode)];

/** Byte address `pointer + offset`; offset is a constant ≥ 0. Alignment is only a hint: 4 bytes, or 1. */
const load =
  <R extends ValType>(opcode: readonly number[], align = 2) =>
  (pointer: I32, offset = 0): Expr<R> => [operand(pointer), ...opcode, align, ...unsigned(offset)];
const store =
  <A extends ValType>(opcode: readonly number[], align = 2) =>
  (pointer: I32, value: Expr<A>, offset = 0): Code => [
    operand(pointer),
    value,
    ...opcode,
    align,
    ...unsigned(offset),
  ];

export const i32 = {
  const: constant,
  load: load<"i32">([0x28]),
  load8U: load<"i32">([0x2d], 0),
  load16U: load<"i32">([0x2f], 0),
  store: (pointer: I32, value: I32, offset = 0): Code =>
    store<"i32">([0x36])(pointer, operand(value), offset),
  store8: (pointer: I32, value: I32, offset = 0): Code =>
    store<"i32">([0x3a], 0)(pointer, operand(value), offset),
  store16: (pointer: I32, value: I32, offset = 0): Code =>
    store<"i32">([0x3b], 0)(pointer, operand(value), offset),
  eqz: (a: I32): Expr<"i32"> => [operand(a), 0x45],
  eq: integer(0x46),
  ne: integer(0x47),
  ltS: integer(0x48),
  ltU: integer(0x49),
  gtS: integer(0x4a),
  gtU: integer(0x4b),
  leS: integer(0x4c),
  leU: integer(0x4d),
  geS: integer(0x4e),
  geU: integer(0x4f),
  add: (a: I32, b: I32): Expr<"i32"> => (b === 0 ? operand(a) : [operand(a), operand(b), 0x6a]),
  sub: integer(0x6b),
  mul: (a: I32, b: I32): Expr<"i32"> => (b === 1 ? operand(a) : [operand(a), operand(b), 0x6c]),
  divS: integer(0x6d),
  divU: integer(0x6e),
  remU: integer(0x70),
  and: integer(0x71),
  or: integer(0x72),
  xor: integer(0x73),
  shl: integer(0x74),
  shrS: integer(0x75),
  shrU: integer(0x76),
  truncSatF32S: unary<"f32", "i32">(0xfc, 0),
  wrapI64: unary<"i64", "i32">(0xa7),
  reinterpretF32: unary<"f32", "i32">(0xbc),
};

export const i64 = {
  const: (value: number): Expr<"i64"> => [0x42, ...signed(value)],
  load: load<"i64">([0x29]),
  store: store<"i64">([0x37]),
  truncSatF32S: unary<"f32", "i64">(0xfc, 4),
  extendI32S: (a: I32): Expr<"i64"> => [operand(a), 0xac],
  extendI32U: (a: I32): Expr<"i64"> => [operand(a), 0xad],
  add: binary<"i64", "i64">(0x7c),
  sub: binary<"i64", "i64">(0x7d),
  mul: binary<"i64", "i64">(0x7e),
  or: binary<"i64", "i64">(0x84),
  shl: binary<"i64", "i64">(0x86),
  shrS: binary<"i64", "i64">(0x87),
  shrU: binary<"i64", "i64">(0x88),
};

export const f32 = {
  const: (x: number): F32 => [0x43, ...floatBytes(x)],
  load: load<"f32">([0x2a]),
  store: store<"f32">([0x38]),
  eq: binary<"f32", "i32">(0x5b),
  ne: binary<"f32", "i32">(0x5c),
  lt: binary<"f32", "i32">(0x5d),
  gt: binary<"f32", "i32">(0x5e),
  le: binary<"f32", "i32">(0x5f),
  ge: binary<"f32", "i32">(0x60),
  abs: unary<"f32", "f32">(0x8b),
  neg: unary<"f32", "f32">(0x8c),
  ceil: unary<"f32", "f32">(0x8d),
  floor: unary<"f32", "f32">(0x8e),
  trunc: unary<"f32", "f32">(0x8f),
  nearest: unary<"f32", "f32">(0x90),
  sqrt: unary<"f32", "f32">(0x91),
  add: binary<"f32", "f32">(0x92),
  sub: binary<"f32", "f32">(0x93),
  mul: binary<"f32", "f32">(0x94),
  div: binary<"f32", "f32">(0x95),
  min: binary<"f32", "f32">(0x96),
  max: binary<"f32", "f32">(0x97),
  copysign: binary<"f32", "f32">(0x98),
  convertI32S: (a: I32): F32 => [operand(a), 0xb2],
  convertI32U: (a: I32): F32 => [operand(a), 0xb3],
  convertI64S: unary<"i64", "f32">(0xb4),
  demoteF64: unary<"f64", "f32">(0xb6),
  reinterpretI32: (a: I32): F32 => [operand(a), 0xbe],
};

export const f64 = {
  const: (x: number): F64 => [0x44, ...doubleBytes(x)],
  load: load<"f64">([0x2b]),
  store: store<"f64">([0x39]),
  sqrt: unary<"f64", "f64">(0x9f),
  add: binary<"f64", "f64">(0xa0),
  sub: binary<"f64", "f64">(0xa1),
  mul: binary<"f64", "f64">(0xa2),
  div: binary<"f64", "f64">(0xa3),
  min: binary<"f64", "f64">(0xa4),
  max: binary<"f64", "f64">(0xa5),
  promoteF32: unary<"f32", "f64">(0xbb),
  convertI32U: (a: I32): F64 => [operand(a), 0xb8],
  convertI64S: unary<"i64", "f64">(0xb9),
};

/**
 * Reads a word for nothing but to have its line of memory on the way: a stream of stores that is met like this one
 * or two KiB ahead runs a fifth to a quarter faster from the third-level cache. The address must be in bounds.
 */
export const touch = (pointer: I32, offset = 0): Code => [i32.load(pointer, offset), 0x1a];

const ZERO: V128 = [new Uint8Array([...v(12), ...new Array<number>(16).fill(0)])];

export const v128 = {
  load: load<"v128">(v(0)),
  /** One float from memory in all four lanes. */
  load32Splat: load<"v128">(v(9)),
  load64Splat: load<"v128">(v(10)),
  /** One float into lane 0, zeros above; load64Zero: two floats into lanes 0 and 1. */
  load32Zero: load<"v128">(v(92)),
  load64Zero: load<"v128">(v(93)),
  /** Replaces one 32-bit lane (0–3), or one 64-bit half (0–1), of `value` by what lies in memory. */
  load32Lane: (pointer: I32, value: V128, lane: number, offset = 0): V128 => [
    ...store<"v128">(v(86))(pointer, value, offset),
    lane,
  ],
  load64Lane: (pointer: I32, value: V128, lane: number, offset = 0): V128 => [
    ...store<"v128">(v(87))(pointer, value, offset),
    lane,
  ],
  store: store<"v128">(v(11)),
  store32Lane: (pointer: I32, value: V128, lane: number, offset = 0): Code => [
    ...store<"v128">(v(90))(pointer, value, offset),
    lane,
  ],
  store64Lane: (pointer: I32, value: V128, lane: number, offset = 0): Code => [
    ...store<"v128">(v(91))(pointer, value, offset),
    lane,
  ],
  zero: (): V128 => ZERO,
  /** Four 32-bit words. */
  constI32: (words: readonly number[]): V128 => [
    ...v(12),
    ...new Uint8Array(new Int32Array(words).buffer),
  ],
  constF32: (floats: readonly number[]): V128 => [
    ...v(12),
    ...new Uint8Array(new Float32Array(floats).buffer),
  ],
  constF64: (doubles: readonly number[]): V128 => [
    ...v(12),
    ...new Uint8Array(new Float64Array(doubles).buffer),
  ],
  not: v1(77),
  and: v2(78),
  /** a & ~b */
  andnot: v2(79),
  or: v2(80),
  xor: v2(81),
  /** Bits of a where mask is 1, of b where it is 0. */
  bitselect: v3(82),
  anyTrue: unary<"v128", "i32">(...v(83)),
};

export const i8x16 = {
  /** Sixteen of the 32 bytes of a (0–15) and b (16–31). */
  shuffle: (a: V128, b: V128, bytes: readonly number[]): V128 => [a, b, ...v(13), ...bytes],
};

export const i16x8 = {
  /** Bytes 0–7 as eight words. */
  extendLowI8x16U: v1(137),
};

export const i32x4 = {
  splat: (a: I32): V128 => [operand(a), ...v(17)],
  extractLane: (a: V128, lane: number): Expr<"i32"> => [a, ...v(27), lane],
  replaceLane: (a: V128, lane: number, value: I32): V128 => [a, operand(value), ...v(28), lane],
  eq: v2(55),
  ne: v2(56),
  ltS: v2(57),
  gtS: v2(59),
  abs: v1(160),
  allTrue: unary<"v128", "i32">(...v(163)),
  bitmask: unary<"v128", "i32">(...v(164)),
  shl: (a: V128, count: I32): V128 => [a, operand(count), ...v(171)],
  shrS: (a: V128, count: I32): V128 => [a, operand(count), ...v(172)],
  shrU: (a: V128, count: I32): V128 => [a, operand(count), ...v(173)],
  add: v2(174),
  sub: v2(177),
  mul: v2(181),
  minS: v2(182),
  maxS: v2(184),
  maxU: v2(185),
  truncSatF32x4S: v1(248),
  /** The two doubles in lanes 0 and 1, zeros above. */
  truncSatF64x2SZero: v1(252),
  /** Words 0–3 of eight as four integers. */
  extendLowI16x8U: v1(169),
};

export const i64x2 = {
  /** The unsigned 64-bit products of lanes 0 and 1 (high: 2 and 3) of two i32x4. */
  extmulLowI32x4U: v2(222),
  extmulHighI32x4U: v2(223),
  add: v2(206),
  sub: v2(209),
  shl: (a: V128, count: I32): V128 => [a, operand(count), ...v(203)],
  shrS: (a: V128, count: I32): V128 => [a, operand(count), ...v(204)],
  shrU: (a: V128, count: I32): V128 => [a, operand(count), ...v(205)],
};

export const f32x4 = {
  splat: (a: F32): V128 => [a, ...v(19)],
  extractLane: (a: V128, lane: number): F32 => [a, ...v(31), lane],
  replaceLane: (a: V128, lane: number, value: F32): V128 => [a, value, ...v(32), lane],
  /** Four of the eight lanes of a (0–3) and b (4–7). */
  shuffle: (a: V128, b: V128, lanes: readonly number[]): V128 => [
    a,
    b,
    ...v(13),
    ...lanes.flatMap((lane) => [lane * 4, lane * 4 + 1, lane * 4 + 2, lane * 4 + 3]),
  ],
  eq: v2(65),
  ne: v2(66),
  lt: v2(67),
  gt: v2(68),
  le: v2(69),
  ge: v2(70),
  ceil: v1(103),
  floor: v1(104),
  trunc: v1(105),
  nearest: v1(106),
  abs: v1(224),
  neg: v1(225),
  sqrt: v1(227),
  add: v2(228),
  sub: v2(229),
  mul: v2(230),
  div: v2(231),
  /** NaN if either is. */
  min: v2(232),
  max: v2(233),
  /** b < a ? b : a — one instruction on x86, and a when either is NaN. */
  pmin: v2(234),
  pmax: v2(235),
  convertI32x4S: v1(250),
  demoteF64x2Zero: v1(94),
  /** a · b + c in one rounding or two: only where relaxed SIMD was detected. Use multiplyAdd(relaxed). */
  relaxedMadd: v3(0x105),
  relaxedNmadd: v3(0x106),
};

export const f64x2 = {
  splat: (a: F64): V128 => [a, ...v(20)],
  extractLane: (a: V128, lane: number): F64 => [a, ...v(33), lane],
  eq: v2(71),
  ne: v2(72),
  lt: v2(73),
  gt: v2(74),
  le: v2(75),
  ge: v2(76),
  abs: v1(236),
  neg: v1(237),
  sqrt: v1(239),
  trunc: v1(122),
  nearest: v1(148),
  add: v2(240),
  sub: v2(241),
  mul: v2(242),
  div: v2(243),
  min: v2(244),
  max: v2(245),
  /** b < a ? b : a and a < b ? b : a; a when either is NaN. */
  pmin: v2(246),
  pmax: v2(247),
  /** Lanes 0 and 1 of an f32x4, or i32x4, as doubles. */
  promoteLowF32x4: v1(95),
  convertLowI32x4S: v1(254),
  relaxedMadd: v3(0x107),
};

/** (a, b, c) → a · b + c: fused where the engine has relaxed SIMD, else multiplied and added. */
export const multiplyAdd = (relaxed: boolean): ((a: V128, b: V128, c: V128) => V128) =>
  relaxed ? f32x4.relaxedMadd : (a, b, c) => f32x4.add(f32x4.mul(a, b), c);

/**
 * (a, b, mask) → lanes of a where the mask's lane is all ones, of b where it is all zeros: one instruction with
 * relaxed SIMD, whose result is only free where lanes are mixed.
 */
export const laneSelect = (relaxed: boolean): ((a: V128, b: V128, mask: V128) => V128) =>
  relaxed ? v3(0x10b) : v128.bitselect;

/** The sum of the four lanes, always in the order (0 + 2) + (1 + 3). `scratch` is a v128 local. */
export const sumLanes = (
  a: V128,
  scratch: V128 & { tee(e: V128): V128; set(e: V128): Code },
): F32 => [
  scratch.set(a),
  scratch.set(f32x4.add(scratch, f32x4.shuffle(scratch, scratch, [2, 3, 2, 3]))),
  f32.add(f32x4.extractLane(scratch, 0), f32x4.extractLane(scratch, 1)),
];
