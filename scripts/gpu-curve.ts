// npm run test:gpu -- --curve: trains on the built-in glyphs, on the CPU and on the GPU from the same seed, as
// `tapegrad train glyphs` does. The losses of the first 20 steps agree to 1e-3 (later ones part, as float32 does); over
// all steps the live bytes are the same after each, and nothing but the losses is read back: --steps 200 --batch 8 shows
// it for 200. On a processor that plays a GPU it takes minutes, which is why it is no part of npm test.
import { setBackend, useDeterministicAlgorithms } from "tapegrad";
import { gpu } from "tapegrad/gpu";
import { loadSplit } from "../packages/tapegrad/src/train/datasets.ts";
import {
  DEFAULT_LR,
  type Reporter,
  type TrainOptions,
} from "../packages/tapegrad/src/train/options.ts";
import { Trainer } from "../packages/tapegrad/src/train/trainer.ts";

const TOLERANCE = 1e-3;
/** Steps whose losses are compared. */
const COMPARED = 20;
/** Dispatches of a submit. */
const FULL = 50;

const flag = (name: string, other: string): string => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? other : (process.argv[at + 1] ?? other);
};
const STEPS = Number(flag("steps", "20"));
/** What the command trains unless it is told otherwise. */
const OPTIONS: TrainOptions = {
  ...{ dataset: "glyphs", model: flag("model", "separable"), epochs: 3 },
  batch: Number(flag("batch", "64")),
  ...{ lr: DEFAULT_LR.adamw, optim: "adamw", schedule: "onecycle", weightDecay: 0.01, clip: 0 },
  ...{ seed: Number(flag("seed", "0")), data: undefined, out: undefined },
  ...{ resume: false, overwrite: false, maxSteps: undefined },
};
const data = loadSplit("glyphs", undefined);

/** The losses of the first `steps`; `after` is called behind each. */
async function lossesOn(
  backend: string,
  steps: number,
  after: (step: number, loss: number) => void,
): Promise<number[]> {
  setBackend(backend);
  const losses: number[] = [];
  const stop = { requested: false };
  const nothing = (): void => undefined;
  const reporter: Reporter = {
    ...{ start: nothing, epoch: nothing, note: nothing, stop: nothing },
    step({ step, loss }) {
      losses.push(loss);
      after(step, loss);
      stop.requested = step >= steps;
    },
  };
  await new Trainer(OPTIONS, data).run(reporter, stop);
  return losses;
}

let failed = false;
const check = (holds: boolean, text: string): void => {
  console.log(`${holds ? "ok    " : "FAILED"}  ${text}`);
  failed ||= !holds;
};

const info = await gpu.init();
console.log(
  `${OPTIONS.model}, batch ${OPTIONS.batch}, ${STEPS} steps: the CPU (wasm), then ${info.description || info.device}`,
);
const ignore = (): void => undefined;
const compared = Math.min(STEPS, COMPARED);
const truth = await lossesOn("wasm", compared, ignore);
// How far float32 itself goes: the CPU's kernels add in another order in deterministic mode.
useDeterministicAlgorithms(true);
const again = await lossesOn("wasm", compared, ignore);
useDeterministicAlgorithms(false);
const apart = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...b.map((loss, k) => Math.abs(loss - (a[k] as number))));
console.log(
  `the CPU with and without --deterministic: ${apart(truth, again).toExponential(1)} apart`,
);

const live: number[] = [];
let began = 0;
const losses = await lossesOn("webgpu", STEPS, (step, loss) => {
  const now = performance.now();
  const cpu = truth[step - 1];
  const seconds = step === 1 ? "" : `${((now - began) / 1000).toFixed(1)} s`;
  const beside = cpu === undefined ? [] : [cpu.toFixed(6), (loss - cpu).toExponential(1)];
  const columns = [loss.toFixed(6), ...beside.map((text) => text.padStart(8))];
  console.log(`step ${String(step).padStart(3)}  ${columns.join("  ")}  ${seconds}`);
  // The first step compiles.
  if (step === 1) gpu.resetCounters();
  live.push(gpu.counters().liveBytes);
  began = performance.now();
});
const { readbacks, dispatches, submits } = gpu.counters();
const most = apart(losses, truth);
check(
  most <= TOLERANCE,
  `the losses of the first ${compared} steps agree to ${most.toExponential(1)} (≤ ${TOLERANCE})`,
);
check(
  readbacks === STEPS - 1,
  `${readbacks} read-backs in ${STEPS - 1} steps: of the losses, and of nothing else`,
);
const full = dispatches / submits;
check(full >= FULL, `${full.toFixed(0)} dispatches a submit (≥ ${FULL})`);
const [least, largest] = [Math.min(...live), Math.max(...live)];
const bytes = least === largest ? `${least}` : `${least} to ${largest}`;
check(least === largest, `${bytes} live bytes after each of ${live.length} steps`);
process.exit(failed ? 1 : 0);
