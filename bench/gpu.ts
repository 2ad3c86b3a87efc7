// The benchmark of the GPU backend: its kernels against hand-specialised ones, in turns on the same adapter, and what
// recording costs.
import {
  convGeometry,
  convInputGrad,
  conv as convolve,
  convWeightGrad,
  crossEntropy,
  data,
  matmul,
  models,
  noGrad,
  ones,
  optim,
  randn,
  setBackend,
  type Tensor,
  zeros,
} from "tapegrad";
import { gpu, NAME, runtime } from "../packages/backend-gpu/src/index.ts";
import type { Program } from "../packages/backend-gpu/src/program/program.ts";
import { withVariant } from "../packages/backend-gpu/src/registry.ts";
import { blockOf } from "../packages/backend-gpu/src/runtime/runtime.ts";
import { depthwise3, depthwise3WeightGrad, squareProduct } from "./gpu-kernels.ts";
import type { GpuRowName } from "./gpu-rows.ts";
import { CLOCKS, EFFORTS, type Effort, median } from "./timing.ts";

type Name = GpuRowName;
const SIZES = { n: 8, c: 256, side: 32 };
const PRODUCT = 512;
const WITHIN = 1.3;
const SLOW_MS = 1000;

/** What all rows are timed by. */
let now: () => number = CLOCKS.wall;

/** One line of the result: a number, and what it should be. */
export interface GpuRow {
  readonly id: Name;
  readonly value: number;
  readonly target: number;
  readonly reached: boolean;
  readonly text: string;
}

/**
 * @param effort by its clock "cpu" the processor's time counts, that of a processor which plays a GPU with it
 * @throws DeviceError without an adapter
 */
export async function benchGpu(
  names: readonly Name[],
  effort: Effort,
  say: (text: string) => void,
): Promise<GpuRow[]> {
  const info = await gpu.init();
  setBackend(NAME);
  say(`${info.description || info.device || info.vendor}${info.software ? " (software)" : ""}\n`);
  now = CLOCKS[effort.clock];
  const rounds = effort.timedMs <= EFFORTS.quick.timedMs ? 3 : 7;
  const makers: Readonly<Record<Name, () => Promise<GpuRow>>> = {
    "depthwise forward": () => depthwiseRow("depthwise forward", rounds),
    "depthwise backward": () => depthwiseRow("depthwise backward", rounds),
    "matmul 512": () => productRow(rounds),
    step: stepRow,
    record: recordRow,
  };
  const rows: GpuRow[] = [];
  for (const name of names) {
    const row = await makers[name]();
    rows.push(row);
    say(`${row.reached ? "reached" : "MISSED "}  ${name.padEnd(19)} ${row.text}`);
  }
  return rows;
}

/** Medians of milliseconds, A B C A B C …; a short call is repeated, so that waiting for the GPU does not matter. */
async function inTurns(runs: readonly (() => void)[], rounds: number): Promise<number[]> {
  const once = async (run: () => void, calls: number): Promise<number> => {
    const start = now();
    for (let i = 0; i < calls; i++) run();
    await gpu.sync();
    return (now() - start) / calls;
  };
  const calls: number[] = [];
  const samples = runs.map((): number[] => []);
  for (const [k, run] of runs.entries()) {
    await once(run, 1); // compiles
    const ms = await once(run, 1);
    calls.push(Math.max(1, Math.min(200, Math.round(20 / ms))));
    // Once is enough of what takes so long.
    if (ms > SLOW_MS) samples[k]?.push(ms);
  }
  for (let r = 0; r < rounds; r++) {
    for (const [k, run] of runs.entries()) {
      const mine = samples[k] as number[];
      if ((mine[0] ?? 0) <= SLOW_MS) mine.push(await once(run, calls[k] as number));
    }
  }
  return samples.map(median);
}

const call = (made: { program: Program; threads: number }, ...tensors: Tensor[]): void =>
  launch(made.program, made.threads, ...tensors);
function launch(program: Program, threads: number, ...tensors: Tensor[]): void {
  runtime().dispatch(program, tensors.map(blockOf), [], threads);
}

/** A hand-written kernel that computes something else is no yardstick. */
async function mustAgree(name: string, ours: Tensor, hand: Tensor): Promise<void> {
  const [a, b] = [await ours.data(), await hand.data()];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [Number(a[i]), Number(b[i])];
    if (!(Math.abs(x - y) <= 1e-2 + 1e-3 * Math.abs(x))) {
      throw new Error(`${name}: element ${i} is ${x}, by the hand-written kernel ${y}`);
    }
  }
}

const ratioRow = (id: Name, [own, hand, js]: readonly number[]): GpuRow => {
  const [o, h, g] = [own, hand, js].map((v) => v ?? Number.NaN) as [number, number, number];
  const value = o / h;
  return {
    ...{ id, value, target: WITHIN, reached: value <= WITHIN },
    text: `${o.toFixed(2)} ms, hand-written ${h.toFixed(2)} ms, gpu.js ${g.toFixed(2)} ms: ${value.toFixed(2)} × the hand-written (≤ ${WITHIN})`,
  };
};

