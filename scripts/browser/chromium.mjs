// Pages of our own in headless Chromium: a server on this machine hands them out, and they post what they found.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

export const NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "chrome",
];

/** The one named by CHROMIUM, or the first on the PATH. */
export function findChromium() {
  return (
    process.env.CHROMIUM ??
    (process.env.PATH ?? "")
      .split(delimiter)
      .flatMap((folder) => NAMES.map((name) => join(folder, name)))
      .find((path) => existsSync(path))
  );
}

/**
 * @typedef {object} Page
 * @property {string} type
 * @property {string} text
 * @property {boolean} [isolated] cross-origin isolated: memory can be shared with workers
 *
 * @typedef {object} Session
 * @property {string} chromium
 * @property {string[]} [flags]
 * @property {number} seconds without a word from a page, at most
 * @property {string} first URL of the first page
 * @property {(url: string) => Page | undefined} page
 * @property {(body: string) => string | undefined} receive takes what a page posts to /result; gives the next URL, "" for
 *   none yet, undefined when all is over
 */

/** Runs until `receive` says that all is over. What went wrong, or "". @param {Session} session */
export async function browse({ chromium, flags = [], seconds, first, page, receive }) {
  /** @type {(text: string) => void} */
  let finish = () => {};
  /** @type {Promise<string>} */
  const finished = new Promise((resolve) => {
    finish = resolve;
  });
  /** @type {(text: string) => void} */
  let silent = () => {};
  /** @type {Promise<string>} */
  const silence = new Promise((resolve) => {
    silent = resolve;
  });
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silent(`no word in ${seconds} s\n${stderr}`), seconds * 1000);
  };
  let stderr = "";
  const server = createServer((request, response) => {
    heard();
    if (request.method === "POST") {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const next = receive(body);
        response.end(next ?? "");
        if (next === undefined) finish("");
      });
      return;
    }
    const { type, text, isolated } = page(request.url ?? "") ?? { type: "text/plain", text: "" };
    response.writeHead(text === "" ? 404 : 200, {
      "content-type": `${type}; charset=utf-8`,
      ...(isolated
        ? {
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-embedder-policy": "require-corp",
          }
        : {}),
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
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--disable-component-update",
      "--no-first-run",
      ...flags,
      `--user-data-dir=${profile}`,
      "--remote-debugging-port=0", // keeps the page open
      `http://127.0.0.1:${port}${first}`,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  heard();
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  /** @type {Promise<string>} */
  const refused = new Promise((resolve) => {
    child.once("error", (error) => resolve(String(error)));
  });

  const trouble = await Promise.race([
    finished,
    refused,
    ended.then((code) => `Chromium ended (${code}):\n${stderr}`),
    silence,
  ]);
  child.kill();
  await ended;
  server.closeAllConnections();
  server.close();
  clearTimeout(timer);
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  return /** @type {string} */ (trouble);
}
