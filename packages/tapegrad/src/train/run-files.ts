// The files of a run: model.safetensors, checkpoint.safetensors, metrics.jsonl.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { FormatError, type Tensor } from "@tapegrad/core";
import {
  type Checkpoint,
  FileError,
  type HostTensor,
  type Json,
  loadCheckpoint,
  saveCheckpoint,
  saveSafetensors,
  writeFileAtomic,
} from "@tapegrad/io";

export const MODEL_FILE = "model.safetensors";
export const CHECKPOINT_FILE = "checkpoint.safetensors";
export const METRICS_FILE = "metrics.jsonl";
const LOCK_FILE = ".lock";

/** A folder that a run writes into. Whole files are replaced atomically; metrics grow line by line. */
export class RunFolder {
  readonly path: string;
  private locked = false;
  constructor(path: string) {
    this.path = path;
    try {
      makeFolder(resolve(path));
    } catch (cause) {
      throw unusable("make the run's folder", path, cause);
    }
  }
  private file(name: string): string {
    return join(this.path, name);
  }

  /** Keeps other processes from training into the folder. The lock of a process that died does not count. */
  lock(): void {
    const path = this.file(LOCK_FILE);
    const write = (flag: string) => writeFileSync(path, String(process.pid), { flag });
    try {
      write("wx");
    } catch (cause) {
      if (codeOf(cause) !== "EEXIST") throw unusable("write into", this.path, cause);
      const holder = Number(readFileSync(path, "utf8"));
      if (holder !== process.pid && isAlive(holder)) {
        throw new FileError(
          this.path,
          "LOCKED",
          `${this.path}: process ${holder} is training into this folder; wait for it, or choose another --out`,
          { cause },
        );
      }
      write("w");
    }
    this.locked = true;
  }
  unlock(): void {
    if (this.locked) rmSync(this.file(LOCK_FILE), { force: true });
    this.locked = false;
  }
  async saveModel(
    state: ReadonlyMap<string, Tensor>,
    metadata: Record<string, string>,
  ): Promise<void> {
    await saveSafetensors(this.file(MODEL_FILE), state, metadata);
  }
  saveCheckpoint(tensors: ReadonlyMap<string, HostTensor>, state: Json): void {
    saveCheckpoint(this.file(CHECKPOINT_FILE), { tensors, state });
  }
  get hasCheckpoint(): boolean {
    return existsSync(this.file(CHECKPOINT_FILE));
  }
  loadCheckpoint(): Checkpoint {
    return loadCheckpoint(this.file(CHECKPOINT_FILE));
  }
  addMetrics(line: Readonly<Record<string, number | string>>): void {
    appendFileSync(this.file(METRICS_FILE), `${JSON.stringify(line)}\n`);
  }
  /** Drops the lines after `step`: those that a resumed run will write again. */
  cutMetrics(step: number): void {
    const path = this.file(METRICS_FILE);
    if (!existsSync(path)) return;
    const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
    const kept = lines.filter((line, i) => {
      try {
        return JSON.parse(line).step <= step;
      } catch (cause) {
        if (i === lines.length - 1) return false; // a killed process may leave half a line
        throw new FormatError(`${path}: line ${i + 1} is not JSON; remove the file or the line`, {
          cause,
        });
      }
    });
    writeFileAtomic(path, new TextEncoder().encode(kept.map((line) => `${line}\n`).join("")));
  }
}

const codeOf = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? "UNKNOWN";

const unusable = (what: string, path: string, cause: unknown): FileError =>
  new FileError(
    path,
    codeOf(cause),
    `cannot ${what} '${path}' (${codeOf(cause)}); choose another with --out`,
    { cause },
  );

/** With those above it, one by one: Node's own way never ends where a folder cannot be made, as in /proc. */
function makeFolder(path: string): void {
  const isFolder = (): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (isFolder()) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path);
  } catch (cause) {
    if (!isFolder()) throw cause; // another process may have been faster
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0); // asks, sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
