// Lines, JSON records and verdicts, from measurements made up here.
import { expect } from "chai";
import { agree, type Measured, ratio, type Timed } from "../measure.ts";
import { number, ratios, record, verdicts } from "../report.ts";
import { leastMs } from "../roofs.ts";
import { judge, PEER_TARGETS, ROOFED } from "../targets.ts";
import { median } from "../timing.ts";
import { type Pass, WORKLOADS } from "../workloads.ts";

const timed = (name: string, ...rounds: number[]): Timed => ({
  name,
  ms: median(rounds),
  rounds,
  samples: 10,
  probe: [0.5],
  kernels: name === "tapegrad@1" ? ["conv:a", "relu:b"] : [],
});

function measured(id: string, pass: Pass, ms: number, others: readonly Timed[] = []): Measured {
  const workload = WORKLOADS.find((w) => w.id === id);
  if (workload === undefined) throw new Error(`no workload ${id}`);
  const roofs = { gflops: 50, gbs: 30 };
  const least = leastMs(roofs, workload.passes[pass] ?? { flops: 0, bytes: 0 });
  const own = timed("tapegrad@1", ms, ms, ms);
  return { row: { workload, pass }, own, others, failed: [], roofs, fraction: least / ms };
}

describe("bench: report", () => {
  it("medians and ratios are those of the rounds, without the rounds that were left out", () => {
    expect(median([3, 1, 2])).to.equal(2);
    expect(median([4, 1, 2, 3])).to.equal(2.5);
    expect(median([Number.NaN, 5])).to.equal(5);
    expect(median([])).to.be.NaN;
    // The machine slowed down in the last round, for both.
    expect(ratio(timed("a", 1, 1, 10), timed("b", 2, 2, 20))).to.equal(2);
    expect(ratio(timed("a", 1, Number.NaN, 1), timed("b", 3, 3, Number.NaN))).to.equal(3);
  });

  it("the lower roof is the one that takes longer", () => {
    const roofs = { gflops: 50, gbs: 30 };
    expect(leastMs(roofs, { flops: 50e6, bytes: 3e6 })).to.be.closeTo(1, 1e-9);
    expect(leastMs(roofs, { flops: 5e6, bytes: 30e6 })).to.be.closeTo(1, 1e-9);
  });

  it("three digits", () => {
    expect([123.4, 12.34, 1.234, 0.1234, 0].map(number)).to.deep.equal([
      "123",
      "12.3",
      "1.23",
      "0.123",
      "–",
    ]);
  });

  it("a JSON record has the promised fields, and the peers", () => {
    const m = measured("W2a", "fwd", 2, [timed("torch", 4, 4, 4)]);
    const parsed = JSON.parse(record(m, 1));
    expect(parsed).to.include({ id: "W2a", pass: "fwd", threads: 1, msMedian: 2, gflops: 18.874 });
    expect(parsed.gbs).to.be.closeTo(16.786432 / 2, 1e-3);
    expect(parsed.kernels).to.deep.equal(["conv:a", "relu:b"]);
    expect(parsed.peers).to.deep.equal([
      { name: "torch", msMedian: 4, samples: 10, ratio: 2, agrees: true },
    ]);
  });

  it("says who computes something else, and who should have run", () => {
    const wrong = { ...timed("ort-web", 4, 4, 4), probe: [0.6] };
    const m: Measured = {
      ...measured("W2a", "fwd", 2, [wrong]),
      failed: [
        { name: "jax-js", why: "it broke", unexpected: true },
        { name: "tfjs-wasm", why: "never has this", unexpected: false },
      ],
    };
    expect(agree(m.own, wrong)).to.equal(false);
    const text = ratios(m).join("\n");
    expect(text).to.match(/ort-web 4.00 ms = 2.00×/);
    expect(text).to.match(/! W2a: ort-web computes something else/);
    expect(text).to.match(/! W2a: jax-js: it broke/);
    expect(text).to.not.match(/tfjs/);
  });
});

describe("bench: targets", () => {
  it("name rows and passes that exist", () => {
    for (const { rows, pass } of PEER_TARGETS) {
      for (const id of rows) {
        expect(WORKLOADS.find((w) => w.id === id)?.passes[pass], `${id} ${pass}`).to.not.equal(
          undefined,
        );
      }
    }
    expect(ROOFED).to.include.members(["W2a", "M-add", "M-adamw"]).and.not.include("M-exp");
  });

  const got = (all: readonly Measured[], threads = 1) =>
    judge(all, threads).map((v) => `${v.id} ${v.pass} ${v.what} ${v.got} ${v.reached}`);

  it("torch is the better of its layouts, torch NCHW is not", () => {
    const others = [timed("torch", 7, 7, 7), timed("torch-cl", 3, 3, 3)];
    expect(got([measured("W2b", "fwdbwd", 2, others)])).to.deep.equal([
      "W2b fwdbwd torch NCHW 3.50× true",
      "W2b fwdbwd torch 1.50× false",
    ]);
  });

  it("peers that did not run are not judged", () => {
    expect(got([measured("W2b", "fwd", 2)])).to.deep.equal([]);
  });

  it("W2a forward and memory rows against the roof beside them", () => {
    const atRoof = 37.748736 / 50; // its multiply-adds take longer than its bytes
    expect(got([measured("W2a", "fwd", atRoof * 1.1), measured("M-add", "fwd", 4)])).to.deep.equal([
      "W2a fwd the lower roof 91 % true",
      "M-add fwd the lower roof 21 % false",
    ]);
  });

  it("two threads against one, where there is enough to do", () => {
    const alone = [timed("tapegrad@1", 3.4, 3.4, 3.4)];
    expect(got([measured("W2b", "fwd", 2, alone)], 2)).to.deep.equal([
      "W2b fwd one thread 1.70× false",
    ]);
    expect(got([measured("W2b", "fwd", 2, alone)], 3)).to.deep.equal([]);
    expect(got([measured("M-exp", "fwd", 2, alone)], 2)).to.deep.equal([]);
    // 25 of 50 GFLOP/s came from the first thread: the row is bound by arithmetic.
    const aloneRoofs = { gflops: 25, gbs: 30 };
    const [said] = judge([{ ...measured("W2b", "fwd", 2, alone), aloneRoofs }], 2);
    expect(said?.note).to.equal("the roof itself 2.00×");
  });

  it("microseconds of an add", () => {
    expect(got([measured("W5fwd", "fwd", 8), measured("W5bwd", "fwdbwd", 25)])).to.deep.equal([
      "W5fwd fwd an add 0.80 µs true",
      "W5bwd fwdbwd an add 2.50 µs false",
    ]);
  });

  it("the sweep may not rise with the groups", () => {
    const times = { "G-1": 40, "G-2": 20, "G-4": 20.5, "G-8": 30 };
    const all = Object.entries(times).map(([id, ms]) => measured(id, "fwd", ms));
    expect(got(all)).to.deep.equal([
      "G-2 fwd not above G-1 20.00 ms true",
      "G-4 fwd not above G-2 20.50 ms true",
      "G-8 fwd not above G-4 30.00 ms false",
    ]);
  });

  it("the table has the misses first, and counts", () => {
    const all = judge([measured("W5fwd", "fwd", 8), measured("W5bwd", "fwdbwd", 25)], 1);
    const lines = verdicts(all).split("\n");
    expect(lines[1]).to.match(/^MISSED +W5bwd +fwdbwd +an add +2.00 µs +2.50 µs$/);
    expect(lines[2]).to.match(/^reached W5fwd/);
    expect(lines.at(-1)).to.equal("1 of 2 targets reached");
  });
});
