// A file that cannot be read or written, in words: the path, the reason, the fix.
import { TapegradError } from "@tapegrad/core";

/** Reason and fix by the system's code. */
const REASONS: Readonly<Record<string, readonly [reason: string, fix: string]>> = {
  ENOENT: ["no such file or directory", "Check the path"],
  ENOTDIR: ["a part of the path is a file, not a directory", "Check the path"],
  EISDIR: ["it is a directory", "Give the path of a file"],
  EACCES: ["permission denied", "Change the permissions or choose another path"],
  EPERM: ["operation not permitted", "Change the permissions or choose another path"],
  EROFS: ["the file system is read-only", "Choose another path"],
  ENOSPC: ["no space left on device", "Free some space or choose another disk"],
  EDQUOT: ["the disk quota is used up", "Free some space or choose another disk"],
  EFBIG: ["the file would be larger than the file system allows", "Choose another disk"],
  EMFILE: ["too many open files", "Close some, or raise the limit (ulimit -n)"],
  ENFILE: ["too many open files in the system", "Close some"],
  ENAMETOOLONG: ["the name is too long", "Choose a shorter name"],
  EIO: ["the disk reported an error", "Check the disk"],
};

/** A file operation that the system refused. `code` is the system's ("ENOSPC"), or "UNKNOWN". */
export class FileError extends TapegradError {
  readonly path: string;
  readonly code: string;
  constructor(path: string, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
    this.code = code;
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "UNKNOWN";

/**
 * The typed form of what the file system threw.
 * @param verb "read" or "write"
 * @param outcome what is now true of the file, if that needs saying
 */
export function fileError(
  verb: "read" | "write",
  path: string,
  cause: unknown,
  { reason, fix, outcome }: { reason?: string; fix?: string; outcome?: string } = {},
): FileError {
  const code = codeOf(cause);
  const own = cause instanceof Error ? cause.message : String(cause);
  const [knownReason, knownFix] = REASONS[code] ?? [own, "See the cause"];
  const parts = [
    `cannot ${verb} '${path}': ${reason ?? knownReason} (${code}).`,
    ...(outcome === undefined ? [] : [outcome]),
    `${fix ?? knownFix}.`,
  ];
  return new FileError(path, code, parts.join(" "), { cause });
}
