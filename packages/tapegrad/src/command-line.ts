// The command line: commands, their options, and what becomes of errors.
// Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
import "./index.ts";
import { ArgumentError } from "@tapegrad/core";
import { Command, CommanderError } from "commander";
import { describeError, EXIT, say } from "./commands/common.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { evalCommand } from "./commands/eval.ts";
import { explainCommand } from "./commands/explain.ts";
import { predictCommand } from "./commands/predict.ts";
import { summaryCommand } from "./commands/summary.ts";
import { trainCommand } from "./commands/train.ts";
import { version } from "./version.ts";

export function makeProgram(): Command {
  const program = new Command("tapegrad")
    .description("train, test and inspect networks from the command line")
    .version(version)
    .showHelpAfterError("(--help shows what there is)")
    .exitOverride();
  const commands = [trainCommand, evalCommand, predictCommand, summaryCommand, explainCommand];
  for (const add of [...commands, doctorCommand]) add(program);
  for (const command of program.commands) {
    command
      .exitOverride()
      .showHelpAfterError(`(tapegrad ${command.name()} --help shows what there is)`);
  }
  return program;
}

/** `tapegrad … | head -1`: a reader that has enough is no failure of ours, and a run goes on without it. */
function outliveReader(stream: NodeJS.WriteStream): void {
  if (stream.listeners("error").includes(ignoreClosed)) return;
  stream.on("error", ignoreClosed);
}
function ignoreClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

/** Runs one command line; sets process.exitCode. */
export async function main(args: readonly string[]): Promise<void> {
  outliveReader(process.stdout);
  outliveReader(process.stderr);
  try {
    await makeProgram().parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has said what was wrong.
      process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
      return;
    }
    say(describeError(error));
    const usage = error instanceof ArgumentError && error.op.startsWith("--");
    process.exitCode = usage ? EXIT.usage : EXIT.failed;
  }
}
