// Runs command lines: in this process (quick), or as a process of their own (signals).
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundled } from "../../../scripts/source.mjs";
import { main } from "../src/command-line.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** In this process, with what it writes caught. */
export async function run(...args: string[]): Promise<Ran> {
  const caught = { out: "", err: "" };
  const { stdout, stderr } = process;
  const [writeOut, writeErr] = [stdout.write, stderr.write];
  const catcher = (to: "out" | "err") => (chunk: string | Uint8Array) => {
    caught[to] += String(chunk);
    return true;
  };
  stdout.write = catcher("out") as typeof stdout.write;
  stderr.write = catcher("err") as typeof stderr.write;
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await main(args);
    return { code: Number(process.exitCode), ...caught };
  } finally {
    [stdout.write, stderr.write] = [writeOut, writeErr];
    process.exitCode = before;
  }
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ran & { readonly signal: string | null }>;
  /** Resolves when stderr has shown `text`; rejects when the process ends without. */
  saw(text: string): Promise<void>;
}

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
let bundle: Promise<string> | undefined;

/** As a process of its own, from a bundle that is made once. */
export async function start(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Running> {
  bundle ??= bundled(pathOf("../src/cli.ts"));
  return startProgram(fileURLToPath(await bundle), args, env);
}

/** As a process of its own, as people do: bin/tapegrad.js makes the bundle. */
export const startBin = (args: readonly string[]): Running =>
  startProgram(pathOf("../bin/tapegrad.js"), args);

function startProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Running {
  const command = ["--enable-source-maps", program, ...args];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "pipe"], env });
  const text = { out: "", err: "" };
  const waiting: { text: string; resolve: () => void; reject: (e: Error) => void }[] = [];
  child.stdout.on("data", (chunk) => {
    text.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    text.err += chunk;
    for (const w of waiting) if (text.err.includes(w.text)) w.resolve();
  });
  return {
    process: child,
    ended: new Promise((resolve) => {
      child.on("close", (code, signal) => {
        for (const w of waiting) w.reject(new Error(`it ended without '${w.text}':\n${text.err}`));
        resolve({ code: code ?? -1, signal, ...text });
      });
    }),
    saw: (wanted) =>
      new Promise((resolve, reject) => {
        if (text.err.includes(wanted)) resolve();
        else waiting.push({ text: wanted, resolve, reject });
      }),
  };
}

const made: string[] = [];
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tapegrad-test-"));
  made.push(folder);
  return folder;
}
export function removeTemporaryFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

const header = (dims: readonly number[], rank: number): number[] => [
  ...[0, 0, 8, rank],
  ...dims.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]),
];

/** `count` images of side × side in MNIST's format: class k lights a bar at row 2k + 4 of 28, with noise. */
export function writeBars(folder: string, count: number, seed = 1, side = 28): void {
  const size = side * side;
  const pixels = new Uint8Array(count * size);
  const labels = new Uint8Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    labels[i] = i % 10;
    const row = ((2 * (i % 10) + 4) * side) / 28;
    for (let p = 0; p < size; p++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const lit = Math.floor(p / side) === Math.floor(row);
      pixels[i * size + p] = (lit ? 160 : 0) + (state >>> 26);
    }
  }
  writeFileSync(
    join(folder, "train-images-idx3-ubyte"),
    new Uint8Array([...header([count, side, side], 3), ...pixels]),
  );
  writeFileSync(
    join(folder, "train-labels-idx1-ubyte"),
    new Uint8Array([...header([count], 1), ...labels]),
  );
}
