// The definitions against the figures that were published for them, and the numbers that fill tensors.
import { expect } from "chai";
import { uniform } from "../data.ts";
import { layersOf, type Pass, product, WORKLOADS } from "../workloads.ts";

// MFLOP forward, MB forward, MB forward + backward; three digits.
const FIGURES: Readonly<Record<string, readonly [number, number | null, number | null]>> = {
  "W1a-g1": [18497, 55.7, 151],
  "W1a-g2": [9248, 43.9, 116],
  "W1a-g4": [4624, 38.0, 98.0],
  "W1a-g256": [72.3, 32.2, 80.6],
  "W1b-g1": [12080, 44.6, 123],
  "W1b-g2": [6040, 32.8, 87.8],
  "W1b-g4": [3020, 26.9, 70.1],
  "W1b-g256": [47.2, 21.1, 52.7],
  W2a: [37.7, 16.8, 42.0],
  W2b: [105, 16.8, 42.0],
  W2c: [206, 16.8, 42.1],
  W2d3: [5.97, 3.0, 7.68],
  W2d5: [13.1, 2.79, 7.32],
  W2e: [423, 55.0, 131],
  W2f: [28.9, 9.64, 22.5],
  W2g: [14.5, 16.1, 45.0],
  W3sep: [851, 26.0, 65.0],
  W3pw: [839, 7.47, 20.8],
  W4inf: [1135, 53.5, null],
  "W6-512": [268, 3.15, null],
  "W6-1024": [2147, 12.6, null],
  W4t28: [781, null, 146],
  W4t32: [1057, null, 190],
};

const close = (got: number, figure: number) =>
  expect(Math.abs(got - figure), `${got} for ${figure}`).to.be.at.most(0.005 * figure + 1e-9);

const find = (id: string) => {
  const workload = WORKLOADS.find((w) => w.id === id);
  if (workload === undefined) throw new Error(`no workload ${id}`);
  return workload;
};

describe("bench: workloads", () => {
  for (const [id, [flops, forward, both]] of Object.entries(FIGURES)) {
    it(`${id} has the arithmetic and the bytes of the table`, () => {
      const { passes } = find(id);
      const wanted: readonly (readonly [Pass, number, number | null])[] = [
        ["fwd", 1, forward],
        ["fwdbwd", 3, both],
      ];
      for (const [pass, factor, megabytes] of wanted) {
        const cost = passes[pass];
        expect(cost === undefined, pass).to.equal(megabytes === null);
        if (cost === undefined || megabytes === null) continue;
        close(cost.flops / 1e6, factor * flops);
        close(cost.bytes / 1e6, megabytes);
      }
    });
  }

  it("have ids of their own", () => {
    const ids = WORKLOADS.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(ids).to.include.members(["W5fwd", "W5bwd", "G-1", "G-256", "M-add"]);
  });

  it("W2e pads 9×9 to an output of 13×13", () => {
    const { spec } = find("W2e");
    if (spec.kind !== "chain") throw new Error("not a chain");
    expect(layersOf(spec.input, spec.convs)[0]?.y).to.deep.equal([1, 50000, 13, 13]);
  });

  for (const [id, count] of [
    ["W4t28", 136_202],
    ["W4t32", 136_778],
  ] as const) {
    it(`${id} trains ${count} parameters in 11 convolutions`, () => {
      const { spec } = find(id);
      if (spec.kind !== "step") throw new Error("not a step");
      const layers = layersOf(spec.input, spec.convs);
      expect(layers).to.have.length(11);
      const width = layers.at(-1)?.out ?? 0;
      const head = (width + 1) * spec.classes;
      const total = layers.reduce((n, { w, out }) => n + product(w) + 2 * out, head);
      expect(total).to.equal(count);
    });
  }
});

describe("bench: data", () => {
  it("is the same each time, other with each seed, and of the deviation asked for", () => {
    const a = uniform(100_000, 3, 0.5);
    expect(a).to.deep.equal(uniform(100_000, 3, 0.5));
    expect(a.subarray(0, 8)).to.not.deep.equal(uniform(8, 4, 0.5));
    const mean = a.reduce((s, v) => s + v, 0) / a.length;
    const variance = a.reduce((s, v) => s + (v - mean) ** 2, 0) / a.length;
    expect(mean).to.be.closeTo(0, 0.005);
    expect(Math.sqrt(variance)).to.be.closeTo(0.5, 0.005);
  });

  it("begins with the numbers that the peers in other languages compute", () => {
    // numpy, by the formula in peers/torch_peer.py
    const expected = ["1.45500", "-1.64292", "1.16450"];
    expect([...uniform(3, 1)].map((v) => v.toFixed(5))).to.deep.equal(expected);
  });
});
