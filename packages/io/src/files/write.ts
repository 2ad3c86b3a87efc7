// Atomic replacement of a file. The bytes go into a temporary file beside it, are forced to disk,
// and only then take its name; the directory is forced to disk last. Whatever stops this (a full
// disk, a kill, a power cut) leaves the old file or the new one, whole.
import { fileError } from "./error.ts";
import { type FileOptions, MAX_CALL_BYTES } from "./read.ts";
import { type FileStatus, type FileSystem, nodeFileSystem, parentOf } from "./system.ts";

const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && "code" in error && codes.includes(String(error.code));

/** undefined where nothing is. */
function statusOf(fs: FileSystem, path: string): FileStatus | undefined {
  try {
    return fs.statSync(path);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function writeAll(fs: FileSystem, fd: number, parts: Iterable<Uint8Array>): void {
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      at += fs.writeSync(fd, part, at, Math.min(part.length - at, MAX_CALL_BYTES));
    }
  }
}

/** Makes a rename durable. */
function syncDirectory(fs: FileSystem, directory: string): void {
  // Windows cannot open directories; its rename is in the journal of the file system.
  if (globalThis.process?.platform === "win32") return;
  const fd = fs.openSync(directory, "r");
  try {
    fs.fsyncSync(fd);
  } catch (error) {
    // Some network and FUSE file systems have no fsync for directories; there is nothing to force.
    if (!hasCode(error, "EINVAL", "ENOTSUP")) throw error;
  } finally {
    fs.closeSync(fd);
  }
}

function writeTemporary(
  fs: FileSystem,
  temporary: string,
  bytes: Iterable<Uint8Array>,
  mode: number,
): void {
  const fd = fs.openSync(temporary, "wx", mode);
  try {
    writeAll(fs, fd, bytes);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Writes a file so that its path always shows the whole old or the whole new content. A symbolic
 * link is followed; an existing file keeps its permissions.
 * @param bytes the content, at once or in pieces
 * @throws FileError naming path and reason; the old file is then as it was (unless the message
 *   says that the new one is in place), and the temporary file is gone
 */
export function writeFileAtomic(
  path: string,
  bytes: Uint8Array | Iterable<Uint8Array>,
  { fs = nodeFileSystem(path) }: FileOptions = {},
): void {
  const parts = bytes instanceof Uint8Array ? [bytes] : bytes;
  let old: FileStatus | undefined;
  let target = path;
  try {
    old = statusOf(fs, path);
    if (old?.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
    if (old !== undefined) target = fs.realpathSync(path);
  } catch (cause) {
    throw fileError("write", path, cause);
  }
  const outcome = old === undefined ? "Nothing was written." : "The old file is there, unchanged.";
  const directory = parentOf(target);
  const temporary = `${directory}/.tapegrad-${crypto.randomUUID()}.tmp`;
  try {
    writeTemporary(fs, temporary, parts, old === undefined ? 0o666 : old.mode & 0o777);
    fs.renameSync(temporary, target);
  } catch (cause) {
    try {
      fs.unlinkSync(temporary);
    } catch {
      // It was never made, or the same fault keeps it; the first error is the one to report.
    }
    if (hasCode(cause, "ENOENT")) {
      throw fileError("write", path, cause, {
        reason: `the directory '${directory}' does not exist`,
        fix: "Create it first",
        outcome,
      });
    }
    throw fileError("write", path, cause, { outcome });
  }
  try {
    syncDirectory(fs, directory);
  } catch (cause) {
    throw fileError("write", path, cause, {
      outcome: "The new file is in place, but a power cut may still undo that.",
    });
  }
}