async function depthwiseRow(id: Name, rounds: number): Promise<GpuRow> {
  const { n, c, side } = SIZES;
  const geometry = convGeometry("bench", [n, c, side, side], [c, 1, 3, 3], {
    ...{ padding: 1, groups: c },
  });
  const [x, g] = [randn(geometry.x), randn(geometry.y)];
  const w = randn(geometry.w);
  const y = zeros(geometry.y);
  const backward = (): Tensor[] => [convInputGrad(g, w, geometry), convWeightGrad(g, x, geometry)];
  const forward = (): Tensor[] => [convolve(x, w, undefined, geometry)];
  const ours = id === "depthwise forward" ? forward : backward;
  const free = (made: Tensor[]): void => {
    for (const t of made) t.release();
  };
  let hand: () => void;
  let results: readonly Tensor[];
  if (id === "depthwise forward") {
    const made = depthwise3(SIZES, false);
    hand = () => call(made, x, w, y);
    results = [y];
  } else {
    const [dw, weights] = [zeros(geometry.w), depthwise3WeightGrad(SIZES)];
    const made = depthwise3(SIZES, true);
    const parts = zeros([weights.parts, c * 9]);
    hand = () => {
      call(made, g, w, y);
      launch(weights.sums, weights.threads, g, x, parts);
      launch(weights.add, c * 9, parts, dw);
    };
    results = [y, dw];
  }
  hand();
  const once = noGrad(ours);
  for (const [k, t] of once.entries()) await mustAgree(id, t, results[k] as Tensor);
  free(once);
  const byGpuJs = (): void =>
    withVariant("conv", "gpujs convolution", () =>
      withVariant("convInputGrad", "gpujs convolution", () =>
        withVariant("convWeightGrad", "gpujs convolution", () => free(noGrad(ours))),
      ),
    );
  return ratioRow(id, await inTurns([() => free(noGrad(ours)), hand, byGpuJs], rounds));
}

async function productRow(rounds: number): Promise<GpuRow> {
  const [a, b, y] = [
    randn([PRODUCT, PRODUCT]),
    randn([PRODUCT, PRODUCT]),
    zeros([PRODUCT, PRODUCT]),
  ];
  const made = squareProduct(PRODUCT);
  const own = (): void => noGrad(() => matmul(a, b)).release();
  const hand = (): void => call(made, a, b, y);
  hand();
  await mustAgree("matmul", matmul(a, b), y);
  const js = (): void => withVariant("matmul", "gpujs", own);
  return ratioRow("matmul 512", await inTurns([own, hand, js], rounds));
}

async function stepRow(): Promise<GpuRow> {
  const images = data.glyphs({ size: 8 });
  const model = models.create("separable", images);
  const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
  const batch = images.batch([0, 1, 2, 3]);
  const step = async (): Promise<void> => {
    const loss = crossEntropy(model.call(batch.images), batch.labels);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    await loss.itemAsync();
    loss.release();
  };
  await step();
  gpu.resetCounters();
  const start = now();
  for (let k = 0; k < 3; k++) await step();
  const ms = (now() - start) / 3;
  const { dispatches, submits, readbacks, uploads } = gpu.counters();
  const value = dispatches / submits;
  return {
    ...{ id: "step", value, target: 50, reached: value >= 50 },
    text: `${value.toFixed(0)} dispatches a submit (≥ 50); ${(dispatches / 3).toFixed(0)} dispatches, ${(readbacks / 3).toFixed(0)} read-back, ${(uploads / 3).toFixed(0)} uploads, ${ms.toFixed(0)} ms a step of separable, batch 4`,
  };
}

/** Ops of a round: fewer than a batch holds, so that nothing is submitted among them. */
const OPS = 96;
/** Rounds. Their times fall for the first 100: the engine is still compiling. */
const RECORDINGS = 300;

/**
 * The time until an op returns, four kinds in turn as in a model: checks, memory, parameters and the calls of WebGPU that
 * put it into the encoder. Nothing waits for the GPU; the submit, once for 128 dispatches, is timed by itself. The
 * device rests before each round, as one that is a processor computes on the cores that record.
 */
async function recordRow(): Promise<GpuRow> {
  const [a, b] = [ones([8]), ones([8])];
  const ops = [() => a.add(b), () => a.mul(2), () => a.relu(), () => a.sub(b)];
  const [recording, submitting]: [number[], number[]] = [[], []];
  for (let r = 0; r < RECORDINGS; r++) {
    await gpu.sync();
    const start = now();
    noGrad(() => {
      for (let i = 0; i < OPS; i++) (ops[i % ops.length] as () => Tensor)().release();
    });
    const recorded = now();
    runtime().flush();
    recording.push((1000 * (recorded - start)) / OPS);
    submitting.push((1000 * (now() - recorded)) / OPS);
  }
  // The first rounds compile.
  const warm = recording.slice(recording.length / 2);
  const value = median(warm);
  return {
    ...{ id: "record", value, target: 10, reached: value <= 10 },
    text: `${value.toFixed(1)} µs of JavaScript to record an op of 8 elements, ${Math.min(...warm).toFixed(1)} at best (≤ 10); submitting ${median(submitting).toFixed(1)} µs more`,
  };
}
