// Elementwise kernels against float64: accuracy over the whole range, NaN and infinities, odd sizes, offsets,
// strides, broadcasting, in place; copies, casts and fills.
import type { BinaryCode, DType, UnaryCode, View } from "@tapegrad/core";
import { expect } from "chai";
import { BINARY, UNARY } from "../../core/src/reference/elementwise.ts";
import { copyKernels } from "../src/wasm/copy/copy.ts";
import * as SIMD from "../src/wasm/elementwise/codes.ts";
import { elementwiseKernels } from "../src/wasm/elementwise/elementwise.ts";
import { kinds, newContext, numbers, read, viewOf } from "./wasm-support.ts";

type Layout = { strides?: readonly number[]; offset?: number };

/** |got − wanted| ≤ rtol·|wanted| + atol, NaN equal to NaN, bools by truth. */
function close(
  got: ArrayLike<number>,
  wanted: readonly (number | boolean)[],
  what: string,
  rtol = 1e-6,
  atol = 1e-37,
): void {
  expect(got.length, what).to.equal(wanted.length);
  wanted.forEach((w, i) => {
    const truth = typeof w === "boolean" ? Number(w) : Math.fround(w);
    const g = got[i] as number;
    const equal = g === truth || (Number.isNaN(g) && Number.isNaN(truth));
    if (!equal && !(Math.abs(g - truth) <= rtol * Math.abs(truth) + atol)) {
      expect.fail(`${what}: element ${i} is ${g}, expected ${truth}`);
    }
  });
}

/** Values over all magnitudes, both signs, and the special ones. */
const special = [0, -0, 1, -1, 0.5, -0.5, 2, 3, -3, 6, 20, 88, 89, -88, -104, 1e-30, -1e-30, 1e-40];
const extreme = [Infinity, -Infinity, Number.NaN, 3e38, -3e38];
const spread = (low: number, high: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.fround(low + ((high - low) * i) / (count - 1)));
const everywhere = [...special, ...spread(-12, 12, 777), ...spread(-100, 100, 400)];

// Where the definition in float64 is a difference of nearly equal numbers, and the scale of what is lost.
const LOOSE: Readonly<Record<string, { rtol?: number; atol?: number }>> = {
  gelu: { rtol: 3e-6, atol: 1e-14 },
  geluTanh: { rtol: 3e-6, atol: 1e-14 },
  geluGrad: { rtol: 3e-6, atol: 1e-6 },
  geluTanhGrad: { rtol: 3e-6, atol: 1e-6 },
  siluGrad: { rtol: 3e-6, atol: 3e-7 },
  hardswishGrad: { rtol: 1e-6, atol: 3e-7 },
  sigmoid: { rtol: 1e-6, atol: 1e-37 },
  silu: { rtol: 1e-6, atol: 1e-36 },
};

