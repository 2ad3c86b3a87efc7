// Choosing by time: what is tried, what is kept, what listeners are told.
import "@tapegrad/backend-cpu";
import {
  type Choice,
  conv2d,
  manualSeed,
  matmul,
  onRun,
  type Picks,
  randn,
  setPickStore,
  setTunedPicks,
  type Tensor,
  tune,
  tunedPicks,
  useDeterministicAlgorithms,
  withBackend,
} from "@tapegrad/core";
import { expect } from "chai";
import { measureRoofs, roofMs } from "../src/index.ts";
import { runChosen } from "../src/wasm/choose.ts";
import { gemm } from "../src/wasm/gemm/gemm.ts";
import { addressOf } from "../src/wasm/view.ts";
import { expectClose, newContext, read, viewOf } from "./wasm-support.ts";

const bits = (t: Tensor): string => Buffer.from(t.dataSync().buffer).toString("base64");
const grouped = (): Tensor => {
  manualSeed(5);
  return conv2d(randn([2, 8, 9, 9]), randn([8, 4, 3, 3]), { padding: 1, groups: 2 });
};
const QUESTION = "wasm conv n2 c8 o8 g2 in1x9x9 k1x3x3 s1x1x1 p0x1x1 d1x1x1 out1x9x9";

describe("choosing", () => {
  // The tapegrad package keeps picks in a file of the user's; not those of a test.
  before(() => setPickStore(null));
  afterEach(() => {
    tune(false);
    useDeterministicAlgorithms(false);
    setTunedPicks({});
    setPickStore(null);
  });
  const onWasm = <R>(f: () => R): R => withBackend("wasm", f);

  it("is by shape as a rule: nothing is tried, nothing is kept", () => {
    onWasm(grouped);
    expect(tunedPicks()).to.deep.equal({});
  });

  it("with tune() tries all ways once, and keeps the pick", () => {
    const saved: Picks[] = [];
    setPickStore({ load: () => ({}), save: (added) => saved.push(added) });
    const first = onWasm(() => tune(grouped));
    expect(Object.keys(tunedPicks())).to.deep.equal([QUESTION]);
    expect(saved.length).to.equal(1);
    expect(Object.keys(saved[0] as Picks)[0]).to.match(
      /^wasm conv n2 .* \| \d+ threads, (relaxed SIMD|SIMD128)$/,
    );
    const again = onWasm(() => tune(grouped));
    expect(saved.length, "not measured again").to.equal(1);
    expect(bits(again)).to.equal(bits(first));
  });

  it("uses the picks of a store and of a checkpoint; the latter win", () => {
    const variant = (f: () => void): string => {
      const seen: string[] = [];
      const stop = onRun(({ variant }) => seen.push(variant));
      onWasm(() => tune(f));
      stop();
      return seen.find((v) => v.includes("k3")) as string;
    };
    for (const [name, shown] of [
      ["gemm", /^implicit-gemm/],
      ["grouped-direct", /^grouped-direct/],
    ] as const) {
      const load = (): Picks => {
        const picks: Record<string, string> = {};
        for (let threads = 1; threads <= 64; threads++) {
          for (const simd of ["relaxed SIMD", "SIMD128"]) {
            picks[`${QUESTION} | ${threads} threads, ${simd}`] = name;
          }
        }
        return picks;
      };
      setPickStore({ load, save: () => expect.fail("measured") });
      expect(variant(grouped)).to.match(shown);
      const other = name === "gemm" ? "grouped-direct" : "gemm";
      setTunedPicks({ [QUESTION]: other });
      expect(variant(grouped)).to.not.match(shown);
      expect(tunedPicks()).to.deep.equal({ [QUESTION]: other });
      setTunedPicks({});
    }
  });

  it("measures anew what a kept name does not lead to", () => {
    setTunedPicks({ [QUESTION]: "gone" });
    onWasm(() => tune(grouped));
    expect(tunedPicks()[QUESTION]).to.be.oneOf(["gemm", "grouped-direct", "grouped"]);
  });

  it("keeps the picks that were taken over and not met again", () => {
    setTunedPicks({ "wasm conv elsewhere": "gemm" });
    onWasm(() => tune(grouped));
    expect(tunedPicks()).to.have.all.keys(QUESTION, "wasm conv elsewhere");
  });

  it("does nothing in deterministic mode", () => {
    useDeterministicAlgorithms(true);
    onWasm(() => tune(grouped));
    expect(tunedPicks()).to.deep.equal({});
  });

  it("tells listeners who ask of all ways with their times, and changes no result", () => {
    const plain = bits(onWasm(grouped));
    const choices: Choice[] = [];
    const stop = onRun(({ choice }) => choice && choices.push(choice), { choices: true });
    const asked = bits(onWasm(grouped));
    stop();
    stop();
    onWasm(grouped);
    expect(asked).to.equal(plain);
    expect(choices.length).to.equal(1);
    const [choice] = choices as [Choice];
    expect(choice).to.deep.include({ kernel: "conv", by: "shape" });
    expect(QUESTION).to.equal(`wasm conv ${choice.geometry}`);
    const names = choice.candidates.map((c) => c.name);
    expect(names).to.include.members(["grouped-direct", "gemm", choice.pick]);
    for (const { ms } of choice.candidates) expect(ms).to.be.within(1e-5, 1000);
  });

  it("has matrix products among its questions, whose ways agree; adding to a result is never tried", () => {
    const product = (): Tensor => {
      manualSeed(6);
      return matmul(randn([8, 64]), randn([100, 64]).t());
    };
    const choices: Choice[] = [];
    const stop = onRun(({ choice }) => choice && choices.push(choice), { choices: true });
    const wanted = onWasm(product).dataSync() as Float32Array;
    stop();
    const [choice] = choices as [Choice];
    expect(choice.geometry).to.equal("m8 n100 k64 batch1 a along k b along k");
    const names = ["gemm-dots", "matrix-vector", "gemm-packed"];
    expect(choice.candidates.map((c) => c.name)).to.deep.equal(names);
    expect(choice.pick).to.equal("gemm-dots");
    for (const { name } of choice.candidates) {
      setTunedPicks({ [`wasm matmul ${choice.geometry}`]: name });
      const got = onWasm(() => tune(product)).dataSync() as Float32Array;
      expectClose(got, wanted, name);
    }
    const ctx = newContext(false);
    const [a, b, y] = [
      viewOf(ctx, [1, 3], [1, 2, 3]),
      viewOf(ctx, [3, 1], [1, 1, 1]),
      viewOf(ctx, [1, 1], [5]),
    ];
    const at = addressOf;
    tune(() =>
      gemm(ctx, {
        ...{ m: 1, n: 1, k: 3, accumulate: true },
        ...{ a: at(a), aRowStride: 3, aColStride: 1, b: at(b), bRowStride: 1, bColStride: 1 },
        ...{ c: at(y), cRowStride: 1 },
      }),
    );
    expect([...read(ctx, y)]).to.deep.equal([11]);
  });

  it("refuses async functions and what is no function", () => {
    expect(() => tune(async () => {})).to.throw(/tune: the function must not be async/);
    expect(() => tune(1 as unknown as boolean)).to.throw(
      /tune: expected true, false or a function/,
    );
    expect(() => tune(() => fail())).to.throw("as it is");
    onWasm(grouped);
    expect(tunedPicks(), "switched off again").to.deep.equal({});
  });

  it("takes the clearly faster way, prefers the static pick among equals, and ends with the pick's result", () => {
    const ctx = newContext(false);
    // A clock that moves with the runs alone: what else the machine does decides nothing.
    const real = performance.now;
    let time = 0;
    performance.now = () => time;
    const spin = (ms: number) => () => {
      time += ms;
    };
    const always = () => true;
    const list = (kernel: string, slow: number) => ({
      kernel,
      geometry: () => "x",
      paths: [
        { name: "static", takes: always, suits: always, run: spin(slow) },
        { name: "other", takes: always, suits: always, run: spin(1) },
        { name: "not for this", takes: () => false, suits: always, run: () => expect.fail("run") },
      ],
    });
    try {
      for (const [slow, wanted] of [
        [3, "other"],
        [1, "static"],
      ] as const) {
        let last = "";
        const path = tune(() =>
          runChosen(ctx, list(`spin ${slow}`, slow), 0, (p) => {
            last = p.name;
            p.run();
          }),
        );
        expect(path.name).to.equal(wanted);
        expect(last).to.equal(wanted);
      }
    } finally {
      performance.now = real;
    }
  });
});

describe("roofs", () => {
  it("are measured on one thread and on two", () => {
    for (const threads of [1, 2]) {
      const roofs = measureRoofs({ threads });
      expect(roofs.threads).to.be.oneOf([1, threads]);
      expect(roofs.gflops).to.be.within(0.1, 1e5);
      expect(roofs.gbs).to.be.within(0.1, 1e5);
      expect(roofs.copies.map((c) => c.bytes)).to.deep.equal([16384, 262144, 2097152, 16777216]);
    }
  });

  it("say how long work takes at least", () => {
    const roofs = {
      threads: 1,
      gflops: 10,
      gbs: 5,
      copies: [
        { bytes: 1000, gbs: 50 },
        { bytes: 10_000, gbs: 5 },
      ],
    };
    expect(roofMs(roofs, 5e6, 0)).to.be.closeTo(1, 1e-9);
    expect(roofMs(roofs, 0, 1000)).to.be.closeTo(2e-5, 1e-9);
    expect(roofMs(roofs, 0, 5e6)).to.be.closeTo(1, 1e-9);
  });
});

function fail(): never {
  throw new Error("as it is");
}
