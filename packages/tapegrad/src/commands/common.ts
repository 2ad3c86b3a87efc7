// What the commands share: options that appear in several, checked values, the exit codes.
import {
  ArgumentError,
  backendNames,
  currentBackend,
  setBackend,
  TapegradError,
} from "@tapegrad/core";
import { type Command, InvalidArgumentError, Option } from "commander";
import { device } from "../device.ts";

export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const n = Number(text);
    if (!Number.isSafeInteger(n) || n < least) {
      throw new InvalidArgumentError(`expected a whole number ≥ ${least}.`);
    }
    return n;
  };
/** An unset shell variable gives "", which would pass for an absent option. */
export const notEmpty = (text: string): string => {
  if (text.trim() === "") throw new InvalidArgumentError("expected a path, got nothing.");
  return text;
};
export const decimal =
  (test: (n: number) => boolean, expected: string) =>
  (text: string): number => {
    const n = Number(text);
    if (text.trim() === "" || !Number.isFinite(n) || !test(n)) {
      throw new InvalidArgumentError(`expected ${expected}.`);
    }
    return n;
  };

export interface PlaceFlags {
  readonly device: "auto" | "cpu" | "gpu";
  readonly backend?: string;
  readonly threads?: number;
}

/** --device, --backend, --threads. */
export const withPlace = (command: Command): Command =>
  command
    .addOption(
      new Option("--device <device>", "where to compute")
        .choices(["auto", "cpu", "gpu"])
        .default("auto"),
    )
    .addOption(
      new Option("--backend <name>", "a backend by name, instead of the device's fastest").choices(
        backendNames(),
      ),
    )
    .option("--threads <n>", "threads to compute with", wholeNumber(1));

/** Chooses device and backend; says on stderr what it chose where that is not what was asked for. */
export function choosePlace(flags: PlaceFlags): void {
  if (flags.backend !== undefined) {
    setBackend(flags.backend);
    if (flags.device !== "auto" && currentBackend().device !== flags.device) {
      throw new ArgumentError(
        "--backend",
        `'${flags.backend}' computes on the ${currentBackend().device}, but --device is ${flags.device}`,
      );
    }
  } else if (flags.device === "auto") {
    const chosen = device("auto");
    if (chosen === "cpu" && backendNames("gpu").length > 0) say("device auto: using the CPU");
  } else device(flags.device);
  if (flags.threads !== undefined && flags.threads > 1) {
    say(
      `the '${currentBackend().name}' backend computes on one thread; --threads ${flags.threads} is not used`,
    );
  }
}

/** A line for people; stdout belongs to results. */
export const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** What a person sees of an error; bugs keep their stack. */
export const describeError = (error: unknown): string =>
  error instanceof TapegradError
    ? `error: ${error.message}`
    : error instanceof Error
      ? `internal error: ${error.stack ?? error.message}`
      : `internal error: ${String(error)}`;
