// tapegrad train
import { Argument, type Command, Option } from "commander";
import { models } from "../models.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { reporterFor } from "../terminal/progress.ts";
import { grouped } from "../terminal/table.ts";
import { loadSplit } from "../train/datasets.ts";
import {
  DATASETS,
  type DatasetName,
  DEFAULT_LR,
  OPTIMIZERS,
  type OptimizerName,
  SCHEDULES,
  type ScheduleName,
  type Split,
  type TrainOptions,
} from "../train/options.ts";
import { checkResumable, Trainer } from "../train/trainer.ts";
import {
  choosePlace,
  decimal,
  EXIT,
  notEmpty,
  type PlaceFlags,
  placeText,
  say,
  wholeNumber,
  withPlace,
} from "./common.ts";

interface TrainFlags extends PlaceFlags {
  readonly data?: string;
  readonly model: string;
  readonly epochs: number;
  readonly batch: number;
  readonly lr?: number;
  readonly optim: OptimizerName;
  readonly schedule: ScheduleName;
  readonly weightDecay: number;
  readonly clip: number;
  readonly seed: number;
  readonly out?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly progress: boolean;
  readonly dryRun?: boolean;
  readonly maxSteps?: number;
}

const positive = decimal((n) => n > 0, "a number > 0");
const nonNegative = decimal((n) => n >= 0, "a number ≥ 0");

export function trainCommand(program: Command): void {
  const command = program
    .command("train")
    .description("train a classifier; glyphs are drawn by the program, the others read from --data")
    .addArgument(new Argument("[dataset]", "what to train on").choices(DATASETS).default("glyphs"))
    .option("--data <dir>", "folder of the data set's files", notEmpty)
    .addOption(
      new Option("--model <name>", "which network").choices(models.names()).default("separable"),
    )
    .option("--epochs <n>", "passes over the training images", wholeNumber(1), 3)
    .option("--batch <n>", "images a step", wholeNumber(2), 64)
    .option("--lr <x>", "peak learning rate (default: 0.01, with sgd 0.1)", positive)
    .addOption(new Option("--optim <name>", "optimizer").choices(OPTIMIZERS).default("adamw"))
    .addOption(
      new Option("--schedule <name>", "how the learning rate changes")
        .choices(SCHEDULES)
        .default("onecycle"),
    )
    .option("--weight-decay <x>", "weight decay", nonNegative, 0.01)
    .option("--clip <x>", "largest norm of the gradients; 0 does not clip", nonNegative, 0)
    .option(
      "--seed <n>",
      "decides the first weights and the order of the images",
      wholeNumber(0),
      0,
    )
    .option(
      "--out <dir>",
      "folder to write model.safetensors, checkpoint and metrics.jsonl into",
      notEmpty,
    )
    .option("--resume", "go on with the run in --out, to the same bits")
    .option("--overwrite", "start anew although --out holds an unfinished run")
    .option("--max-steps <n>", "stop after so many steps", wholeNumber(1))
    .option("--json", "end with one line of JSON on stdout")
    .option("--no-progress", "no bar and no lines on the way")
    .option("--dry-run", "show what would be done, and stop");
  withPlace(command, { tune: true }).action(train);
}

async function train(dataset: DatasetName, flags: TrainFlags): Promise<void> {
  const options: TrainOptions = {
    ...{ dataset, model: flags.model, epochs: flags.epochs, batch: flags.batch },
    ...{ lr: flags.lr ?? DEFAULT_LR[flags.optim], optim: flags.optim, schedule: flags.schedule },
    ...{ weightDecay: flags.weightDecay, clip: flags.clip, seed: flags.seed },
    data: flags.data,
    out: flags.dryRun ? undefined : flags.out,
    resume: !flags.dryRun && (flags.resume ?? false),
    overwrite: flags.overwrite ?? false,
    maxSteps: flags.maxSteps,
  };
  checkResumable(options);
  await choosePlace(flags);
  const data = loadSplit(dataset, flags.data);
  const trainer = new Trainer(options, data);
  if (flags.progress || flags.dryRun) say(planOf(trainer, data));
  if (flags.dryRun) {
    const megabytes = (await trainer.estimatePeak()) / 1e6;
    say(
      `memory: about ${megabytes.toFixed(megabytes < 10 ? 1 : 0)} MB of tensors at most, estimated from steps on few images`,
    );
    say("dry run: nothing was trained or written");
    return;
  }

  const reporter = reporterFor(process.stderr, flags.progress);
  const { signal, dispose } = onInterrupt(reporter.note);
  try {
    const outcome = await trainer.run(reporter, signal);
    if ("interruptedAt" in outcome) {
      say(
        flags.out === undefined
          ? `stopped at step ${outcome.interruptedAt}; nothing was kept, because there is no --out`
          : `stopped at step ${outcome.interruptedAt}; go on with the same command and --resume`,
      );
      process.exitCode = EXIT.interrupted;
      return;
    }
    const { result } = outcome;
    if (flags.json) {
      process.stdout.write(`${JSON.stringify(result)}\n`);
      return;
    }
    const accuracy = (100 * result.testAccuracy).toFixed(2);
    const where = flags.out === undefined ? "" : `; the model is in ${flags.out}`;
    say(
      `trained ${result.seconds.toFixed(1)} s at ${result.samplesPerSecond.toFixed(0)} images/s${where}`,
    );
    process.stdout.write(
      `test accuracy ${accuracy} % on ${grouped(data.test.length)} images of ${dataset}\n`,
    );
  } finally {
    dispose();
  }
}

function planOf(trainer: Trainer, data: Split): string {
  const { options, model, steps, done } = trainer;
  const parameters = model.parameters().reduce((n, p) => n + p.numel, 0);
  return [
    `${options.model} (${grouped(parameters)} parameters) on ${options.dataset}: ` +
      `${grouped(data.train.length)} images to train, ${grouped(data.test.length)} to test`,
    `${grouped(steps)} steps of ${grouped(Math.min(options.batch, data.train.length))}, ${options.optim}, ${options.schedule} up to ` +
      `${options.lr}, seed ${options.seed}, ${placeText()}` +
      (done > 0 ? `; going on at step ${grouped(done)}` : ""),
  ].join("\n");
}
