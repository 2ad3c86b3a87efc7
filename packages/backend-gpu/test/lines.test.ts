// Sorting, modes, running extremes and scattering beyond opSuite's shapes: lines of many runs, ties, NaN, permuted.
import {
  arange,
  cummax,
  cummin,
  cumprod,
  cumsum,
  enableGrad,
  grad,
  logcumsumexp,
  median,
  mode,
  noGrad,
  ones,
  quantile,
  scatterReduce,
  searchsorted,
  setBackend,
  sort,
  type Tensor,
  tensor,
  topk,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";
import { NAME } from "../src/index.ts";
import { describeGpu } from "./gpu.ts";
import { agree } from "./siblings.ts";

/** Numbers with ties and NaN, the same on each backend. */
function numbers(count: number, missing: boolean): Float32Array {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return missing && state % 97 === 0 ? Number.NaN : (state % 300) - 150;
  });
}

type Results = Readonly<Record<string, Tensor>>;

/** What f gives on the GPU is what it gives on the reference backend. */
async function sameAsReference(f: () => Results | readonly Tensor[]): Promise<void> {
  const on = async (backend: string): Promise<number[][]> => {
    setBackend(backend);
    const list = noGrad(() => Object.values(f()));
    return Promise.all(list.map(async (t) => Array.from(await t.data(), Number)));
  };
  const [expected, got] = [await on("reference"), await on(NAME)];
  expect(got).to.deep.equal(expected);
}

describeGpu("lines", () => {
  const line = (shape: readonly number[], missing = true): Tensor =>
    tensor(
      numbers(
        shape.reduce((n, s) => n * s, 1),
        missing,
      ),
    ).reshape(shape);
  for (const n of [31, 32, 33, 64, 1000]) {
    it(`sort, lines of ${n}: up and down, equals in their order, NaN last`, async () => {
      await sameAsReference(() => sort(line([3, n])) as unknown as Results);
      await sameAsReference(
        () => sort(line([3, n]), 1, { descending: true }) as unknown as Results,
      );
    });
  }
  it("sort along the first dim of a permuted view, of integers", async () => {
    await sameAsReference(() => {
      const x = line([4, 70, 3], false).to("int32").permute(2, 1, 0);
      return sort(x, 1) as unknown as Results;
    });
  });
  it("topk and median", async () => {
    await sameAsReference(() => topk(line([2, 500]), 7) as unknown as Results);
    await sameAsReference(() => [median(line([301], false))]);
  });
  it("mode, cummax and cummin along any dim", async () => {
    for (const dim of [0, 1, 2]) {
      await sameAsReference(() => mode(line([5, 40, 6]), dim) as unknown as Results);
      await sameAsReference(() => cummax(line([5, 40, 6]), dim) as unknown as Results);
      await sameAsReference(() => cummin(line([5, 40, 6]), dim) as unknown as Results);
    }
  });
  it("running sums, products and logarithms: chunks, any dim, both ways, without a table of the line's square", async () => {
    await sameAsReference(() => [cumsum(line([3, 1000], false).to("int32"), 1)]);
    await sameAsReference(() => [cumsum(line([5, 130, 6], false), 1), cumprod(line([4]), 0)]);
    await sameAsReference(() => [cumsum(line([200], false).to("uint8"), 0, { dtype: "uint8" })]);
    const near = async (f: () => Tensor): Promise<void> => {
      setBackend("reference");
      const expected = await f().data();
      setBackend(NAME);
      const got = await f().data();
      expect(got.length).to.equal(expected.length);
      const apart = (v: unknown, i: number): number =>
        Math.abs(Number(v) - Number(expected[i])) / (1 + Math.abs(Number(expected[i])));
      expect(Math.max(...Array.from(got as ArrayLike<number>, apart))).to.be.below(3e-5);
    };
    await near(() => cumsum(line([40_000], false).div(150), 0));
    await near(() => cumprod(line([2, 100], false).div(1e4).add(1).t(), 0));
    await near(() => logcumsumexp(line([300, 2], false), 0));
    await near(() => {
      const x = line([300], false).requiresGrad_();
      return enableGrad(() => grad(cumsum(x, 0), x, { gradOutputs: [line([300], false)] })[0]);
    });
    setBackend(NAME);
    const low = tensor([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, Number.NaN, 1]);
    const [none, missing] = [Number.NEGATIVE_INFINITY, Number.NaN];
    const got = Array.from(await logcumsumexp(low, 0).data(), Number);
    expect(got).to.deep.equal([none, none, 0, missing, missing]);
  });
  it("searchsorted: shared and own edges, both sides, NaN behind all; quantiles", async () => {
    for (const right of [true, false]) {
      await sameAsReference(() => [
        searchsorted(sort(line([400])).values, line([3, 70]).t(), { right }),
        searchsorted(sort(line([3, 50])).values, line([3, 70]), { right }),
        searchsorted(sort(line([50], false).to("int32")).values, line([70], false).to("int32"), {
          right,
        }),
      ]);
    }
    await sameAsReference(() => [
      quantile(line([3, 65], false), 0.25, { dim: 1 }),
      median(line([8])),
    ]);
  });
  it("scatter: the last of several; largest, smallest and product, with and without what was there", async () => {
    const index = () => arange(0, 90, 1).mul(7).remainder(11).reshape([9, 10]);
    await sameAsReference(() => [line([11, 10]).scatter(0, index(), line([9, 10]).add(1))]);
    for (const how of ["amax", "amin", "prod"] as const) {
      for (const includeSelf of [true, false]) {
        await sameAsReference(() => [
          scatterReduce(line([11, 10]), 0, index(), line([9, 10]).div(64), how, { includeSelf }),
        ]);
      }
    }
  });
  it("scatter and scatterAdd of long lists, which are sorted: repeated along a dim, permuted, of bytes", async () => {
    const index = (...shape: number[]) =>
      tensor(
        numbers(
          shape.reduce((n, m) => n * m, 1),
          false,
        ).map((v) => (v + 150) % 17),
      )
        .to("int64")
        .reshape(shape);
    await sameAsReference(() => [
      zeros([20, 6]).scatterAdd(0, index(300).unsqueeze(1).expand(300, 6), line([300, 6], false)),
    ]);
    await sameAsReference(() => [
      ones([3, 17, 2]).scatterAdd(1, index(2, 280, 3).permute(2, 1, 0), line([3, 280, 2], false)),
    ]);
    await sameAsReference(() => [
      zeros([17]).scatterAdd(0, index(300).to("uint8"), line([300], false)),
    ]);
    await sameAsReference(() => [line([17, 2]).scatter(0, index(300, 2), line([300, 2], false))]);
    for (const includeSelf of [true, false]) {
      await sameAsReference(() => [
        scatterReduce(line([17, 2]), 0, index(300, 2), line([300, 2]), "amax", { includeSelf }),
      ]);
    }
    const [long, values] = [index(500), line([500], false)];
    await agree("scatterAdd", () => zeros([17]).scatterAdd(0, long, values));
  });
  it("scatter_ from the memory that it writes", async () => {
    await sameAsReference(() => {
      const x = arange(0, 8, 1, { dtype: "float32" });
      return [x.scatter_(0, tensor([4n, 5n, 6n]), x.narrow(0, 3, 3))];
    });
  });
});
