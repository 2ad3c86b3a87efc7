// Random numbers: Philox4x32-10 in unsigned integers, the same bits as on the CPU; and arange.
import { type RandomCode, type RandomKey, sizeOf, type View } from "@tapegrad/core";
import { wgsl } from "../program/wgsl.ts";
import { program, slot } from "../registry.ts";
import { blockOf } from "../runtime/runtime.ts";
import { wgslType } from "../types.ts";
import { mathFor } from "./math-wgsl.ts";

/** philox(counter low, counter high, key) gives four words; uniform01(word) a number in [0, 1). */
export const PHILOX = `
fn mul_high(a : u32, b : u32) -> u32 {
  let a0 = a & 0xffffu; let a1 = a >> 16u; let b0 = b & 0xffffu; let b1 = b >> 16u;
  let middle = a1 * b0 + ((a0 * b0) >> 16u);
  let carry = (middle & 0xffffu) + a0 * b1;
  return a1 * b1 + (middle >> 16u) + (carry >> 16u);
}
fn philox(low : u32, high : u32, key : vec2<u32>) -> vec4<u32> {
  var c = vec4<u32>(low, high, 0u, 0u);
  var k = key;
  for (var round = 0; round < 10; round++) {
    let h0 = mul_high(0xd2511f53u, c.x); let h1 = mul_high(0xcd9e8d57u, c.z);
    c = vec4<u32>(h1 ^ c.y ^ k.x, 0xcd9e8d57u * c.z, h0 ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}
fn uniform01(word : u32) -> f32 { return f32(word >> 8u) * 0.000000059604644775390625; }
// The words of block \`b\` of a draw that begins at counter (low, high).
fn draw(b : u32, low : u32, high : u32, key : vec2<u32>) -> vec4<u32> {
  let sum = low + b;
  return philox(sum, high + select(0u, 1u, sum < low), key);
}
`;

const low32 = (v: bigint): number => Number(BigInt.asUintN(32, v));

/** Seed and offset as the parameters k0, k1, c0, c1. */
export const KEY_PARAMS = { k0: "u32", k1: "u32", c0: "u32", c1: "u32" } as const;
export const keyValues = ({ seed, offset }: RandomKey): number[] => [
  low32(seed),
  low32(seed >> 32n),
  low32(offset),
  low32(offset >> 32n),
];

export const random = slot<[RandomCode, View, RandomKey]>("random", [
  {
    name: "wgsl philox",
    takes: (_code, y) => y.contiguous,
    run(rt, code, y, key) {
      const numbers =
        code === "uniform"
          ? "let v = vec4<f32>(uniform01(w.x), uniform01(w.y), uniform01(w.z), uniform01(w.w));"
          : `let ra = sqrt(-2.0 * log(1.0 - uniform01(w.x))); let aa = 6.283185307179586 * uniform01(w.y);
  let rb = sqrt(-2.0 * log(1.0 - uniform01(w.z))); let ab = 6.283185307179586 * uniform01(w.w);
  let v = vec4<f32>(ra * cos_exact(aa), ra * sin_exact(aa), rb * cos_exact(ab), rb * sin_exact(ab));`;
      const made = program(`wgsl/random/${code}`, (name) =>
        wgsl({
          key: name,
          inputs: {},
          outputs: { y: "f32" },
          params: { oy: "u32", size: "u32", ...KEY_PARAMS },
          threads: "linear",
          head: `${PHILOX}\n${mathFor(numbers)}`,
          body: `  let w = draw(i, p.c0, p.c1, vec2<u32>(p.k0, p.k1));
  ${numbers}
  for (var j = 0u; j < 4u && 4u * i + j < p.size; j++) { y[p.oy + 4u * i + j] = v[j]; }`,
        }),
      );
      const size = sizeOf(y.shape);
      rt.dispatch(made, [blockOf(y)], [y.offset, size, ...keyValues(key)], Math.ceil(size / 4));
    },
  },
]);

export const arange = slot<[View, number, number]>("arange", [
  {
    name: "wgsl",
    run(rt, y, start, step) {
      const type = wgslType(y.dtype);
      const whole = Number.isInteger(start) && Number.isInteger(step);
      const count = type !== "f32" && whole ? "i32" : "f32";
      const value = `p.start + ${count}(i) * p.step`;
      const stored =
        type === count ? value : type === "u32" ? `u32(i32(${value})) & 255u` : `${type}(${value})`;
      const made = program(`wgsl/arange/${type},${count}`, (key) =>
        wgsl({
          key,
          inputs: {},
          outputs: { y: type },
          params: { oy: "u32", start: count, step: count },
          threads: "linear",
          body: `  y[p.oy + i] = ${stored};`,
        }),
      );
      rt.dispatch(made, [blockOf(y)], [y.offset, start, step], sizeOf(y.shape));
    },
  },
]);
