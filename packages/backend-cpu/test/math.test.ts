// How far the vector functions are from float64, in units of the last place of float32: over all magnitudes with
// both signs, densely where the functions bend, and at the special values.
import type { BinaryCode, UnaryCode } from "@tapegrad/core";
import { expect } from "chai";
import { BINARY, UNARY } from "../../core/src/reference/elementwise.ts";
import { QUICK } from "../src/wasm/elementwise/codes.ts";
import { elementwiseKernels } from "../src/wasm/elementwise/elementwise.ts";
import { kinds, newContext, numbers, read, viewOf } from "./wasm-support.ts";

const words = new Uint32Array(1);
const word = new Float32Array(words.buffer);
const fromBits = (bits: number): number => {
  words[0] = bits;
  return word[0] as number;
};

/** The distance of neighbours of float32 at w. */
function spacing(w: number): number {
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(Math.fround(w)) || 2 ** -149)));
  return 2 ** (exponent - 23);
}
const LARGEST = fromBits(0x7f7fffff);

/** Infinity for a NaN, a sign or an infinity in the wrong place. */
function unitsOff(got: number, wanted: number): number {
  const w = Math.fround(wanted);
  if (Object.is(got, w) || (Number.isNaN(got) && Number.isNaN(w))) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(w)) {
    // At the edge of the range one rounding makes the infinity.
    const near = (v: number) => Math.abs(v) > LARGEST * (1 - 2 ** -20);
    return near(wanted) && near(got) && Math.sign(got) === Math.sign(w) ? 1 : Infinity;
  }
  if (w === 0 && got === 0) return Infinity;
  return Math.abs(got - wanted) / spacing(wanted);
}

const special = [
  0,
  -0,
  1,
  -1,
  Infinity,
  -Infinity,
  Number.NaN,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  1e-40,
  LARGEST,
  -LARGEST,
  2 ** 20,
  2 ** 20 - 0.125,
  -(2 ** 20),
  Math.PI,
  Math.PI / 2,
  Math.PI / 4,
  // Hard cases of the reduction: near multiples of π/2.
  16367173 * 2 ** 72,
  16367173 * 2 ** 72 * 2,
  8249 * Math.PI,
  710,
  1e10,
  -1e20,
  3e38,
].map(Math.fround);

/** Every exponent with `each` mantissas, both signs. */
function everywhere(each: number): number[] {
  const values: number[] = [];
  for (let exponent = 0; exponent < 255; exponent++) {
    numbers(each, exponent).forEach((u, i) => {
      const mantissa = Math.floor(((u + 1) / 2) * 2 ** 23);
      values.push(fromBits(((i & 1) << 31) | (exponent << 23) | mantissa));
    });
  }
  return values;
}
const between = (low: number, high: number, count: number): number[] =>
  [...numbers(count, 3)].map((u) => Math.fround(low + ((u + 1) / 2) * (high - low)));

/** The largest error, what is too large for the interval of interest, a filter for where it is stated. */
const STATED: [UnaryCode, bound: number, from: number, to: number][] = [
  ["exp", 1.2, -110, 90],
  ["expm1", 1.6, -30, 90],
  ["log", 1, 0, 4],
  ["log1p", 2.5, -1, 4],
  ["log2", 1.6, 0, 4],
  ["log10", 2, 0, 4],
  ["sigmoid", 2, -110, 20],
  ["silu", 2.6, -80, 20],
  ["tanh", 2.6, -10, 10],
  ["erf", 1.5, -5, 5],
  ["softplus", 2.8, -20, 25],
  ["sqrt", 0.5, 0, 4],
  ["rsqrt", 1.5, 0, 4],
  ["sin", 1.6, -100, 100],
  ["cos", 1.6, -100, 100],
  ["tan", 2.5, -100, 100],
  ["asin", 2.3, -1, 1],
  ["acos", 1.5, -1, 1],
  ["atan", 2, -4, 4],
  ["sinh", 1.5, -90, 90],
  ["cosh", 1.5, -90, 90],
];
/** Where what is stated does not hold for tiny results: they are absolute there. */
const ABSOLUTE: Readonly<Partial<Record<UnaryCode, number>>> = {
  silu: 2 ** -126,
  sigmoid: 2 ** -126,
};

