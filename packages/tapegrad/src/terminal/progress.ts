// Progress of a training run on stderr: a bar in a terminal, plain lines elsewhere.
import { type Options, SingleBar } from "cli-progress";
import type { EpochReport, Reporter, StepReport } from "../train/options.ts";

const clock = (seconds: number): string => {
  if (!Number.isFinite(seconds)) return "–";
  const s = Math.round(seconds);
  return s < 60 ? `${s}s` : `${Math.floor(s / 60)}m${String(s % 60).padStart(2, "0")}s`;
};
const percent = (x: number): string => `${(100 * x).toFixed(2)} %`;

const epochLine = (r: EpochReport): string =>
  `epoch ${r.epoch}/${r.epochs}  loss ${r.trainLoss.toFixed(4)}  ` +
  `test accuracy ${percent(r.testAccuracy)}  (${clock(r.seconds)})`;

/** A bar with rate, ETA and loss that is drawn in place; epochs leave a line above it. */
function barReporter(stream: NodeJS.WriteStream): Reporter {
  // In a narrow terminal the bar itself gives way: the line must be neither cut nor wrapped.
  const width = stream.columns ?? 80;
  const options: Options = {
    stream,
    format:
      width < 60
        ? "{percentage}%  loss {loss}  {rate}/s  ETA {left}"
        : "{bar} {percentage}%  step {value}/{total}  loss {loss}  {rate} images/s  ETA {left}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: Math.max(4, Math.min(24, width - 66)),
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    fps: 10,
    linewrap: false,
    gracefulExit: false, // the command has its own Ctrl-C
  };
  const bar = new SingleBar(options);
  let total = 0;
  let last = 0;
  let shown = { loss: "–", rate: "–", left: "–" };
  let drawn = false;
  const start = () => {
    drawn = true;
    bar.start(total, last, shown);
  };
  const stop = () => {
    if (drawn) bar.stop();
    drawn = false;
  };
  return {
    start({ steps, done }) {
      total = steps;
      last = done;
      start();
    },
    step(r) {
      last = r.step;
      shown = {
        loss: r.loss.toFixed(4),
        rate: r.samplesPerSecond.toFixed(0),
        left: clock(r.secondsLeft),
      };
      if (drawn) bar.update(r.step, shown);
    },
    epoch(r) {
      stop();
      stream.write(`${epochLine(r)}\n`);
      if (last < total) start();
    },
    note(line) {
      stop();
      stream.write(`${line}\n`);
    },
    stop,
  };
}

/** A line every few seconds, for logs. */
function lineReporter(stream: NodeJS.WritableStream): Reporter {
  let written = 0;
  const line = (r: StepReport) =>
    `step ${r.step}/${r.steps}  loss ${r.loss.toFixed(4)}  ` +
    `${r.samplesPerSecond.toFixed(0)} images/s  ETA ${clock(r.secondsLeft)}\n`;
  return {
    start() {
      written = performance.now();
    },
    step(r) {
      if (performance.now() - written < 5000) return;
      written = performance.now();
      stream.write(line(r));
    },
    epoch: (r) => void stream.write(`${epochLine(r)}\n`),
    note: (line) => void stream.write(`${line}\n`),
    stop() {},
  };
}

const silent: Reporter = { start() {}, step() {}, epoch() {}, note() {}, stop() {} };

/** @param show false for --no-progress */
export const reporterFor = (stream: NodeJS.WriteStream, show: boolean): Reporter =>
  !show ? silent : stream.isTTY ? barReporter(stream) : lineReporter(stream);
