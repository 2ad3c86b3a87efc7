// What the commands share: options that appear in several, checked values, the exit codes.
import {
  ArgumentError,
  areDeterministicAlgorithmsEnabled,
  backendNames,
  currentBackend,
  DeviceError,
  isTuning,
  setBackend,
  setNumThreads,
  TapegradError,
  tune,
  useDeterministicAlgorithms,
} from "@tapegrad/core";
import { type Command, InvalidArgumentError, Option } from "commander";
import { device } from "../device.ts";
import { threadsText } from "../terminal/threads-text.ts";

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
  readonly deterministic?: boolean;
  readonly tune?: boolean;
}

/** --device, --backend, --threads, --deterministic; --tune where a command has a use for it. */
export function withPlace(command: Command, { tune: mayTune = false } = {}): Command {
  command
    .addOption(
      new Option("--device <device>", "where to compute")
        .choices(["auto", "cpu", "gpu"])
        .default("auto"),
    )
    .addOption(
      new Option("--backend <name>", "a backend by name, instead of the device's fastest").choices([
        ...backendNames(),
        GPU_BACKEND,
      ]),
    )
    .option(
      "--threads <n>",
      "threads to compute with (default: the machine's cores)",
      wholeNumber(1),
    )
    .option(
      "--deterministic",
      "the same bits on every processor: no fused multiply-add, no picks by time; slower",
    );
  if (mayTune) {
    command.option(
      "--tune",
      "pick kernels by time: each shape is tried once a machine, and kept in a file",
    );
  }
  return command;
}

/** Registered when the GPU is started: nothing of it is loaded before somebody asks. */
const GPU_BACKEND = "webgpu";

/**
 * "auto": a GPU if there is one, unless an option is about the CPU. A processor that plays a GPU is none.
 * @returns what is said where it is the CPU
 */
async function tryGpu(flags: PlaceFlags): Promise<string | undefined> {
  if (flags.threads !== undefined || flags.deterministic || flags.tune) return undefined;
  const { gpu } = await import("../gpu.ts");
  try {
    const { software, description } = await gpu.init();
    if (!software) {
      device("gpu");
      return undefined;
    }
    gpu.destroy();
    return `device auto: only a software GPU (${description}); using the CPU`;
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return "device auto: no GPU here (--device gpu says why); using the CPU";
  }
}

/** Chooses device, backend, threads and modes; says on stderr what it chose where that is not what was asked for. */
export async function choosePlace(flags: PlaceFlags): Promise<void> {
  if (flags.tune && flags.deterministic) {
    throw new ArgumentError(
      "--tune",
      "picks kernels by time, which --deterministic forbids; give one of them",
    );
  }
  if (flags.deterministic) useDeterministicAlgorithms(true);
  if (flags.tune) tune();
  if (flags.threads !== undefined) setNumThreads(flags.threads, "--threads");
  if (flags.device === "gpu" || flags.backend === GPU_BACKEND) {
    const { gpu } = await import("../gpu.ts");
    await gpu.init();
  }
  if (flags.backend !== undefined) {
    setBackend(flags.backend);
    if (flags.device !== "auto" && currentBackend().device !== flags.device) {
      throw new ArgumentError(
        "--backend",
        `'${flags.backend}' computes on the ${currentBackend().device}, but --device is ${flags.device}`,
      );
    }
  } else if (flags.device === "auto") {
    const why = await tryGpu(flags);
    if (why !== undefined) say(why);
  } else device(flags.device);
  const { name, threads = 1 } = currentBackend();
  if (flags.threads !== undefined && flags.threads > threads) {
    say(
      `the '${name}' backend computes on ${threadsText(threads)} here; --threads ${flags.threads} is not used`,
    );
  }
}

/** Backend, threads and modes, for people. */
export function placeText(): string {
  const { name, threads = 1 } = currentBackend();
  return [
    `backend ${name}`,
    threadsText(threads),
    ...(areDeterministicAlgorithmsEnabled() ? ["deterministic"] : []),
    ...(isTuning() ? ["kernels picked by time"] : []),
  ].join(", ");
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
