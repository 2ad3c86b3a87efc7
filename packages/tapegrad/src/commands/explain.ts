// tapegrad explain
import { existsSync } from "node:fs";
import { ArgumentError } from "@tapegrad/core";
import type { nn } from "@tapegrad/nn";
import type { Command } from "commander";
import { explainAsync } from "../explain/explain.ts";
import { models } from "../models.ts";
import { loadModel } from "../train/model-file.ts";
import { choosePlace, type PlaceFlags, wholeNumber, withPlace } from "./common.ts";
import { inputShape } from "./input-shape.ts";
import { modelPath } from "./model-path.ts";

interface ExplainFlags extends PlaceFlags {
  readonly model: string;
  readonly input?: readonly number[];
  readonly classes: number;
  readonly backward?: boolean;
  readonly json?: boolean;
}

export function explainCommand(program: Command): void {
  const command = program
    .command("explain")
    .description(
      "what each layer of a model costs here: ways to compute it, times, share of the roof",
    )
    .option(
      "--model <name or path>",
      `${models.names().join(", ")}; or a model.safetensors, or the folder of a run`,
      "separable",
    )
    .option(
      "--input <N,C,H,W>",
      "shape of the input (default: 1,1,28,28, or what the file says)",
      inputShape,
    )
    .option("--classes <n>", "outputs of a model by name", wholeNumber(2), 10)
    .option("--backward", "also the gradients, in training mode")
    .option("--json", "one line of JSON on stdout");
  withPlace(command, { tune: true }).action(run);
}

async function run(flags: ExplainFlags): Promise<void> {
  await choosePlace(flags);
  const { model, input } = modelOf(flags);
  const explanation = await explainAsync(model, input, { backward: flags.backward ?? false });
  process.stdout.write(`${flags.json ? JSON.stringify(explanation) : String(explanation)}\n`);
}

function modelOf({ model: name, input, classes }: ExplainFlags): {
  model: nn.Module;
  input: readonly number[];
} {
  if (models.names().includes(name)) {
    const shape = input ?? [1, 1, 28, 28];
    const [, channels, height, width] = shape as [number, number, number, number];
    return {
      model: models.create(name, { shape: [channels, height, width], classes }),
      input: shape,
    };
  }
  const path = modelPath(name);
  if (!existsSync(path)) {
    throw new ArgumentError(
      "--model",
      `there is no model '${name}', and no file of that name; by name there are ${models.names().join(", ")}`,
    );
  }
  const { model, shape } = loadModel(path);
  if (input !== undefined && String(input.slice(1)) !== String(shape)) {
    throw new ArgumentError(
      "--input",
      `the model in ${path} takes N,${shape.join(",")}, got ${input.join(",")}`,
    );
  }
  return { model, input: input ?? [1, ...shape] };
}
