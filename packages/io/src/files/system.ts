// The file system, where there is one. Asked for at run time, never imported: this package loads in
// browsers, and only a call that needs files fails there.
import { FileError } from "./error.ts";

/** What this package asks of node:fs; a test hands in one that fails. */
export interface FileSystem {
  openSync(path: string, flags: string, mode?: number): number;
  readSync(
    fd: number,
    into: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): number;
  writeSync(fd: number, from: Uint8Array, offset: number, length: number): number;
  fsyncSync(fd: number): void;
  closeSync(fd: number): void;
  renameSync(from: string, to: string): void;
  unlinkSync(path: string): void;
  realpathSync(path: string): string;
  fstatSync(fd: number): FileStatus;
  statSync(path: string): FileStatus;
}

export interface FileStatus {
  readonly size: number;
  readonly mode: number;
  isDirectory(): boolean;
}

/** node:fs, or a typed error where there is none. */
export function nodeFileSystem(path: string): FileSystem {
  const fs = globalThis.process?.getBuiltinModule?.("node:fs");
  if (fs === undefined) {
    throw new FileError(
      path,
      "NO_FILE_SYSTEM",
      `cannot open '${path}': there is no file system here (a browser). ` +
        `Use bytes instead: fromSafetensors(bytes) of what fetch() gave, toSafetensors(tensors) to save.`,
    );
  }
  return fs;
}

/** The directory part of a path, "." if it has none; both separators, as Windows takes both. */
export function parentOf(path: string): string {
  const windows = globalThis.process?.platform === "win32";
  const cut = Math.max(path.lastIndexOf("/"), windows ? path.lastIndexOf("\\") : -1);
  if (cut < 0) return ".";
  return path.slice(0, Math.max(cut, 1));
}
