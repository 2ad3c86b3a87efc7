// npm run test:browser: trains a small network in headless Chromium, in a page and in a worker, with one thread and
// with two, and checks that all give the bits that Node gives. Says so and
// succeeds where there is no Chromium; CHROMIUM names one that is not on the PATH.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { bundlePage } from "./bundle.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const SECONDS = 120;

const chromium =
  process.env.CHROMIUM ??
  (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
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
/** @type {(text: string) => void} */
let finish = () => {};
/** @type {Promise<string>} */
const finished = new Promise((resolve) => {
  finish = resolve;
});
const server = createServer((request, response) => {
  if (request.method === "POST") {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const answer = /** @type {Answer} */ (JSON.parse(body));
      answers.push(answer);
      const over = answer.error !== undefined || answers.length === RUNS.length;
      response.end(over ? "" : urlOf(answers.length));
      if (over) finish("");
    });
    return;
  }
  const index = Number((request.url ?? "").slice(1));
  const [type, text] =
    request.url === "/page.js"
      ? ["text/javascript", script]
      : request.url === "/worker.js"
        ? ["text/javascript", WORKER]
        : RUNS[index] !== undefined
          ? ["text/html", htmlOf(index)]
          : ["text/plain", ""];
  const isolation =
    type === "text/javascript" || RUNS[index]?.isolated
      ? {
          "cross-origin-opener-policy": "same-origin",
          "cross-origin-embedder-policy": "require-corp",
        }
      : {};
  response.writeHead(text === "" ? 404 : 200, {
    "content-type": `${type}; charset=utf-8`,
    ...isolation,
  });
  response.end(text);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

const profile = mkdtempSync(join(tmpdir(), "tapegrad-chromium-"));
const child = spawn(
  chromium,
  [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    `--user-data-dir=${profile}`,
    "--remote-debugging-port=0", // keeps the page open
    `http://127.0.0.1:${port}${urlOf(0)}`,
  ],
  { stdio: ["ignore", "ignore", "pipe"] },
);
let stderr = "";
child.stderr.on("data", (chunk) => {
  stderr += chunk;
});
const ended = new Promise((resolve) => child.once("close", resolve));

/** @type {NodeJS.Timeout | undefined} */
let timer;
const trouble = await Promise.race([
  finished,
  ended.then((code) => `Chromium ended (${code}):\n${stderr}`),
  new Promise((resolve) => {
    timer = setTimeout(() => resolve(`no answer in ${SECONDS} s\n${stderr}`), SECONDS * 1000);
  }),
]);
clearTimeout(timer);
child.kill();
await ended;
server.closeAllConnections();
server.close();
rmSync(profile, { recursive: true, force: true, maxRetries: 5 });

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
