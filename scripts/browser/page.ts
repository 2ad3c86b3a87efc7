// A page that uses the library as a user's page would: trains a small separable network on glyphs for a few
// steps. Bundled for the browser, it runs in Chromium (scripts/browser/run.mjs), and in a bare JavaScript
// realm in packages/tapegrad/test/pack-browser.test.ts.
import {
  currentBackend,
  data,
  F,
  fallbacks,
  manualSeed,
  matmul,
  nn,
  optim,
  rand,
  setNumThreads,
  synchronize,
  tensor,
} from "tapegrad";

export interface PageResult {
  readonly backend: string;
  /** What the backend says of itself: SIMD, threads, memory. */
  readonly described: string;
  /** 2·(1 + 2 + 3) */
  readonly twelve: number;
  readonly firstLoss: number;
  readonly lastLoss: number;
  /** FNV-1a of the bits of all losses and of all parameters in the end. */
  readonly bits: string;
  readonly steps: number;
  /** The fastest of some products of 512 × 512 matrices. */
  readonly productMilliseconds: number;
  readonly milliseconds: number;
  /** How the network prints: names must outlive the minifier. */
  readonly printed: string;
  /** Operations for which the backend had no fast kernel. */
  readonly fallbacks: readonly string[];
}

function hash(values: readonly Iterable<number>[]): string {
  let state = 0x811c9dc5;
  for (const list of values) {
    for (const byte of new Uint8Array(Float32Array.from(list).buffer)) {
      state = Math.imul(state ^ byte, 0x01000193) >>> 0;
    }
  }
  return state.toString(16).padStart(8, "0");
}

async function fastestProduct(): Promise<number> {
  const [a, b] = [rand([512, 512]), rand([512, 512])];
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 60; i++) {
    // A turn of the event loop: workers of a page need one to start.
    if (i % 10 === 0) await new Promise((done) => setTimeout(done, 20));
    const started = performance.now();
    matmul(a, b).release();
    await synchronize();
    best = Math.min(best, performance.now() - started);
  }
  return Math.round(best * 100) / 100;
}

/** @param threads to compute with; all of the machine's when left out */
export async function run(threads?: number): Promise<PageResult> {
  if (threads !== undefined) setNumThreads(threads);
  const productMilliseconds = await fastestProduct();
  manualSeed(0);
  const glyphs = data.glyphs({ size: 320 });
  const loader = new data.DataLoader(glyphs, { batchSize: 32, shuffle: true, seed: 0 });
  const model = new nn.Sequential(
    new nn.Conv2d(1, 8, 3, { stride: 2, padding: 1, bias: false }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.SeparableConv2d(8, 16, 3, { stride: 2, padding: 1 }),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(16 * 7 * 7, 10),
  );
  const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });
  const losses: number[] = [];
  const started = performance.now();
  for (let epoch = 0; epoch < 3; epoch++) {
    for await (const { images, labels } of loader) {
      optimizer.zeroGrad();
      const loss = F.crossEntropy(model.call(images), labels);
      loss.backward();
      optimizer.step();
      losses.push(loss.item());
    }
  }
  return {
    backend: currentBackend().name,
    described: currentBackend().describe?.() ?? "",
    productMilliseconds,
    bits: hash([losses, ...model.parameters().map((p) => [...p.dataSync()].map(Number))]),
    twelve: tensor([1, 2, 3]).mul(2).sum().item() as number,
    firstLoss: losses[0] ?? Number.NaN,
    lastLoss: losses.at(-1) ?? Number.NaN,
    steps: losses.length,
    milliseconds: Math.round(performance.now() - started),
    printed: String(model),
    fallbacks: fallbacks()
      .filter(({ refusable }) => refusable)
      .map(({ op }) => op),
  };
}
