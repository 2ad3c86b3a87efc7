// The command line: what it selects, and what it says to mistakes.
import { expect } from "chai";
import { GPU_ROW_NAMES } from "../gpu-rows.ts";
import { main } from "../main.ts";
import { parseOptions, UsageError } from "../options.ts";
import { EFFORTS } from "../timing.ts";
import { WORKLOADS } from "../workloads.ts";

const rowsOf = (...args: string[]) =>
  parseOptions(args)?.rows.map(({ workload, pass }) => `${workload.id} ${pass}`);

describe("bench: options", () => {
  it("without any: all rows and passes, one thread, no peers", () => {
    const options = parseOptions([]);
    const passes = WORKLOADS.reduce((n, { passes }) => n + Object.keys(passes).length, 0);
    expect(options?.rows).to.have.length(passes);
    expect(options).to.include({ threads: 1, peers: undefined, json: undefined, list: false });
    expect(options?.effort).to.deep.equal(EFFORTS.normal);
  });

  it("--filter and --pass select rows in their order", () => {
    expect(rowsOf("--filter", "^W2d")).to.deep.equal([
      "W2d3 fwd",
      "W2d3 fwdbwd",
      "W2d5 fwd",
      "W2d5 fwdbwd",
    ]);
    expect(rowsOf("--filter", "W6|W2a", "--pass", "fwdbwd")).to.deep.equal(["W2a fwdbwd"]);
    expect(rowsOf("--filter", "W4t28")).to.deep.equal(["W4t28 fwdbwd"]);
  });

  it("--threads, --json, --peers, --quick, --list, --help", () => {
    const options = parseOptions(["--threads", "3", "--json", "f", "--peers", "--quick", "--list"]);
    expect(options).to.include({ threads: 3, json: "f", list: true });
    expect(options?.effort).to.deep.equal(EFFORTS.quick);
    expect(options?.peers?.test("ort-web")).to.equal(true);
    expect(parseOptions(["--against", "torch"])?.peers?.test("ort-web")).to.equal(false);
    expect(parseOptions(["--help"])).to.equal(null);
  });

  it("--cpu-time counts the processor's time, of one thread", () => {
    expect(parseOptions([])?.effort.clock).to.equal("wall");
    expect(parseOptions(["--cpu-time"])?.effort.clock).to.equal("cpu");
    expect(() => parseOptions(["--cpu-time", "--threads", "2"])).to.throw(
      UsageError,
      /--threads 1/,
    );
  });

  it("--device gpu: rows of its own", () => {
    expect(parseOptions(["--device", "gpu"])?.gpu).to.deep.equal(GPU_ROW_NAMES);
    const some = parseOptions(["--device", "gpu", "--filter", "^depthwise", "--list"]);
    expect(some).to.deep.include({ gpu: ["depthwise forward", "depthwise backward"], rows: [] });
    expect(some?.list).to.equal(true);
    expect(parseOptions([])?.gpu).to.equal(undefined);
  });

  it("--device gpu --list lists: nothing is asked of an adapter", async () => {
    const lines: string[] = [];
    const { write } = process.stdout;
    process.stdout.write = ((text: string) => lines.push(text) > 0) as typeof write;
    try {
      expect(await main(["--device", "gpu", "--list", "--filter", "512|record"])).to.equal(0);
    } finally {
      process.stdout.write = write;
    }
    expect(lines).to.have.length(2);
    expect(lines[0]).to.match(/^matmul 512 +the product/);
    expect(lines[1]).to.match(/^record +JavaScript/);
  });

  const MISTAKES: readonly (readonly [string[], RegExp])[] = [
    [["--device", "gpu", "--filter", "W9"], /no row of the GPU matches \/W9\/; .* record/s],
    [["--device", "tpu"], /--device: expected cpu or gpu, got 'tpu'/],
    [["--filter", "W9"], /--filter: no row matches \/W9\/; there are\s+W5fwd W5bwd W1a-g1 /],
    [["--filter", "("], /--filter: .*regular expression/i],
    [["--against", "("], /--against: .*regular expression/i],
    [["--pass", "backward"], /--pass: expected fwd, fwdbwd or all, got 'backward'/],
    [["--filter", "W4t28", "--pass", "fwd"], /--pass fwd: .* W4t28 \(fwdbwd\)/],
    [["--threads", "0"], /--threads: expected a whole number from 1 on, got '0'/],
    [["--threads", "two"], /--threads: .* got 'two'/],
    [["--threads"], /--threads/],
    [["--theads", "2"], /Unknown option '--theads'/],
    [["W2a"], /W2a/],
  ];
  for (const [args, message] of MISTAKES) {
    it(`says what is wrong with ${args.join(" ")}`, () => {
      expect(() => parseOptions(args)).to.throw(UsageError, message);
    });
  }
});
