// tapegrad predict
import { noGrad, softmax, tensor } from "@tapegrad/core";
import { readFile } from "@tapegrad/io";
import type { Command } from "commander";
import { imageToInput } from "../terminal/image.ts";
import { loadModel, type ModelFile } from "../train/model-file.ts";
import { choosePlace, type PlaceFlags, say, wholeNumber, withPlace } from "./common.ts";
import { modelPath } from "./model-path.ts";

interface PredictFlags extends PlaceFlags {
  readonly model: string;
  readonly top: number;
  readonly invert?: boolean;
  readonly json?: boolean;
}

export function predictCommand(program: Command): void {
  const command = program
    .command("predict")
    .description("classes of PNG images")
    .argument("<images...>", "PNG files; scaled to the model's size, made grey where it wants grey")
    .requiredOption("--model <path>", "model.safetensors, or the folder of the run")
    .option("--top <n>", "how many classes to show", wholeNumber(1), 3)
    .option("--invert", "the images are dark on light; the model learned light on dark")
    .option("--json", "one line of JSON an image on stdout");
  withPlace(command).action(predict);
}

/** Whether more than half of the light of a white image is there; of photographs in colour that says nothing. */
function isLight(input: Float32Array, { shape, mean, std }: ModelFile): boolean {
  if (shape[0] !== 1) return false;
  const average = input.reduce((sum, v) => sum + v, 0) / input.length;
  return average * (std[0] as number) + (mean[0] as number) > 0.5;
}

async function predict(images: readonly string[], flags: PredictFlags): Promise<void> {
  await choosePlace(flags);
  const file = loadModel(modelPath(flags.model));
  const inputs = images.map((path) => {
    const input = imageToInput(readFile(path), path, file, flags.invert ?? false);
    if (!flags.invert && isLight(input, file)) {
      say(`${path}: light background; the model learned light on dark, so --invert may be wanted`);
    }
    return input;
  });
  const [channels, height, width] = file.shape;
  const size = channels * height * width;
  const batch = new Float32Array(size * inputs.length);
  for (const [i, input] of inputs.entries()) batch.set(input, i * size);
  const x = tensor(batch, { shape: [inputs.length, channels, height, width] });
  const shares = (await noGrad(() => softmax(file.model.call(x), 1)).data()) as Float32Array;
  for (const [i, path] of images.entries()) {
    const row = [...shares.subarray(i * file.classes, (i + 1) * file.classes)];
    const top = row
      .map((probability, label) => ({ label, probability }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, flags.top);
    const text = top.map((t) => `${t.label} (${(100 * t.probability).toFixed(1)} %)`).join("  ");
    const line = flags.json ? JSON.stringify({ image: path, top }) : `${path}: ${text}`;
    process.stdout.write(`${line}\n`);
  }
}
