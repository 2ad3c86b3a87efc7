// npm run setup:browser: what the tests in browsers and on the GPU need beside npm's packages: Chromium, which brings a
// processor that plays a GPU (SwiftShader), and the Vulkan loader, by which Node finds it. Says nothing where all is
// there. Installs it on Debian and its kin as root; elsewhere says what to install, and fails.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findChromium } from "./browser/chromium.mjs";

/** Debian's name for it, and whether it is there. */
const wanted = [
  { name: "chromium", there: () => findChromium() !== undefined },
  { name: "libvulkan1", there: hasVulkan },
];

function hasVulkan() {
  if (process.platform !== "linux") return true; // Dawn uses Metal or Direct3D there
  for (const ldconfig of ["/sbin/ldconfig", "ldconfig"]) {
    const { status, stdout } = spawnSync(ldconfig, ["-p"], { encoding: "utf8" });
    if (status === 0) return stdout.includes("libvulkan.so.1");
  }
  return [
    "/usr/lib",
    "/usr/lib64",
    `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`,
  ].some((folder) => existsSync(`${folder}/libvulkan.so.1`));
}

/**
 * What setUp() asks of the machine.
 * @typedef {object} Machine
 * @property {() => string[]} missing Debian's names of what is not there
 * @property {string} release what /etc/os-release says
 * @property {boolean} root
 * @property {(args: string[]) => boolean} apt runs apt-get; whether it succeeded
 * @property {(line: string) => void} say
 */

/** Why apt cannot be used, or undefined. @param {Machine} machine */
function obstacle({ release, root }) {
  if (!/^ID(_LIKE)?=.*debian/m.test(release)) return "this is no Debian";
  return root ? undefined : "only root may install packages";
}

/** Installs what is missing, if it can. @param {Machine} machine @returns whether all is there */
export function setUp(machine) {
  const { missing, apt, say } = machine;
  const names = missing();
  if (names.length === 0) return true;
  const why = obstacle(machine);
  if (why === undefined) {
    say(`setup:browser: apt-get install ${names.join(" ")}`);
    const install = () => apt(["install", "-y", "--no-install-recommends", ...names]);
    // The lists may be old, or not there at all.
    if (!install() && apt(["update"])) install();
  }
  const left = missing();
  if (left.length === 0) return true;
  say(
    `setup:browser: ${why ?? "apt-get failed"}; install ${left.join(" and ")} (Debian's names), ` +
      "or name a Chromium in CHROMIUM",
  );
  return false;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const done = setUp({
    missing: () => wanted.filter(({ there }) => !there()).map(({ name }) => name),
    release: existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "",
    root: process.getuid?.() === 0,
    apt: (args) =>
      spawnSync("apt-get", args, {
        stdio: ["ignore", 2, 2],
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      }).status === 0,
    say: console.error,
  });
  if (!done) process.exit(1);
}
