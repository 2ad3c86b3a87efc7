// tapegrad eval
import { Argument, type Command } from "commander";
import { grouped } from "../terminal/table.ts";
import { loadImages } from "../train/datasets.ts";
import { accuracy } from "../train/evaluate.ts";
import { loadModel } from "../train/model-file.ts";
import { DATASETS, type DatasetName } from "../train/options.ts";
import { choosePlace, type PlaceFlags, withPlace } from "./common.ts";
import { modelPath } from "./model-path.ts";

interface EvalFlags extends PlaceFlags {
  readonly model: string;
  readonly data?: string;
  readonly json?: boolean;
}

export function evalCommand(program: Command): void {
  const command = program
    .command("eval")
    .description("test accuracy of a trained model")
    .addArgument(new Argument("[dataset]", "default: the one it was trained on").choices(DATASETS))
    .requiredOption("--model <path>", "model.safetensors, or the folder of the run")
    .option("--data <dir>", "folder of the data set's files")
    .option("--json", "one line of JSON on stdout");
  withPlace(command).action(evaluate);
}

async function evaluate(dataset: DatasetName | undefined, flags: EvalFlags): Promise<void> {
  await choosePlace(flags);
  const { model, dataset: trainedOn } = loadModel(modelPath(flags.model));
  const name = dataset ?? trainedOn;
  const test = loadImages(name, flags.data, "test");
  const testAccuracy = await accuracy(model, test);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ testAccuracy, images: test.length, dataset: name })}\n`
      : `test accuracy ${(100 * testAccuracy).toFixed(2)} % on ${grouped(test.length)} images of ${name}\n`,
  );
}