for (const { name, relaxed } of kinds) {
  describe(`elementwise, ${name} SIMD`, () => {
    const ctx = newContext(relaxed);
    const { unary, binary, binaryScalar, where } = elementwiseKernels(ctx);
    const { copy, fill } = copyKernels(ctx);

    const QUESTION = /^(logical.*|is.*|eq|ne|lt|le|gt|ge)$/;
    const outputFor = (code: string, shape: readonly number[], layout: Layout = {}): View =>
      QUESTION.test(code) ? bytesView(shape, layout) : viewOf(ctx, shape, undefined, layout);
    /** A view of another dtype: viewOf() gives the memory. */
    function typed(dtype: DType, shape: readonly number[], layout: Layout = {}): View {
      const { storage } = viewOf(ctx, [shape.reduce((p, n) => p * n, 1) * 8 + 64]);
      const dense = viewOf(ctx, shape);
      return {
        ...dense,
        storage,
        dtype,
        offset: layout.offset ?? 0,
        strides: layout.strides ?? dense.strides,
        contiguous: layout.strides === undefined,
      };
    }
    const bytesView = (shape: readonly number[], layout: Layout = {}) =>
      typed("bool", shape, layout);
    const heaps = {
      float32: () => ctx.arena.f32,
      float64: () => ctx.arena.f64,
      float16: () => ctx.arena.u16,
      bfloat16: () => ctx.arena.u16,
      int32: () => ctx.arena.i32,
      int64: () => ctx.arena.i64,
      uint8: () => ctx.arena.u8,
      bool: () => ctx.arena.u8,
    };
    const width = {
      float32: 4,
      float64: 8,
      float16: 2,
      bfloat16: 2,
      int32: 4,
      int64: 8,
      uint8: 1,
      bool: 1,
    };
    function places(v: View): number[] {
      const start = (v.storage.block as unknown as { ptr: number }).ptr / width[v.dtype] + v.offset;
      let at = [start];
      v.shape.forEach((n, d) => {
        at = at.flatMap((p) =>
          Array.from({ length: n }, (_, i) => p + i * (v.strides[d] as number)),
        );
      });
      return at;
    }
    const get = (v: View): number[] => {
      const heap = heaps[v.dtype]();
      return places(v).map((p) => Number(heap[p]));
    };
    function put(v: View, values: readonly number[]): View {
      const heap = heaps[v.dtype]() as unknown as (number | bigint)[];
      places(v).forEach((p, i) => {
        heap[p] = v.dtype === "int64" ? BigInt(values[i] as number) : (values[i] as number);
      });
      return v;
    }

    const codes = Object.keys(SIMD.UNARY) as UnaryCode[];
    for (const code of codes) {
      it(`${code} agrees with float64`, () => {
        const values = [...everywhere, ...extreme].map(Math.fround);
        const x = viewOf(ctx, [values.length], values);
        const y = outputFor(code, [values.length]);
        expect(unary(code, x, y)).to.be.a("string");
        const { rtol = 1e-6, atol = 1e-37 } = LOOSE[code] ?? {};
        const finite = values.map((v) => UNARY[code](v));
        const got = get(y);
        // x·Φ(x) and its kin at −∞ are 0·∞ in some forms; both are fine.
        const skip = /gelu|silu|hardswish/.test(code);
        values.forEach((v, i) => {
          if (skip && !Number.isFinite(v)) return;
          close([got[i] as number], [finite[i] as number], `${code}(${v})`, rtol, atol);
        });
      });
    }

    it("takes all sizes, offsets and steps, and works in place", () => {
      for (const code of ["exp", "relu", "isnan", "sin"] as const) {
        for (const n of [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 67]) {
          const values = [...numbers(n, n + 1)];
          const truth = values.map((v) => UNARY[code](v));
          for (const offset of [0, 1, 3]) {
            for (const step of [1, 2, 3]) {
              const layout = { offset, ...(step > 1 ? { strides: [step] } : {}) };
              const x = viewOf(ctx, [n], values, layout);
              const y = outputFor(code, [n], { offset: 3 - offset });
              unary(code, x, y);
              close(get(y), truth, `${code} n ${n} offset ${offset} step ${step}`);
              if (code === "isnan") continue;
              unary(code, x, x);
              close(get(x), truth, `${code} in place`);
            }
          }
        }
      }
    });

    it("does not write beyond its output", () => {
      for (const n of [1, 2, 3, 5, 6, 7]) {
        const y = viewOf(ctx, [n + 8]);
        const x = viewOf(ctx, [n], numbers(n, 1));
        unary("exp", x, { ...y, shape: [n], offset: 4 });
        binary("add", x, x, { ...y, shape: [n], offset: 4 });
        const all = [...read(ctx, y)];
        expect(all.slice(0, 4).every(Number.isNaN)).to.equal(true);
        expect(all.slice(4 + n).every(Number.isNaN)).to.equal(true);
        const b = put(bytesView([n + 8]), new Array(n + 8).fill(7));
        unary("isnan", x, { ...b, shape: [n], offset: 4 });
        expect(get(b).filter((v) => v === 7).length).to.equal(8);
      }
    });

    for (const code of Object.keys(SIMD.BINARY) as BinaryCode[]) {
      it(`${code} agrees with float64, with every way of broadcasting`, () => {
        const { rtol = 1e-6, atol = 1e-6 } = LOOSE[code] ?? {};
        const [p, q, r] = [3, 5, 9];
        const at = (shape: readonly number[], i: number, j: number, k: number): number => {
          const index = [i, j, k].slice(3 - shape.length).map((v, d) => (shape[d] === 1 ? 0 : v));
          return index.reduce((sum, v, d) => sum * (shape[d] as number) + v, 0);
        };
        const shapes = [[p, q, r], [q, 1], [r], [1], [], [p, 1, r], [p, 1, 1]];
        for (const aShape of shapes) {
          for (const bShape of shapes) {
            if (aShape !== shapes[0] && bShape !== shapes[0]) continue;
            const size = (s: readonly number[]) => s.reduce((t, n) => t * n, 1);
            const scale = /pow/.test(code) ? 1.5 : 4;
            const some = (s: readonly number[], seed: number) =>
              [...numbers(size(s), seed)].map((v, i) =>
                Math.fround(i % 11 === 3 ? 1 : v * scale + (/pow/.test(code) ? 2 : 0)),
              );
            const [a, b] = [some(aShape, 1), some(bShape, 2)];
            const y = outputFor(code, [p, q, r]);
            binary(code, viewOf(ctx, aShape, a), viewOf(ctx, bShape, b), y);
            const truth: (number | boolean)[] = [];
            for (let i = 0; i < p; i++) {
              for (let j = 0; j < q; j++) {
                for (let k = 0; k < r; k++) {
                  const u = a[at(aShape, i, j, k)] as number;
                  truth.push(BINARY[code](u, b[at(bShape, i, j, k)] as number));
                }
              }
            }
            close(get(y), truth, `${code} [${aShape}] [${bShape}]`, rtol, atol);
          }
        }
      });
    }

    it("treats NaN and infinities as float64 does", () => {
      const left = [...extreme, 0, 1].flatMap((v) => extreme.map(() => v));
      const right = [...extreme, 0, 1].flatMap(() => extreme);
      for (const code of ["add", "div", "maximum", "minimum", "eq", "ne", "lt", "ge"] as const) {
        const [a, b] = [left, right].map((v) => viewOf(ctx, [v.length], v)) as [View, View];
        const y = outputFor(code, [left.length]);
        binary(code, a, b, y);
        const truth = left.map((v, i) =>
          BINARY[code](Math.fround(v), Math.fround(right[i] as number)),
        );
        close(get(y), truth, code);
      }
    });

    it("takes permuted, sliced and expanded operands, and permuted targets in place", () => {
      const a = numbers(2 * 3 * 4 * 5, 1);
      const permuted = viewOf(ctx, [4, 2, 5, 3], a, { strides: [5, 60, 1, 20], offset: 2 });
      const sliced = viewOf(ctx, [4, 2, 5, 3], a.slice(0, 120), {
        strides: [100, 40, 7, 2],
        offset: 1,
      });
      const expanded = viewOf(ctx, [4, 2, 5, 3], undefined, { strides: [0, 3, 0, 1] });
      put({ ...expanded, shape: [6], strides: [1] }, [1, 2, 3, 4, 5, 6]);
      for (const [p, q] of [
        [permuted, sliced],
        [sliced, expanded],
        [expanded, permuted],
        [permuted, permuted],
      ] as const) {
        const y = viewOf(ctx, [4, 2, 5, 3]);
        binary("mul", p, q, y);
        const [u, v] = [get(p), get(q)];
        close(
          get(y),
          u.map((w, i) => w * (v[i] as number)),
          "mul",
        );
        copy(p, y);
        expect(get(y)).to.deep.equal(u);
      }
      const before = get(permuted);
      const other = get(sliced);
      binary("add", permuted, sliced, permuted);
      close(
        get(permuted),
        before.map((v, i) => v + (other[i] as number)),
        "in place",
      );
    });

    it("takes numbers on the right, products and roots for constant powers", () => {
      const values = [...numbers(37, 5)].map((v) => Math.fround(Math.abs(v) + 0.1));
      const x = viewOf(ctx, [37], values);
      const apart = viewOf(ctx, [37], values, { strides: [3] });
      const cases: [BinaryCode, number][] = [
        ["add", 1.5],
        ["rsub", 2],
        ["rdiv", 3],
        ["gt", 0.5],
        ["maximum", 0.4],
        ["fmod", 0.3],
        ...[2, 3, 0.5, -0.5, -1, -2, 2.5, 0].map((e): [BinaryCode, number] => ["pow", e]),
      ];
      for (const [code, s] of cases) {
        const truth = values.map((v) => BINARY[code](v, Math.fround(s)));
        for (const v of [x, apart]) {
          const y = outputFor(code, [37]);
          binaryScalar(code, v, s, y);
          close(get(y), truth, `${code} ${s}`);
        }
      }
    });

    it("counts in int64", () => {
      const x = put(typed("int64", [3]), [1, 2, -7]);
      binaryScalar("add", x, 5, x);
      expect(get(x)).to.deep.equal([6, 7, -2]);
    });

    it("where chooses by bools, broadcast in all three", () => {
      const cond = put(bytesView([3, 1]), [1, 0, 1]);
      const a = viewOf(ctx, [3, 7], numbers(21, 1));
      const b = viewOf(ctx, [], [9]);
      const y = viewOf(ctx, [3, 7]);
      where(cond, a, b, y);
      const values = get(a);
      close(
        get(y),
        values.map((v, i) => (Math.floor(i / 7) === 1 ? 9 : v)),
        "where",
      );
      const dense = put(
        bytesView([3, 7]),
        values.map((v) => (v > 0 ? 1 : 0)),
      );
      where(dense, b, a, y);
      close(
        get(y),
        values.map((v) => (v > 0 ? 9 : v)),
        "where, a a number",
      );
      const turned = viewOf(ctx, [3, 7], values, { strides: [1, 3] });
      where(dense, turned, b, y);
      close(
        get(y),
        values.map((v) => (v > 0 ? v : 9)),
        "where, strided",
      );
    });

    it("logic of bools, byte by byte", () => {
      const p = put(
        bytesView([5, 7], { offset: 1 }),
        Array.from({ length: 35 }, (_, i) => i % 2),
      );
      const q = put(
        bytesView([5, 7]),
        Array.from({ length: 35 }, (_, i) => (i >> 1) % 2),
      );
      for (const code of ["logicalAnd", "logicalOr", "logicalXor", "eq"] as const) {
        const y = bytesView([5, 7]);
        binary(code, p, q, y);
        const v = get(q);
        close(
          get(y),
          get(p).map((u, i) => BINARY[code](u, v[i] as number)),
          code,
        );
      }
      const y = bytesView([5, 7]);
      unary("logicalNot", p, y);
      expect(get(y)).to.deep.equal(get(p).map((v) => 1 - v));
    });

    it("copies every dtype dense, strided, transposed, broadcast", () => {
      const dtypes = ["float32", "float64", "int32", "int64", "uint8", "bool"] as const;
      for (const dtype of dtypes) {
        for (const [h, w] of [
          [1, 1],
          [4, 4],
          [5, 9],
          [17, 6],
          [8, 67],
          [300, 5],
        ] as const) {
          const values = Array.from({ length: h * w }, (_, i) =>
            dtype === "bool" ? i % 2 : i % 251,
          );
          const layouts: Layout[] = [{}, { strides: [1, h] }, { strides: [w + 2, 1], offset: 1 }];
          for (const layout of layouts) {
            const x = put(typed(dtype, [h, w], layout), values);
            const y = typed(dtype, [h, w], { offset: 2 });
            expect(copy(x, y), dtype).to.be.a("string");
            expect(get(y), `${dtype} ${h}×${w} ${layout.strides}`).to.deep.equal(values);
          }
        }
      }
      const row = viewOf(ctx, [6], numbers(6, 2));
      const y = viewOf(ctx, [3, 6]);
      copy({ ...row, shape: [3, 6], strides: [0, 1], contiguous: false }, y);
      expect(get(y)).to.deep.equal([...get(row), ...get(row), ...get(row)]);
      copy({ ...row, shape: [3, 6], strides: [1, 0], contiguous: false }, y);
      expect(get(y)).to.deep.equal(
        get(row)
          .slice(0, 3)
          .flatMap((v) => new Array(6).fill(v)),
      );
    });

    it("casts", () => {
      const cases: [DType, DType, (v: number) => number][] = [
        ["uint8", "float32", (v) => v],
        ["bool", "float32", (v) => v],
        ["int32", "float32", (v) => v],
        ["int64", "float32", (v) => v],
        ["float32", "int32", Math.trunc],
        ["float32", "int64", Math.trunc],
        ["float32", "uint8", Math.trunc],
        ["float32", "bool", (v) => (v === 0 ? 0 : 1)],
        ["bool", "int64", (v) => v],
      ];
      for (const [from, to, cast] of cases) {
        const values = Array.from({ length: 19 }, (_, i) => {
          if (from === "bool") return i % 2;
          return from === "float32" ? i * 1.25 - (to === "uint8" ? 0 : 8) : i * 13;
        });
        for (const strides of [undefined, [3]]) {
          const x = put(typed(from, [19], strides ? { strides } : {}), values);
          const y = typed(to, [19], { offset: 1 });
          expect(copy(x, y), `${from} to ${to}`).to.equal("cast");
          expect(get(y), `${from} to ${to}`).to.deep.equal(values.map((v) => cast(v) + 0));
        }
      }
      const nan = viewOf(ctx, [2], [Number.NaN, 0]);
      const y = bytesView([2]);
      copy(nan, y);
      expect(get(y)).to.deep.equal([1, 0]);
    });

    it("fills windows, and nothing else", () => {
      const y = viewOf(ctx, [9, 10]);
      fill({ ...y, shape: [3, 7], strides: [20, 1], offset: 11, contiguous: false }, 2.5);
      expect(get(y).filter((v) => v === 2.5).length).to.equal(21);
      fill({ ...y, shape: [3, 2], strides: [20, 3], offset: 12, contiguous: false }, 4);
      expect(get(y).filter((v) => v === 4).length).to.equal(6);
      fill({ ...y, shape: [5], strides: [1], offset: 3 }, -1);
      expect(
        get(y)
          .slice(2, 9)
          .map((v) => v === -1),
      ).to.deep.equal([false, true, true, true, true, true, false]);
      for (const dtype of ["int64", "bool", "float64"] as const) {
        const t = put(typed(dtype, [6]), [0, 0, 0, 0, 0, 0]);
        fill({ ...t, shape: [4], offset: 1 }, 1);
        expect(get(t)).to.deep.equal([0, 1, 1, 1, 1, 0]);
      }
    });
  });
}
