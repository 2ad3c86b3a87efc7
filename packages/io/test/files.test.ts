// Atomic files: every way to fail leaves the old file or the new one, whole.
import { spawn } from "node:child_process";
import * as nodeFs from "node:fs";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TapegradError } from "@tapegrad/core";
import { FileError, type FileSystem, readFile, writeFileAtomic } from "@tapegrad/io";
import { expect } from "chai";
import { bundled } from "../../../scripts/source.mjs";
import { expectError } from "./make.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const coded = (code: string) => Object.assign(new Error(`${code}: made by the test`), { code });

describe("files", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tapegrad-io-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const inside = (...names: string[]) => join(folder, ...names);

  it("are written, replaced and read, and nothing else is left", () => {
    const path = inside("a.bin");
    writeFileAtomic(path, bytes("one"));
    expect(Buffer.from(readFile(path)).toString()).to.equal("one");
    writeFileAtomic(path, [bytes("two"), new Uint8Array(0), bytes(" parts")]);
    expect(readFileSync(path, "utf8")).to.equal("two parts");
    writeFileAtomic(path, new Uint8Array(0));
    expect(readFile(path)).to.have.length(0);
    expect(readdirSync(folder)).to.deep.equal(["a.bin"]);
  });

  it("may be named relative to the working directory", () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      writeFileAtomic("b.bin", bytes("here"));
    } finally {
      process.chdir(before);
    }
    expect(readFileSync(inside("b.bin"), "utf8")).to.equal("here");
  });

  it("survive systems that write and read a few bytes at a time", () => {
    const fs: FileSystem = {
      ...nodeFs,
      writeSync: (fd, from, offset, length) =>
        nodeFs.writeSync(fd, from, offset, Math.min(length, 3)),
      readSync: (fd, into, offset, length, position) =>
        nodeFs.readSync(fd, into, offset, Math.min(length, 2), position),
    };
    writeFileAtomic(inside("c"), bytes("0123456789"), { fs });
    expect(Buffer.from(readFile(inside("c"), { fs })).toString()).to.equal("0123456789");
  });

  if (process.platform !== "win32") {
    it("keep their permissions, and links stay links", () => {
      const path = inside("secret");
      writeFileSync(path, "old", { mode: 0o600 });
      nodeFs.symlinkSync("secret", inside("link"));
      writeFileAtomic(inside("link"), bytes("new"));
      expect(readFileSync(path, "utf8")).to.equal("new");
      expect(statSync(path).mode & 0o777).to.equal(0o600);
      expect(nodeFs.lstatSync(inside("link")).isSymbolicLink()).to.equal(true);
    });
  }

  describe("typed errors name path, reason and fix", () => {
    it("reading what is missing", () => {
      const path = inside("none.bin");
      const words = [`cannot read '${path}'`, "no such file", "ENOENT", "Check the path"];
      const error = expectError(() => readFile(path), FileError, words) as FileError;
      expect(error).to.be.instanceOf(TapegradError);
      expect(error).to.include({ name: "FileError", path, code: "ENOENT" });
      expect(error.cause).to.be.instanceOf(Error);
    });

    it("reading a directory", () => {
      expectError(() => readFile(folder), FileError, [folder, "is a directory", "EISDIR"]);
    });

    it("writing to a directory", () => {
      const words = [`cannot write '${folder}'`, "is a directory", "EISDIR"];
      expectError(() => writeFileAtomic(folder, bytes("x")), FileError, words);
      expect(readdirSync(folder)).to.deep.equal([]);
    });

    it("writing into a directory that is missing", () => {
      const path = inside("no", "such.bin");
      const words = [`cannot write '${path}'`, `'${inside("no")}' does not exist`, "Create it"];
      expectError(() => writeFileAtomic(path, bytes("x")), FileError, words);
    });

    it("writing below a file", () => {
      writeFileSync(inside("file"), "");
      const path = inside("file", "x.bin");
      expectError(() => writeFileAtomic(path, bytes("x")), FileError, [path, "ENOTDIR"]);
    });

    it("no permission", () => {
      const openSync = () => {
        throw coded("EACCES");
      };
      const fs: FileSystem = { ...nodeFs, openSync };
      const words = ["permission denied (EACCES)", "Change the permissions"];
      expectError(() => writeFileAtomic(inside("x"), bytes("x"), { fs }), FileError, words);
      expectError(() => readFile(inside("x"), { fs }), FileError, words);
    });

    it("a file that shrinks while it is read", () => {
      writeFileSync(inside("x"), "12345");
      const fs: FileSystem = {
        ...nodeFs,
        fstatSync: (fd) => Object.assign(nodeFs.fstatSync(fd), { size: 9 }),
      };
      const words = ["shrank", "expected 9 bytes, got 5"];
      expectError(() => readFile(inside("x"), { fs }), FileError, words);
    });

    it("no file system (a browser)", () => {
      const original = process.getBuiltinModule;
      Object.assign(process, { getBuiltinModule: undefined });
      try {
        const words = ["model.safetensors", "no file system", "fromSafetensors(bytes)"];
        expectError(() => readFile("model.safetensors"), FileError, words);
        expectError(() => writeFileAtomic("model.safetensors", bytes("")), FileError, words);
      } finally {
        Object.assign(process, { getBuiltinModule: original });
      }
    });
  });

  it("a full disk leaves the old file, and no temporary one", () => {
    const path = inside("model");
    writeFileAtomic(path, bytes("old"));
    let written = 0;
    const fs: FileSystem = {
      ...nodeFs,
      writeSync(fd, from, offset, length) {
        if (written >= 4) throw coded("ENOSPC");
        const count = nodeFs.writeSync(fd, from, offset, Math.min(length, 2));
        written += count;
        return count;
      },
    };
    const write = () => writeFileAtomic(path, bytes("the new content"), { fs });
    const words = [path, "no space left", "ENOSPC", "old file is there, unchanged", "Free some"];
    expect((expectError(write, FileError, words) as FileError).code).to.equal("ENOSPC");
    expect(written).to.equal(4);
    expect(readFileSync(path, "utf8")).to.equal("old");
    expect(readdirSync(folder)).to.deep.equal(["model"]);
  });

  /** Counts the calls of `fs`; from call `limit` on each throws, and does nothing. */
  function dying(limit: number, code: string) {
    const real: Record<string, unknown> = { ...nodeFs };
    const state = { calls: 0, fs: {} as Record<string, unknown> };
    for (const name of [
      ..."openSync readSync writeSync fsyncSync closeSync renameSync unlinkSync".split(" "),
      ..."realpathSync fstatSync statSync".split(" "),
    ]) {
      const call = real[name] as (...args: unknown[]) => unknown;
      state.fs[name] = (...args: unknown[]) => {
        if (state.calls++ >= limit) throw coded(code);
        return call(...args);
      };
    }
    return { state, fs: state.fs as unknown as FileSystem };
  }

  it("dying before any call of the file system leaves the old file or the new one", () => {
    const path = inside("model");
    const seen: string[] = [];
    for (let limit = 0; ; limit++) {
      writeFileSync(path, "old");
      const { state, fs } = dying(limit, "EIO");
      try {
        writeFileAtomic(path, bytes("new"), { fs });
      } catch (error) {
        expect(error).to.be.instanceOf(FileError);
        const now = readFileSync(path, "utf8");
        const outcome = now === "old" ? /unchanged|cannot write/ : /new file is in place/;
        expect((error as FileError).message).to.match(outcome);
        seen.push(now);
        continue;
      }
      expect(state.calls).to.equal(limit);
      break;
    }
    expect(readFileSync(path, "utf8")).to.equal("new");
    expect(new Set(seen)).to.deep.equal(new Set(["old", "new"]));
    expect(seen.length).to.be.greaterThan(8);
  });

  it("two writers at once do not mix", () => {
    const path = inside("model");
    let others = 0;
    const fs: FileSystem = {
      ...nodeFs,
      writeSync(fd, from, offset, length) {
        if (others++ === 0) writeFileAtomic(path, bytes("the other"));
        return nodeFs.writeSync(fd, from, offset, Math.min(length, 2));
      },
    };
    writeFileAtomic(path, bytes("first in, last out"), { fs });
    expect(readFileSync(path, "utf8")).to.equal("first in, last out");
    expect(readdirSync(folder)).to.deep.equal(["model"]);
  });

  it("no descriptor stays open, whatever happens", () => {
    const open = new Set<number>();
    const fs: FileSystem = {
      ...nodeFs,
      openSync(path, flags, mode) {
        const fd = nodeFs.openSync(path, flags, mode);
        open.add(fd);
        return fd;
      },
      closeSync(fd) {
        open.delete(fd);
        nodeFs.closeSync(fd);
      },
    };
    const fail = () => {
      throw coded("EIO");
    };
    const path = inside("x");
    writeFileAtomic(path, bytes("x"), { fs });
    readFile(path, { fs });
    expectError(() => readFile(folder, { fs }), FileError, ["EISDIR"]);
    for (const broken of ["writeSync", "fsyncSync", "renameSync"]) {
      const write = () => writeFileAtomic(path, bytes("y"), { fs: { ...fs, [broken]: fail } });
      expectError(write, FileError, ["EIO"]);
    }
    expectError(() => readFile(path, { fs: { ...fs, readSync: fail } }), FileError, ["EIO"]);
    expect(open).to.deep.equal(new Set());
  });

  it("bytes are on disk before the name changes, the name before the call returns", () => {
    const calls: string[] = [];
    const fs: FileSystem = {
      ...nodeFs,
      fsyncSync(fd) {
        calls.push(nodeFs.fstatSync(fd).isDirectory() ? "fsync directory" : "fsync file");
        nodeFs.fsyncSync(fd);
      },
      renameSync(from, to) {
        calls.push("rename");
        nodeFs.renameSync(from, to);
      },
    };
    writeFileAtomic(inside("x"), bytes("x"), { fs });
    const directory = process.platform === "win32" ? [] : ["fsync directory"];
    expect(calls).to.deep.equal(["fsync file", "rename", ...directory]);
  });

  it("a killed writer leaves a whole version", async function () {
    this.timeout(60_000);
    const path = inside("model");
    const size = 1 << 20;
    const entry = fileURLToPath(new URL("kill/writer.ts", import.meta.url));
    const writer = fileURLToPath(await bundled(entry));
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, [writer, path, String(size)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const closed = new Promise((resolve) => child.once("close", resolve));
      // The first version is in place: any moment from now on is good to die.
      await new Promise((resolve, reject) => {
        child.stdout.once("data", resolve);
        child.once("close", () => reject(new Error("the writer ended by itself")));
      });
      await new Promise((resolve) => setTimeout(resolve, 3 + 17 * round));
      child.kill("SIGKILL");
      await closed;
      const left = readFile(path);
      expect(left).to.have.length(size);
      expect(left.every((byte) => byte === left[0])).to.equal(true);
    }
  });
});
