// Every row runs: the memory rows as they are, the others cut down to little work of the same kind.
import { expect } from "chai";
import { fallbacks, getNumThreads, resetFallbacks, setNumThreads } from "tapegrad";
import { measureRow } from "../measure.ts";
import { select } from "../options.ts";
import { prepare } from "../own.ts";
import { OwnRunner } from "../own-runner.ts";
import { line, record } from "../report.ts";
import { meterFor } from "../roofs.ts";
import { EFFORTS } from "../timing.ts";
import { type Spec, WORKLOADS } from "../workloads.ts";

function small(spec: Spec): Spec {
  switch (spec.kind) {
    case "chain": {
      const [first] = spec.convs;
      const depthwise = spec.convs.length === 1 && first?.groups === spec.input[1];
      const fewer = depthwise ? spec.input[1] / 64 : 1;
      const convs = spec.convs.slice(0, 2).map((conv) => ({
        ...conv,
        out: Math.ceil(conv.out / fewer),
        groups: Math.ceil(conv.groups / fewer),
      }));
      return { ...spec, input: [1, Math.ceil(spec.input[1] / fewer), 7, 9], convs };
    }
    case "inference":
      return { ...spec, input: [1, 3, 32, 32] };
    case "step":
      return { ...spec, input: [4, spec.input[1], 12, 12] };
    case "adds":
      return { ...spec, count: 200 };
    case "gemm":
      return { ...spec, size: 64 };
    case "memory":
      return spec;
  }
}

describe("bench: rows", () => {
  const threads = getNumThreads();
  const meter = meterFor(1);
  after(() => {
    meter.stop();
    setNumThreads(threads);
  });
  const own = new OwnRunner(1);

  for (const { workload, pass } of select(undefined, "all")) {
    it(`${workload.id} ${pass}`, async () => {
      const row = { workload: { ...workload, spec: small(workload.spec) }, pass };
      resetFallbacks();
      const m = await measureRow(row, own, [], { meter }, EFFORTS.least);
      expect(m.own.ms).to.be.above(0);
      expect(m.own.samples).to.equal(1);
      for (const value of m.own.probe) expect(value).to.be.within(1e-6, 1e6);
      expect(line(m)).to.include(workload.id);
      const parsed = JSON.parse(record(m, 1));
      expect(parsed).to.include({ id: workload.id, pass, threads: 1 });
      expect(parsed.kernels).to.be.an("array");
      // A row in plain loops would measure nothing.
      expect(fallbacks().filter(({ refusable }) => refusable)).to.deep.equal([]);
    });
  }

  it("a training step lowers the loss", () => {
    const spec = WORKLOADS.find(({ id }) => id === "W4t28")?.spec;
    if (spec === undefined) throw new Error("no W4t28");
    const step = prepare(small(spec), "fwdbwd");
    const [before = 0] = step.probe();
    for (let i = 0; i < 10; i++) step.run();
    const [after = 0] = step.probe();
    expect(before).to.be.within(1, 4);
    expect(after).to.be.below(before);
  });
});
