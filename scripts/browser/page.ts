// A page that uses the library as a user's page would: trains a small separable network on glyphs for a few
// steps. Bundled for the browser, it runs in Chromium (scripts/browser/run.mjs), and in a bare JavaScript
// realm in packages/tapegrad/test/pack-browser.test.ts.
import { currentBackend, data, F, fallbacks, manualSeed, nn, optim, tensor } from "tapegrad";

export interface PageResult {
  readonly backend: string;
  /** 2·(1 + 2 + 3) */
  readonly twelve: number;
  readonly firstLoss: number;
  readonly lastLoss: number;
  readonly steps: number;
  readonly milliseconds: number;
  /** How the network prints: names must outlive the minifier. */
  readonly printed: string;
  /** Operations for which the backend had no fast kernel. */
  readonly fallbacks: readonly string[];
}

export async function run(): Promise<PageResult> {
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
