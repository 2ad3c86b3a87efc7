// npm run setup:browser: what it asks of apt, and what it says where it cannot.
import { expect } from "chai";
import { setUp } from "../../../scripts/setup-browser.mjs";

/** A machine on which `missing` is not there; apt answers with `answers` in turn, and a success installs. */
function machine(
  missing: string[],
  { release = "ID=debian\n", root = true, answers = [true] } = {},
) {
  const [calls, lines]: [string[], string[]] = [[], []];
  let left = missing;
  const done = setUp({
    missing: () => left,
    ...{ release, root },
    apt(args) {
      calls.push(args.join(" "));
      const succeeds = answers[calls.length - 1] ?? false;
      if (succeeds && args[0] === "install") left = [];
      return succeeds;
    },
    say: (line) => lines.push(line),
  });
  return { done, calls, lines };
}

describe("setup:browser", () => {
  const install = "install -y --no-install-recommends chromium libvulkan1";
  const both = ["chromium", "libvulkan1"];

  it("says and does nothing where all is there", () => {
    expect(machine([])).to.deep.equal({ done: true, calls: [], lines: [] });
  });
  it("installs what is missing, and only that", () => {
    const { done, calls, lines } = machine(["libvulkan1"]);
    expect({ done, calls }).to.deep.equal({
      done: true,
      calls: ["install -y --no-install-recommends libvulkan1"],
    });
    expect(lines).to.deep.equal(["setup:browser: apt-get install libvulkan1"]);
  });
  it("fetches the lists and tries again where they are old", () => {
    const { done, calls } = machine(both, { answers: [false, true, true] });
    expect({ done, calls }).to.deep.equal({ done: true, calls: [install, "update", install] });
  });
  it("where apt fails says what to install", () => {
    const { done, calls, lines } = machine(both, { answers: [false, true, false] });
    expect({ done, calls }).to.deep.equal({ done: false, calls: [install, "update", install] });
    expect(lines[1]).to.match(/apt-get failed; install chromium and libvulkan1 .*CHROMIUM/);
    expect(machine(both, { answers: [false, false] }).calls).to.deep.equal([install, "update"]);
  });
  it("leaves apt alone without the right to use it, and where there is none", () => {
    const user = machine(both, { root: false });
    expect(user).to.deep.include({ done: false, calls: [] });
    expect(user.lines[0]).to.match(/only root may install packages; install chromium and/);
    const fedora = machine(both, { release: "ID=fedora\n" });
    expect(fedora).to.deep.include({ done: false, calls: [] });
    expect(fedora.lines[0]).to.match(/this is no Debian/);
    expect(machine(both, { release: "ID=ubuntu\nID_LIKE=debian\n" }).done).to.equal(true);
  });
});
