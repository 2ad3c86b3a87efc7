// The command line: what it selects, and what it says to mistakes.
import { expect } from "chai";
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
    expect(options?.effort).to.equal(EFFORTS.normal);
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
    expect(options?.effort).to.equal(EFFORTS.quick);
    expect(options?.peers?.test("ort-web")).to.equal(true);
    expect(parseOptions(["--against", "torch"])?.peers?.test("ort-web")).to.equal(false);
    expect(parseOptions(["--help"])).to.equal(null);
  });

  const MISTAKES: readonly (readonly [string[], RegExp])[] = [
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
