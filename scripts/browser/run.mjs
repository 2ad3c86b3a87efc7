// npm run test:browser: trains a small network in headless Chromium and checks what comes back. Says so and
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
const PAGE = `<!doctype html><meta charset="utf-8"><title>tapegrad</title>
<script src="/page.js"></script>
<script>
  const send = (result) => fetch("/result", { method: "POST", body: JSON.stringify(result) });
  onerror = (message) => void send({ error: String(message) });
  page.run().then(send, (error) => send({ error: String(error.stack ?? error) }));
</script>`;

/** @type {(text: string) => void} */
let received = () => {};
/** @type {Promise<string>} */
const answer = new Promise((resolve) => {
  received = resolve;
});
const server = createServer((request, response) => {
  if (request.method === "POST") {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      response.end();
      received(body);
    });
    return;
  }
  const [type, text] =
    request.url === "/"
      ? ["text/html", PAGE]
      : request.url === "/page.js"
        ? ["text/javascript", script]
        : ["text/plain", ""];
  response.writeHead(text === "" ? 404 : 200, { "content-type": `${type}; charset=utf-8` });
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
    `http://127.0.0.1:${port}/`,
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
const text = await Promise.race([
  answer,
  ended.then((code) => JSON.stringify({ error: `Chromium ended (${code}):\n${stderr}` })),
  new Promise((resolve) => {
    timer = setTimeout(
      () => resolve(JSON.stringify({ error: `no answer in ${SECONDS} s\n${stderr}` })),
      SECONDS * 1000,
    );
  }),
]);
clearTimeout(timer);
child.kill();
await ended;
server.closeAllConnections();
server.close();
rmSync(profile, { recursive: true, force: true, maxRetries: 5 });

const result = JSON.parse(text);
console.log(JSON.stringify(result, null, 2));
const good =
  result.backend === "wasm" && result.twelve === 12 && result.lastLoss < result.firstLoss / 2;
if (!good) {
  console.error("test:browser: failed");
  process.exit(1);
}
console.log(
  `test:browser: ${result.steps} steps in ${result.milliseconds} ms, ` +
    `loss ${result.firstLoss.toFixed(3)} → ${result.lastLoss.toFixed(3)}`,
);
