// The library in a browser bundle: nothing of Node is imported, registered methods and backends survive the
// bundler, the size stays under a ceiling, and it trains in a realm that has no `process`. The same page in
// Chromium: npm run test:browser.
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { bundlePage } from "../../../scripts/browser/bundle.mjs";
import type { PageResult } from "../../../scripts/browser/page.ts";

/** In kB of 1000 bytes: the whole framework but files, minified. Raise it only for something worth its bytes. */
const CEILING = { minified: 888, gzip: 300 };

describe("browser bundle", function () {
  this.timeout(60_000);
  let text: string;
  before(async () => {
    text = await bundlePage();
  });

  it("imports nothing of Node", () => {
    expect(text).not.to.match(/\b(?:require|import)\s*\(\s*["']/);
    expect(text).not.to.match(/\b(?:from|import)\s*["']/);
  });

  it(`is below ${CEILING.minified} kB, ${CEILING.gzip} kB compressed`, () => {
    expect(text.length / 1000).to.be.below(CEILING.minified);
    expect(gzipSync(text).length / 1000).to.be.below(CEILING.gzip);
  });

  it("trains on the WebAssembly backend in a realm without Node's globals", async () => {
    // What browsers have beside the language itself, as far as it is needed. No `process`, no `Buffer`.
    const web = { performance, setTimeout, MessageChannel, TextEncoder, TextDecoder };
    const realm = createContext(web);
    runInContext(text, realm, { displayErrors: false });
    const result = (await runInContext("page.run()", realm)) as PageResult;
    expect(result.backend).to.equal("wasm");
    expect(result.twelve).to.equal(12);
    expect(result.printed).to.match(/^Sequential\(\n {2}\(0\): Conv2d\(1, 8, kernel_size=\(3, 3\)/);
    expect(result.fallbacks).to.deep.equal([]);
    expect(result.lastLoss).to.be.below(result.firstLoss / 2);
  });
});
