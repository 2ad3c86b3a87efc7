// tapegrad summary
import { zeros } from "@tapegrad/core";
import { type Command, Option } from "commander";
import { models } from "../models.ts";
import { summarize } from "../summary.ts";
import { grouped, table } from "../terminal/table.ts";
import { wholeNumber } from "./common.ts";
import { inputShape } from "./input-shape.ts";

interface SummaryFlags {
  readonly model: string;
  readonly input: readonly number[];
  readonly classes: number;
  readonly json?: boolean;
}

export function summaryCommand(program: Command): void {
  program
    .command("summary")
    .description("layers, output shapes, parameters and multiply-adds of a model")
    .addOption(
      new Option("--model <name>", "which network").choices(models.names()).default("separable"),
    )
    .addOption(
      new Option("--input <N,C,H,W>", "shape of the input")
        .argParser(inputShape)
        .default([1, 1, 28, 28], "1,1,28,28"),
    )
    .option("--classes <n>", "outputs", wholeNumber(2), 10)
    .option("--json", "one line of JSON on stdout")
    .action(summary);
}

function summary(flags: SummaryFlags): void {
  const [, channels, height, width] = flags.input as [number, number, number, number];
  const shape = [channels, height, width] as const;
  const model = models.create(flags.model, { shape, classes: flags.classes });
  const { layers, parameters, multiplyAdds } = summarize(model, zeros(flags.input));
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ layers, parameters, multiplyAdds })}\n`);
    return;
  }
  const rows = layers.map((l) => [
    l.path || "(model)",
    l.type,
    `[${l.output.join(", ")}]`,
    grouped(l.parameters),
    grouped(l.multiplyAdds),
  ]);
  const header = ["layer", "type", "output", "parameters", "multiply-adds"];
  process.stdout.write(`${table(header, rows)}\n\n`);
  process.stdout.write(
    `${grouped(parameters)} parameters, ${grouped(multiplyAdds)} multiply-adds for input [${flags.input.join(", ")}]\n`,
  );
}
