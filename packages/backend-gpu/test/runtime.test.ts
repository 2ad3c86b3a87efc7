// The runtime: what a tensor holds, what is submitted when, what an error says.
import {
  arange,
  crossEntropy,
  currentBackend,
  DeviceError,
  DeviceLostError,
  DTypeError,
  embedding,
  IndexError,
  memory,
  OutOfMemoryError,
  ones,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "@tapegrad/core";
import { expect } from "chai";
import { gpu, runtime } from "../src/index.ts";
import { describeGpu } from "./gpu.ts";

const list = async (t: { data(): Promise<ArrayLike<number | bigint>> }): Promise<number[]> =>
  Array.from(await t.data(), Number);

describeGpu("the GPU's runtime", () => {
  it("float64 and 16-bit floats are refused, and the message says what to do", () => {
    for (const dtype of ["float64", "float16", "bfloat16"] as const) {
      const words = new RegExp(`no ${dtype} here; cast to float32`);
      expect(() => tensor([1], { dtype })).to.throw(DTypeError, words);
    }
  });

  it("reading at once is refused, and the message names the way that waits", async () => {
    const t = tensor([1, 2]);
    expect(() => t.dataSync()).to.throw(DeviceError, /await t\.data\(\)/);
    expect(() => t.sum().item()).to.throw(DeviceError, /await t\.itemAsync\(\)/);
    expect(await t.sum().itemAsync()).to.equal(3);
  });

  it("all other dtypes go in and out", async () => {
    expect(await tensor([2n ** 31n - 1n, -5n]).data()).to.deep.equal(
      BigInt64Array.of(2n ** 31n - 1n, -5n),
    );
    expect(await tensor([true, false]).data()).to.deep.equal(Uint8Array.of(1, 0));
    expect(await list(tensor([250, 7], { dtype: "uint8" }).add(10))).to.deep.equal([4, 17]);
    expect(await list(tensor([-3, 4], { dtype: "int32" }))).to.deep.equal([-3, 4]);
    expect(() => tensor([2n ** 31n])).to.throw(DTypeError, /2147483648.*does not fit/);
  });

  it("a read-back happens only where it is asked for, and many dispatches share a submit", async () => {
    await gpu.sync();
    gpu.resetCounters();
    let x = ones([8]);
    for (let i = 0; i < 200; i++) x = x.mul(1.01).add(0.5);
    expect(gpu.counters().readbacks).to.equal(0);
    await x.data();
    const { dispatches, submits, readbacks } = gpu.counters();
    expect(dispatches).to.equal(401);
    expect(readbacks).to.equal(1);
    expect(dispatches / submits).to.be.at.least(50);
  });

  it("buffers come back when their last holder lets go, and are used again", async () => {
    await zeros([1000]).data();
    const before = gpu.counters().liveBytes;
    for (let i = 0; i < 300; i++) scope(() => void ones([1000]).add(1).mul(2));
    await gpu.sync();
    expect(gpu.counters().liveBytes).to.equal(before);
    expect(gpu.counters().peakBytes - before).to.be.at.most(4 * 4096 * 3);
    expect(memory().liveBytes).to.be.at.least(before);
  });

  it("what is uploaded into a buffer comes after what was recorded before", async () => {
    const first = tensor([1, 2, 3]);
    const sum = first.add(1);
    first.release();
    const second = tensor([7, 8, 9]); // takes the buffer of `first`
    expect(await list(sum)).to.deep.equal([2, 3, 4]);
    expect(await list(second)).to.deep.equal([7, 8, 9]);
  });

  it("in-place ops on windows that overlap what they read", async () => {
    const t = arange(0, 8, 1, { dtype: "float32" });
    t.slice(["1:5"]).copy_(t.slice(["0:4"]));
    expect(await list(t)).to.deep.equal([0, 0, 1, 2, 3, 5, 6, 7]);
    t.add_(t);
    expect(await list(t)).to.deep.equal([0, 0, 2, 4, 6, 10, 12, 14]);
  });

  it("a tensor larger than a buffer is refused under the name of the op", () => {
    const n = Math.ceil(gpu.info.limits.maxStorageBufferBindingSize / 4) + 1024;
    expect(() => zeros([n])).to.throw(OutOfMemoryError, /zeros: one tensor of .* MB/);
  });

  describe("indices out of range", () => {
    const x = () => arange(0, 6, 1, { dtype: "float32" }).reshape([2, 3]);
    const wrong: readonly (readonly [string, () => Tensor, RegExp])[] = [
      [
        "gather",
        () => x().gather(1, tensor([[0n, 5n]])),
        /gather: index 5 \(element 1\) .* dim 1 of size 3/,
      ],
      ["indexSelect", () => x().indexSelect(0, tensor([0n, 1n, -1n])), /indexSelect: index -1 /],
      ["embedding", () => embedding(tensor([[0n], [2n]]), x()), /embedding: index 2 .*size 2/],
      [
        "scatterAdd",
        () => x().scatterAdd(0, tensor([[0n, 7n, 9n]]), ones([1, 3])),
        /scatterAdd: index 7 \(element 1\)/,
      ],
      ["crossEntropy", () => crossEntropy(x(), tensor([2n, 3n])), /target 3 .* 3 classes/],
      [
        "index",
        () => x().index([tensor([0n, -3n])]),
        /index -3 \(element 1\) .* dim 0 of size 2; expected -2 to 1/,
      ],
    ];
    for (const [name, f, message] of wrong) {
      it(`${name}: the next read throws, the one after it does not`, async () => {
        gpu.resetCounters();
        const y = f();
        let thrown: unknown;
        await ones([1])
          .data()
          .catch((error: unknown) => {
            thrown = error;
          });
        expect(thrown).to.be.instanceOf(IndexError);
        expect((thrown as Error).message).to.match(message);
        expect(gpu.counters().readbacks).to.equal(1);
        await y.data(); // something inside of the tensors
        await x()
          .gather(1, tensor([[0n, 2n]]))
          .data();
      });
    }

    it("the first of several, in a large permuted view; ignoreIndex is none", async () => {
      const index = zeros([70, 1000], { dtype: "int32" });
      index.slice([50, 900]).fill_(4);
      index.slice([3, 999]).fill_(2);
      const picked = zeros([2, 70]).gather(0, index.t());
      ones([2, 3]).gather(0, tensor([[8n]]));
      let thrown: unknown;
      await Promise.all([picked.data(), ones([1]).data()]).catch((error: unknown) => {
        thrown = error;
      });
      expect(String(thrown)).to.match(/gather: index 4 \(element 63050\)/);
      const loss = crossEntropy(x(), tensor([2n, -100n]));
      expect(await loss.itemAsync()).to.be.closeTo(0.4076, 1e-3);
    });
  });

  it("what is timed gives its query sets back, also where it throws", async function () {
    if (!gpu.info.features.includes("timestamp-query")) this.skip();
    const { device } = runtime();
    const make = device.createQuerySet;
    const sets: GPUQuerySet[] = [];
    let destroyed = 0;
    device.createQuerySet = (descriptor) => {
      const set = make.call(device, descriptor);
      const destroy = set.destroy.bind(set);
      set.destroy = () => {
        destroyed++;
        destroy();
        return undefined;
      };
      sets.push(set);
      return set;
    };
    try {
      const backend = currentBackend();
      let error: unknown;
      await backend
        .timed?.(() => {
          ones([4]).add(1);
          throw new Error("in between");
        })
        .catch((e: unknown) => {
          error = e;
        });
      expect(String(error)).to.equal("Error: in between");
      expect([sets.length, destroyed]).to.deep.equal([1, 1]);
      const spans = await backend.timed?.((mark) => {
        ones([4]).add(1);
        mark();
      });
      expect(spans?.length).to.equal(1);
      expect([sets.length, destroyed]).to.deep.equal([2, 2]);
    } finally {
      device.createQuerySet = make;
    }
    expect(await ones([2]).add(1).sum().itemAsync()).to.equal(4);
  });

  it("after the device was lost everything says so, and init() starts another", async () => {
    const old = ones([4]);
    gpu.destroy();
    expect(gpu.ready).to.equal(false);
    expect(() => old.add(1)).to.throw(DeviceLostError, /await gpu\.init\(\)/);
    await gpu.init();
    expect(gpu.ready).to.equal(true);
  });
});
