// float16 and bfloat16: every bit pattern both ways, against formulas of their own; tensors of them; and every op.
import "@tapegrad/backend-cpu";
import {
  DTypeError,
  decodeHalf,
  encodeHalf,
  fallbacks,
  finfo,
  type HalfDType,
  nextafter,
  ops,
  randn,
  resetFallbacks,
  type Tensor,
  tensor,
  withBackend,
} from "@tapegrad/core";
import { opSuite } from "@tapegrad/core/testing";
import { expect } from "chai";
import fc from "fast-check";
import { useBackend } from "../../core/test/use-backend.ts";

/** Bits of exponent and of fraction. */
const FORMATS = { float16: [5, 10], bfloat16: [8, 7] } as const;
const NAMES = Object.keys(FORMATS) as HalfDType[];
const PATTERNS = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);

/** What 16 bits mean, by IEEE 754's definition: in doubles, without a look at float32. */
function meaning(dtype: HalfDType, bits: number): number {
  const [exponentBits, fractionBits] = FORMATS[dtype];
  const fraction = (bits % 2 ** fractionBits) / 2 ** fractionBits;
  const exponent = Math.floor(bits / 2 ** fractionBits) % 2 ** exponentBits;
  const sign = bits >= 2 ** 15 ? -1 : 1;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0
    ? sign * fraction * 2 ** (1 - bias)
    : sign * (1 + fraction) * 2 ** (exponent - bias);
}

/** The numbers of the patterns of positive numbers, which are in order; where infinity begins, the next would lie. */
function positive(dtype: HalfDType): Float64Array {
  const [, fractionBits] = FORMATS[dtype];
  const infinite = 2 ** 15 - 2 ** fractionBits;
  const values = Float64Array.from({ length: infinite + 1 }, (_, bits) => meaning(dtype, bits));
  values[infinite] = 2 * (values[infinite - 1] as number) - (values[infinite - 2] as number);
  return values;
}
const POSITIVE = { float16: positive("float16"), bfloat16: positive("bfloat16") };

/** Rounding by search: of the two neighbours the nearer, of two as near the even one. */
function nearest(dtype: HalfDType, x: number): number {
  const values = POSITIVE[dtype];
  const size = Math.abs(x);
  let [low, high] = [0, values.length - 1];
  const sign = x < 0 || Object.is(x, -0) ? 2 ** 15 : 0;
  if (size >= (values[high] as number)) return sign + high;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) <= size) low = middle;
    else high = middle;
  }
  const [below, above] = [size - (values[low] as number), (values[high] as number) - size];
  return sign + (above < below || (above === below && high % 2 === 0) ? high : low);
}

/** Where two arrays differ; comparing them whole would print a difference of 65,536 lines. */
function differences(actual: ArrayLike<number | bigint>, expected: ArrayLike<number>): string[] {
  const found: string[] = [];
  for (let i = 0; i < Math.max(actual.length, expected.length); i++) {
    if (!Object.is(actual[i], expected[i])) found.push(`${i}: ${actual[i]}, not ${expected[i]}`);
  }
  return found.slice(0, 10);
}
const bitsOf = (t: Tensor): Uint16Array => encodeHalf(t.dtype, t.dataSync() as Float32Array);

