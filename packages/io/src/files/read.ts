// Files as byte sources: opened once, so that all pieces are of one version even if the path is
// replaced meanwhile.
import type { ByteSource } from "../source.ts";
import { FileError, fileError } from "./error.ts";
import { type FileSystem, nodeFileSystem } from "./system.ts";

/** One call reads or writes no more than this; systems refuse or shorten calls beyond 2 GiB. */
export const MAX_CALL_BYTES = 1 << 28;

export interface FileOptions {
  /** The file system; node:fs unless told. */
  readonly fs?: FileSystem | undefined;
}

/**
 * Opens a file, hands it to `use` and closes it again.
 * @throws FileError if it cannot be opened or read
 */
export function withFile<T>(
  path: string,
  use: (source: ByteSource) => T,
  { fs = nodeFileSystem(path) }: FileOptions = {},
): T {
  let fd: number;
  try {
    fd = fs.openSync(path, "r");
  } catch (cause) {
    throw fileError("read", path, cause);
  }
  try {
    return use(fileSource(fs, fd, path));
  } finally {
    fs.closeSync(fd);
  }
}

function fileSource(fs: FileSystem, fd: number, path: string): ByteSource {
  let size: number;
  try {
    const status = fs.fstatSync(fd);
    if (status.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
    size = status.size;
  } catch (cause) {
    throw fileError("read", path, cause);
  }
  return {
    name: path,
    size,
    read(offset, length) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        let count: number;
        try {
          count = fs.readSync(fd, bytes, at, Math.min(length - at, MAX_CALL_BYTES), offset + at);
        } catch (cause) {
          throw fileError("read", path, cause);
        }
        if (count === 0) {
          throw new FileError(
            path,
            "TRUNCATED",
            `cannot read '${path}': it shrank while it was read (expected ${size} bytes, got ` +
              `${offset + at}). Read it again when its writer is done.`,
          );
        }
        at += count;
      }
      return bytes;
    },
  };
}

/**
 * The bytes of a file.
 * @throws FileError naming path and reason
 */
export const readFile = (path: string, options?: FileOptions): Uint8Array<ArrayBuffer> =>
  withFile(path, (source) => source.read(0, source.size), options);