for (const { name, relaxed } of kinds) {
  describe(`accuracy of functions, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);
    const { unary, binary, binaryScalar } = elementwiseKernels(ctx);

    for (const [code, bound, low, high] of STATED) {
      it(`${code}: ${bound} units of the last place`, () => {
        const values = [
          ...special,
          ...everywhere(24),
          ...between(low, high, 30_000),
          ...between(-1, 1, 5_000),
        ];
        const y = viewOf(ctx, [values.length]);
        unary(code, viewOf(ctx, [values.length], values), y);
        const got = read(ctx, y);
        const tiny = ABSOLUTE[code] ?? 0;
        let worst = { units: 0, x: 0, got: 0, wanted: 0 };
        values.forEach((x, i) => {
          // The reference adds up a series for erf, and loses the sign of −0.
          const wanted = code === "erf" && x === 0 ? x : (UNARY[code](x) as number);
          const g = got[i] as number;
          if (Math.abs(wanted) < tiny && Math.abs(g - wanted) <= tiny) return;
          const units = unitsOff(g, wanted);
          if (units > worst.units) worst = { units, x, got: g, wanted };
        });
        expect(worst.units, JSON.stringify(worst)).to.be.at.most(bound);
      });
    }

    it("the bits of an element do not depend on its neighbours, which may ask for longer code", () => {
      const values = between(-86.999, 86.999, 4_099);
      for (const code of Object.keys(QUICK) as UnaryCode[]) {
        const run = (x: readonly number[]): Float32Array => {
          const y = viewOf(ctx, [x.length]);
          unary(code, viewOf(ctx, [x.length], x), y);
          return read(ctx, y);
        };
        const among = (other: number): number[] => values.map((v, i) => (i % 16 === 5 ? other : v));
        const [alone, ...mixed] = [values, ...[-Infinity, 87, 200, Number.NaN].map(among)].map(run);
        for (const got of mixed) {
          got.forEach((v, i) => {
            if (i % 16 !== 5 && v !== alone?.[i]) expect.fail(`${code}(${values[i]})`);
          });
        }
      }
    });

    function pairs(): [number[], number[]] {
      const [a, b] = [[...special], [...special]] as [number[], number[]];
      const left: number[] = [];
      const right: number[] = [];
      const add = (p: number, q: number): void => {
        left.push(p);
        right.push(q);
      };
      for (const p of [...a, 0.5, -0.5, 2, 3, -3, 7.5, 1e5, -16777217]) {
        for (const q of [...b, 0.5, -0.5, 2, 3, -3, 7.5, 1e5, 16777216]) add(p, q);
      }
      const [many, others] = [everywhere(10), everywhere(10).reverse()];
      for (const [i, p] of many.entries()) add(p, others[(i * 7919) % others.length] as number);
      for (const [i, p] of between(0, 10, 20_000).entries()) {
        add(p, (((i * 7919) % 4001) - 2000) / 100);
      }
      for (const [i, p] of between(-4, 4, 20_000).entries()) add(p, ((i * 7919) % 4001) / 1000 - 2);
      return [left, right].map((v) => v.map(Math.fround)) as [number[], number[]];
    }

    const TWO: [BinaryCode, number][] = [
      ["pow", 1.1],
      ["atan2", 2.2],
      ["fmod", 0],
      ["remainder", 0.5],
      ["maximum", 0],
    ];
    for (const [code, bound] of TWO) {
      it(`${code}: ${bound} units of the last place`, () => {
        const [p, q] = pairs();
        const y = viewOf(ctx, [p.length]);
        binary(code, viewOf(ctx, [p.length], p), viewOf(ctx, [q.length], q), y);
        const got = read(ctx, y);
        let worst = { units: 0, a: 0, b: 0, got: 0, wanted: 0 };
        p.forEach((a, i) => {
          const b = q[i] as number;
          const wanted = BINARY[code](a, b) as number;
          const units = unitsOff(got[i] as number, wanted);
          if (units > worst.units) worst = { units, a, b, got: got[i] as number, wanted };
        });
        expect(worst.units, JSON.stringify(worst)).to.be.at.most(bound);
      });
    }

    it("a number on either side of a power, and any constant power", () => {
      const values = between(0.01, 9, 1_001);
      const x = viewOf(ctx, [values.length], values);
      const y = viewOf(ctx, [values.length]);
      for (const [code, s] of [
        ["pow", 2.4],
        ["pow", 1 / 3],
        ["rpow", 2],
        ["rpow", 10],
        ["fmod", 0.7],
        ["remainder", -0.7],
        ["atan2", 1],
      ] as [BinaryCode, number][]) {
        binaryScalar(code, x, s, y);
        const got = read(ctx, y);
        values.forEach((v, i) => {
          const wanted = BINARY[code](v, Math.fround(s)) as number;
          expect(unitsOff(got[i] as number, wanted), `${code}(${v}, ${s})`).to.be.at.most(3);
        });
      }
    });
  });
}
