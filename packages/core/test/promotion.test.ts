// Which dtype comes out, for every pair of dtypes and every kind of function. The numbers behind add, mul
// and div are fixtures; here it is the other functions that must follow the same rule.
import {
  add,
  atan2,
  bitwiseAnd,
  bitwiseOr,
  bitwiseXor,
  clamp,
  copysign,
  cumprod,
  cumsum,
  DTYPES,
  type DType,
  div,
  eq,
  exp,
  floor,
  floorDivide,
  fmax,
  fmin,
  fmod,
  ge,
  gt,
  heaviside,
  hypot,
  isFloating,
  isnan,
  le,
  lerp,
  logaddexp,
  logaddexp2,
  logicalAnd,
  logicalOr,
  logicalXor,
  lt,
  maximum,
  minimum,
  mul,
  ne,
  neg,
  ones,
  pow,
  promoteTypes,
  relu,
  remainder,
  sigmoid,
  sign,
  square,
  sub,
  tensor,
  where,
  xlogy,
} from "@tapegrad/core";
import { expect } from "chai";
import fc from "fast-check";
import { type FunctionCase, readFixture } from "./fixture-runner.ts";

/** PyTorch's table: the dtype of add for each pair of tensors. */
const table = new Map(
  ["promotion.json", "half-float16.json", "half-bfloat16.json"]
    .flatMap((file) => readFixture<FunctionCase>(file))
    .filter(({ fn, name }) => fn === "add" && /^add \w+ with [a-z]\w+$/.test(name))
    .flatMap(({ inputs: [a, b], outputs: [y] }): [string, DType][] => [
      [`${a?.dtype} with ${b?.dtype}`, y?.dtype as DType],
      [`${b?.dtype} with ${a?.dtype}`, y?.dtype as DType],
    ]),
);

const one = (dtype: DType) => tensor([1, 1], { dtype });
const zeroDim = (dtype: DType) => tensor(1, { dtype });
const NUMERIC = DTYPES.filter((d) => d !== "bool");
const floats = (dtype: DType): DType => (isFloating(dtype) ? dtype : "float32");

describe("promotion of two tensors", () => {
  for (const a of DTYPES) {
    for (const b of DTYPES) {
      it(`${a} with ${b}`, () => {
        const common = promoteTypes(a, b);
        const [x, y] = [one(a), one(b)];
        expect(maximum(x, y).dtype).to.equal(common);
        expect(minimum(x, y).dtype).to.equal(common);
        expect(where(tensor([true, false]), x, y).dtype).to.equal(common);
        expect(div(x, y).dtype).to.equal(floats(common));
        expect(atan2(x, y).dtype).to.equal(floats(common));
        expect(eq(x, y).dtype).to.equal("bool");
        expect(logicalOr(x, y).dtype).to.equal("bool");
        if (common !== "bool") {
          expect(pow(x, y).dtype).to.equal(common);
          expect(remainder(x, y).dtype).to.equal(common);
        }
        if (a !== "bool" && b !== "bool") expect(sub(x, y).dtype).to.equal(common);
      });
    }
  }

  it("float(), long() and their kin are to()", () => {
    const x = tensor([1.5, 0]);
    const casts = [
      x.half(),
      x.bfloat16(),
      x.float(),
      x.double(),
      x.byte(),
      x.int(),
      x.long(),
      x.bool(),
    ];
    const expected = [
      "float16",
      "bfloat16",
      "float32",
      "float64",
      "uint8",
      "int32",
      "int64",
      "bool",
    ];
    expect(casts.map((t) => t.dtype)).to.deep.equal(expected);
    expect(x.float()).to.equal(x);
    expect(x.typeAs(tensor([1n])).tolist()).to.deep.equal([1n, 0n]);
  });

  it("a zero-dim tensor counts by its category only", () => {
    expect(sub(one("float32"), zeroDim("float64")).dtype).to.equal("float32");
    expect(sub(one("uint8"), zeroDim("int64")).dtype).to.equal("uint8");
    expect(maximum(one("int32"), zeroDim("float64")).dtype).to.equal("float64");
    expect(where(tensor(true), one("float32"), zeroDim("float64")).dtype).to.equal("float32");
  });
});

describe("promotion with a number", () => {
  for (const dtype of NUMERIC) {
    it(dtype, () => {
      const x = one(dtype);
      expect(sub(x, 2).dtype).to.equal(dtype);
      expect(pow(x, 2).dtype).to.equal(dtype);
      expect(pow(2, x).dtype).to.equal(dtype);
      expect(clamp(x, { min: 0, max: 1 }).dtype).to.equal(dtype);
      expect(sub(0.5, x).dtype).to.equal(floats(dtype));
      expect(clamp(x, { min: 0.5 }).dtype).to.equal(floats(dtype));
      expect(where(tensor(true), x, 0.5).dtype).to.equal(floats(dtype));
      expect(div(x, 2).dtype).to.equal(floats(dtype));
      expect(div(2, x).dtype).to.equal(floats(dtype));
    });
  }
  it("bool becomes int64 beside a whole number", () => {
    expect(pow(one("bool"), 2).dtype).to.equal("int64");
    expect(maximum(one("bool"), 2).dtype).to.equal("int64");
    expect(div(one("bool"), 2).dtype).to.equal("float32");
  });
});

describe("every function of two tensors follows PyTorch's table", () => {
  const floating = [atan2, copysign, hypot, logaddexp, logaddexp2, xlogy];
  const numbers = [floorDivide, fmod, remainder];
  const anything = [add, fmax, fmin, heaviside, maximum, minimum, mul];
  const integers = [bitwiseAnd, bitwiseOr, bitwiseXor];
  const questions = [eq, ge, gt, le, logicalAnd, logicalOr, logicalXor, lt, ne];
  const scanned = [cumsum, cumprod];

  it("of pairs, whatever their shapes", () => {
    const dtype = fc.constantFrom(...DTYPES);
    const shape = fc.constantFrom([2], [1, 2], [2, 1]);
    fc.assert(
      fc.property(dtype, dtype, shape, shape, (a, b, p, q) => {
        const common = table.get(`${a} with ${b}`) as DType;
        const [x, y] = [ones(p, { dtype: a }), ones(q, { dtype: b })];
        for (const f of anything) expect(f(x, y).dtype, f.name).to.equal(common);
        for (const f of floating) expect(f(x, y).dtype, f.name).to.equal(floats(common));
        for (const f of questions) expect(f(x, y).dtype, f.name).to.equal("bool");
        if (a !== "bool" && b !== "bool") {
          for (const f of numbers) expect(f(x, y).dtype, f.name).to.equal(common);
        }
        if (!isFloating(common)) {
          for (const f of integers) expect(f(x, y).dtype, f.name).to.equal(common);
        }
        expect(lerp(x.to("float64"), y.to("float32"), 0.5).dtype).to.equal("float64");
        for (const f of scanned) {
          expect(f(x, 0).dtype).to.equal(isFloating(a) ? a : "int64");
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("functions of one tensor", () => {
  for (const dtype of DTYPES) {
    it(dtype, () => {
      const x = one(dtype);
      expect(exp(x).dtype).to.equal(floats(dtype));
      expect(sigmoid(x).dtype).to.equal(floats(dtype));
      expect(sign(x).dtype).to.equal(dtype);
      expect(square(x).dtype).to.equal(dtype === "bool" ? "int64" : dtype);
      expect(isnan(x).dtype).to.equal("bool");
      if (dtype !== "bool") {
        for (const f of [neg, relu, floor]) expect(f(x).dtype).to.equal(dtype);
      }
    });
  }
});