describe("16-bit floats", () => {
  useBackend("reference");

  for (const dtype of NAMES) {
    describe(dtype, () => {
      it("all 65,536 patterns mean what IEEE 754 says, and come back", () => {
        const values = decodeHalf(dtype, PATTERNS);
        const wrong = PATTERNS.filter((bits, i) => !Object.is(values[i], meaning(dtype, bits)));
        expect([...wrong], "values").to.deep.equal([]);
        expect(differences(encodeHalf(dtype, values), PATTERNS)).to.deep.equal([]);
      });

      it("numbers become the nearest pattern, ties the even one", () => {
        // Every midpoint of neighbours, and what lies a float32 beside it.
        const [around, expected]: [number[], number[]] = [[], []];
        POSITIVE[dtype].slice(0, -1).forEach((value, bits) => {
          const middle = (value + (POSITIVE[dtype][bits + 1] as number)) / 2;
          around.push(middle, -middle);
          expected.push(bits + (bits % 2), bits + (bits % 2) + 2 ** 15);
          if (middle < 2 ** -126) return; // a float32 beside it is farther away
          around.push(middle * (1 + 2 ** -23), middle * (1 - 2 ** -23));
          expected.push(bits + 1, bits);
        });
        expect(differences(encodeHalf(dtype, Float32Array.from(around)), expected)).to.deep.equal(
          [],
        );
      });

      it("the same for any number", () => {
        fc.assert(
          fc.property(fc.float({ noNaN: true }), (x) => {
            expect(encodeHalf(dtype, Float32Array.of(x))[0]).to.equal(nearest(dtype, x));
          }),
          { numRuns: 300 },
        );
      });

      for (const backend of ["reference", "wasm"]) {
        it(`casts on ${backend} are these`, () =>
          withBackend(backend, () => {
            const all = tensor(PATTERNS, { dtype });
            const wide = all.to("float32");
            expect(differences(wide.dataSync(), decodeHalf(dtype, PATTERNS))).to.deep.equal([]);
            const numbers = PATTERNS.filter((bits) => !Number.isNaN(meaning(dtype, bits)));
            expect(
              differences(bitsOf(tensor(numbers, { dtype }).to("float32").to(dtype)), numbers),
            ).to.deep.equal([]);
            // Float32 of all sizes, unaligned and strided too.
            const words = Uint32Array.from({ length: 30_001 }, (_, i) => Math.imul(i, 0x9e3779b1));
            const values = new Float32Array(words.buffer).filter((v) => !Number.isNaN(v));
            const expected = encodeHalf(dtype, values);
            const x = tensor(values);
            expect(differences(bitsOf(x.to(dtype)), expected)).to.deep.equal([]);
            expect(differences(bitsOf(x.slice(["1:"]).to(dtype)), expected.slice(1))).to.deep.equal(
              [],
            );
            const third = (_: number, i: number): boolean => i % 3 === 0;
            expect(
              differences(bitsOf(x.slice(["::3"]).to(dtype)), expected.filter(third)),
            ).to.deep.equal([]);
            expect(
              differences(bitsOf(x.to(dtype).slice(["::3"]).clone()), expected.filter(third)),
            ).to.deep.equal([]);
          }));

        it(`fills windows on ${backend} and nothing beside them`, () =>
          withBackend(backend, () => {
            for (let n = 0; n < 12; n++) {
              const x = tensor(new Float32Array(16).fill(7), { dtype });
              x.narrow(0, 2, n).fill_(0.1);
              const expected = Array.from({ length: 16 }, (_, i) =>
                i >= 2 && i < 2 + n ? 0.1 : 7,
              );
              expect(x.dataSync()).to.deep.equal(tensor(expected, { dtype }).dataSync());
            }
          }));
      }

      it("is a tensor like others: made, read, printed, viewed", () => {
        const x = tensor(
          [
            [1, 2.5],
            [0.1, -4],
          ],
          { dtype },
        );
        expect([x.dtype, finfo(dtype).bits]).to.deep.equal([dtype, 16]);
        const tenth = meaning(dtype, nearest(dtype, 0.1));
        expect(x.tolist()).to.deep.equal([
          [1, 2.5],
          [tenth, -4],
        ]);
        expect(x.select(0, 1).select(0, 0).item()).to.equal(tenth);
        expect(x.ndarray().get(1, 0)).to.equal(tenth);
        expect(x.t().toContiguous().tolist()).to.deep.equal([
          [1, tenth],
          [2.5, -4],
        ]);
        expect(String(tensor([1.5, 2], { dtype }))).to.equal(
          `tensor([1.5000, 2.0000], dtype=${dtype})`,
        );
        expect(
          tensor(Uint16Array.of(0x3f80, 0x4000), { dtype: "bfloat16" }).tolist(),
        ).to.deep.equal([1, 2]);
        expect(() => tensor(Uint16Array.of(1))).to.throw(DTypeError, /Uint16Array.*float16/s);
        expect(() => encodeHalf("float32", new Float32Array(1))).to.throw(
          DTypeError,
          /not float32/,
        );
      });

      it("is computed in float32 and rounded once, which is counted", () => {
        resetFallbacks();
        // 300 · 400 is beyond float16, the mean is not.
        const mean = tensor(new Float32Array(400).fill(300), { dtype }).mean();
        expect([mean.dtype, mean.item()]).to.deep.equal([dtype, 300]);
        const kinds = fallbacks().map(({ op, kind, refusable }) => [op, kind, refusable]);
        expect(kinds).to.deep.equal([["mean", "widened", false]]);
        resetFallbacks();
      });

      it("nextafter goes to its own neighbours", () => {
        const { eps, tiny, max } = finfo(dtype);
        const x = tensor([1, 1, -1, 0, 0, max, Number.NaN], { dtype });
        const towards = tensor([2, 0, 0, 1, -1, Infinity, 1], { dtype });
        const least = tiny * eps;
        expect(nextafter(x, towards).tolist()).to.deep.equal([
          1 + eps,
          1 - eps / 2,
          -1 + eps / 2,
          least,
          -least,
          Infinity,
          Number.NaN,
        ]);
      });

      it("trains: gradients have its dtype and accumulate", () => {
        const w = randn([3, 2], { dtype, requiresGrad: true });
        const x = randn([4, 3], { dtype });
        for (let step = 0; step < 2; step++) x.matmul(w).tanh().sum().backward();
        const g = w.grad as Tensor;
        expect(g.dtype).to.equal(dtype);
        const v = w.detach().to("float32").requiresGrad_();
        x.to("float32").matmul(v).tanh().sum().mul(2).backward();
        const wanted = (v.grad as Tensor).dataSync();
        const bound = 32 * finfo(dtype).eps;
        g.dataSync().forEach((value, i) => {
          expect(Number(value)).to.be.closeTo(Number(wanted[i]), bound);
        });
      });
    });
  }

  it("finfo says the limits, of floats alone", () => {
    expect(finfo("float16")).to.deep.equal({
      bits: 16,
      eps: 2 ** -10,
      max: 65504,
      min: -65504,
      tiny: 2 ** -14,
    });
    expect(finfo("float64").max).to.equal(Number.MAX_VALUE);
    expect(finfo("float64").eps).to.equal(Number.EPSILON);
    expect(() => finfo("int32")).to.throw(DTypeError, /int32 is no floating dtype/);
  });
});

// Of one dtype: the other takes the same ways, and casts of its own, which are tested above.
for (const backend of ["reference", "wasm"]) {
  const gradients = backend === "wasm"; // of rules, which are the same on both
  describe(`opSuite of float16 on ${backend}`, () => {
    for (const name of ops().keys()) {
      const only = (op: string): boolean => op === name;
      it(name, () => {
        for (const { run } of opSuite(backend, { only, dtype: "float16", gradients })) run();
      });
    }
  });
}
