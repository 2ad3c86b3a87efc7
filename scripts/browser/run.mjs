// npm run test:browser: trains a small network in headless Chromium, in a page and in a worker, with one thread and
// with two, and checks that all give the bits that Node gives. Says so and
// succeeds where there is no Chromium; CHROMIUM names one that is not on the PATH.
import { bundlePage } from "./bundle.mjs";
import { browse, findChromium, NAMES } from "./chromium.mjs";

const chromium = findChromium();
if (chromium === undefined) {
  console.log(`test:browser: skipped, there is no ${NAMES.join(", ")} on the PATH; set CHROMIUM`);
  process.exit(0);
}

const script = await bundlePage();

/**
 * Where the page runs, and with how many threads. Memory can be shared with workers only where the page is
 * cross-origin isolated; where it is not, one thread computes.
 */
const RUNS = [
  { where: "page", threads: 1, isolated: true },
  { where: "page", threads: 2, isolated: true },
  { where: "worker", threads: 1, isolated: true },
  { where: "worker", threads: 2, isolated: true },
  { where: "page", threads: 2, isolated: false },
];
/** @type {(index: number) => string} */
const urlOf = (index) => `/${index}`;

/** @type {(index: number) => string} */
const htmlOf = (index) => {
  const { where, threads } = /** @type {typeof RUNS[number]} */ (RUNS[index]);
  return `<!doctype html><meta charset="utf-8"><title>tapegrad</title>
<script>
  const send = async (result) => {
    const next = await fetch("/result", { method: "POST", body: JSON.stringify(result) });
    const url = await next.text();
    if (url) location.href = url;
  };
  onerror = (message) => void send({ error: String(message) });
</script>
${
  where === "page"
    ? `<script src="/page.js"></script>
<script>page.run(${threads}).then(send, (error) => send({ error: String(error.stack ?? error) }));</script>`
    : `<script>
  const worker = new Worker("/worker.js");
  worker.onmessage = ({ data }) => void send(data);
  worker.onerror = (event) => void send({ error: event.message || "the worker did not start" });
  worker.postMessage(${threads});
</script>`
}`;
};
const WORKER = `importScripts("/page.js");
onmessage = ({ data }) => {
  page.run(data).then(postMessage, (error) => postMessage({ error: String(error.stack ?? error) }));
};`;

/** @typedef {import("./page.ts").PageResult & { error?: string }} Answer */
/** @type {Answer[]} */
const answers = [];
const trouble = await browse({
  chromium,
  flags: ["--disable-gpu"],
  seconds: 120,
  first: urlOf(0),
  receive(body) {
    const answer = /** @type {Answer} */ (JSON.parse(body));
    answers.push(answer);
    const over = answer.error !== undefined || answers.length === RUNS.length;
    return over ? undefined : urlOf(answers.length);
  },
  page(url) {
    if (url === "/page.js") return { type: "text/javascript", text: script, isolated: true };
    if (url === "/worker.js") return { type: "text/javascript", text: WORKER, isolated: true };
    const index = Number(url.slice(1));
    const run = RUNS[index];
    return run && { type: "text/html", text: htmlOf(index), isolated: run.isolated };
  },
});

// The same page in this Node, from the same bundle.
const page = /** @type {{ run(threads: number): Promise<Answer> }} */ (
  new Function(`${script}; return page;`)()
);
const node = await page.run(1);

/** @type {string[]} */
const failures = trouble === "" ? [] : [trouble];
for (const [index, { where, threads, isolated }] of RUNS.entries()) {
  const name = `${where}, ${threads} thread(s)${isolated ? "" : ", not cross-origin isolated"}`;
  const answer = answers[index];
  if (answer === undefined || answer.error !== undefined) {
    failures.push(`${name}: ${answer?.error ?? "did not run"}`);
    continue;
  }
  const { firstLoss, lastLoss, bits, described, steps, milliseconds, productMilliseconds } = answer;
  console.log(
    `${name}: ${steps} steps in ${milliseconds} ms, loss ${firstLoss.toFixed(3)} → ${lastLoss.toFixed(3)}, ` +
      `bits ${bits}, product of 512 in ${productMilliseconds} ms; ${described}`,
  );
  const wanted = isolated && threads === 2 ? /2 threads/ : /one thread/;
  if (!wanted.test(described)) failures.push(`${name}: runs on another number of threads`);
  if (bits !== node.bits) failures.push(`${name}: other bits than Node's ${node.bits}`);
  if (answer.backend !== "wasm" || answer.twelve !== 12 || lastLoss > firstLoss / 2) {
    failures.push(`${name}: does not train:\n${JSON.stringify(answer, null, 2)}`);
  }
}
if (failures.length > 0) {
  console.error(`test:browser: failed\n${failures.join("\n")}`);
  process.exit(1);
}
console.log(`test:browser: ${RUNS.length} runs, the same bits as in Node ${process.version}`);
