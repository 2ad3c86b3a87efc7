// The browser part of npm run test:gpu: opSuite on the GPU backends, WebGPU and WebGL2, in headless Chromium; on one of
// them with: node scripts/browser/gpu.mjs webgl2. Says so and succeeds where there is no Chromium, or where it has no
// adapter; CHROMIUM names one that is not on the PATH. The counts go as JSON to the file named in TEST_RESULT, like
// mocha's.
import { writeFileSync } from "node:fs";
import { bundlePage } from "./bundle.mjs";
import { browse, findChromium, NAMES } from "./chromium.mjs";

/** Ops that have no kernel and no composition there; they say so. None is part of a common model. */
const NOT_IN_WEBGL2 =
  "cummax cummin medianOfAll mode scatter_ sort acosh asinh atan2 atanh bitwiseAnd bitwiseLeftShift bitwiseNot bitwiseOr bitwiseRightShift bitwiseXor isfinite isnan copysign sinh cosh polygamma digamma " +
  "erfc erfinv fmax fmin gcd heaviside isinf lcm lgamma logaddexp logaddexp2 signbit sinc xlogy logsumexp logcumsumexp " +
  "i0 i1 igamma igammac nextafter";
/** Those named in the arguments, or both. @type {{ backend: string; flags: string[]; without: string[] }[]} */
const RUNS = [
  {
    backend: "webgpu",
    flags: ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
    without: [],
  },
  { backend: "webgl2", flags: [], without: NOT_IN_WEBGL2.split(" ") },
];
/** An op takes some on a busy machine. */
const SECONDS = 120;

/** @typedef {import("./gpu-page.ts").GpuPageResult & { error?: string }} Answer */
let [passed, failed] = [0, 0];
/** @type {(text: string) => void} */
const failure = (text) => {
  failed++;
  console.error(text);
};

const chromium = findChromium();
if (chromium === undefined) {
  console.log(
    `test:gpu: the browsers are skipped, there is no ${NAMES.join(", ")} on the PATH; npm run setup:browser`,
  );
} else {
  const script = await bundlePage("scripts/browser/gpu-page.ts");
  for (const { backend, flags, without } of RUNS) {
    if (process.argv.length > 2 && !process.argv.includes(backend)) continue;
    /** @type {Answer[]} */
    const answers = [];
    const trouble = await browse({
      chromium,
      flags,
      seconds: SECONDS,
      first: "/",
      receive(body) {
        answers.push(JSON.parse(body));
        return undefined;
      },
      page: (url) =>
        url === "/page.js"
          ? { type: "text/javascript", text: script }
          : { type: "text/html", text: html(backend) },
    });
    const [answer] = answers;
    if (answer === undefined || answer.error !== undefined) {
      failure(`${backend} in Chromium: ${answer?.error ?? trouble}`);
      continue;
    }
    if (answer.absent !== undefined) {
      console.log(`test:gpu: ${backend} in Chromium is skipped: ${answer.absent}`);
      continue;
    }
    const seconds = (answer.milliseconds / 1000).toFixed(1);
    passed += answer.passed;
    for (const text of answer.failed) failure(`${backend} in Chromium: ${text}`);
    const others = answer.withoutKernel.filter((op) => !without.includes(op));
    if (others.length > 0) failure(`${backend} in Chromium: no kernel for ${others.join(", ")}`);
    console.log(
      `${backend} in Chromium (${answer.adapter}): ${answer.passed} passed, ${answer.failed.length} failed (${seconds} s); ` +
        `no kernel, and they say so: ${answer.withoutKernel.join(", ") || "none"}; ` +
        `on the CPU alone, and they say so: ${answer.onHost.join(", ") || "none"}`,
    );
  }
}
const result = process.env.TEST_RESULT;
if (result) writeFileSync(result, JSON.stringify({ passes: passed, failures: failed }));
process.exit(failed === 0 ? 0 : 1);

/** @param {string} backend */
function html(backend) {
  return `<!doctype html><meta charset="utf-8"><title>tapegrad</title>
<script>
  const send = (result) => fetch("/result", { method: "POST", body: JSON.stringify(result) });
  onerror = (message) => void send({ error: String(message) });
</script>
<script src="/page.js"></script>
<script>page.run("${backend}").then(send, (error) => send({ error: String(error.stack ?? error) }));</script>`;
}
