// The picks of tuning, kept in a file between processes: one a machine and version, because what is the fastest
// depends on both. A file that cannot be read or written costs time and nothing else: it is said, and passed over.
import { hasSimd, relaxedSimd } from "@tapegrad/backend-cpu";
import { environment, type PickStore, type Picks } from "@tapegrad/core";
import { readFile, writeFileAtomic } from "@tapegrad/io";
import { version } from "../version.ts";

const FORMAT = "tapegrad-picks";

/** What the speed of a kernel depends on. */
interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly engine: string;
  readonly simd: string;
  readonly tapegrad: string;
}

interface Os {
  cpus(): readonly { readonly model: string }[];
  homedir(): string;
}
interface Fs {
  mkdirSync(path: string, options: { recursive: true }): void;
  existsSync(path: string): boolean;
}

const builtin = <M>(name: string): M | undefined =>
  globalThis.process?.getBuiltinModule?.(name) as M | undefined;

function machine(os: Os): Machine {
  const cpus = os.cpus();
  return {
    processor: cpus[0]?.model.trim() ?? "unknown",
    cores: cpus.length,
    engine: `v8 ${globalThis.process.versions.v8}`,
    simd: !hasSimd() ? "none" : relaxedSimd() ? "relaxed" : "plain",
    tapegrad: version,
  };
}

/** TAPEGRAD_CACHE, or the folder that the system has for caches. */
function cacheFolder(os: Os): string {
  const chosen = environment("TAPEGRAD_CACHE");
  if (chosen !== undefined) return chosen;
  const { platform } = globalThis.process;
  const home = os.homedir();
  if (platform === "win32")
    return `${environment("LOCALAPPDATA") ?? `${home}/AppData/Local`}/tapegrad`;
  if (platform === "darwin") return `${home}/Library/Caches/tapegrad`;
  return `${environment("XDG_CACHE_HOME") ?? `${home}/.cache`}/tapegrad`;
}

/** A short name for a machine: FNV-1a, 64 bits. */
function hash(text: string): string {
  let h = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    h = BigInt.asUintN(64, (h ^ BigInt(byte)) * 0x100000001b3n);
  }
  return h.toString(16).padStart(16, "0");
}

const message = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** The picks in a file of this machine; a reason in words where it holds none. */
function parse(bytes: Uint8Array, expected: Machine): Picks | string {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return "it is damaged: not JSON";
  }
  if (typeof content !== "object" || content === null) return "it is damaged: not an object";
  const { format, machine: made, picks } = content as Record<string, unknown>;
  if (format !== FORMAT) return `it is not a file of picks: format is ${JSON.stringify(format)}`;
  if (JSON.stringify(made) !== JSON.stringify(expected)) return "it is of another machine";
  const isTable = typeof picks === "object" && picks !== null && !Array.isArray(picks);
  if (!isTable || Object.values(picks).some((name) => typeof name !== "string")) {
    return "it is damaged: its picks are not names";
  }
  return picks as Picks;
}

/** New picks are written at once when the last write is so long ago (ms), else with the next, or at the end. */
const GATHER_MS = 1000;

class PickFile implements PickStore {
  readonly path: string;
  private readonly folder: string;
  private readonly fs: Fs;
  private readonly machine: Machine;
  private readonly warn: (line: string) => void;
  private added: Record<string, string> = {};
  private writtenAt = Number.NEGATIVE_INFINITY;
  private usable = true;
  private waiting = false;

  constructor(folder: string, fs: Fs, made: Machine, warn: (line: string) => void) {
    this.folder = folder;
    this.path = `${folder}/picks-${made.tapegrad}-${hash(JSON.stringify(made))}.json`;
    this.fs = fs;
    this.machine = made;
    this.warn = warn;
  }

  load(): Picks {
    return this.read(true);
  }

  save(added: Picks): void {
    Object.assign(this.added, added);
    if (performance.now() - this.writtenAt > GATHER_MS) this.write();
    else if (!this.waiting) {
      this.waiting = true;
      globalThis.process.once("exit", () => this.write());
    }
  }

  private read(loud: boolean): Picks {
    if (!this.fs.existsSync(this.path)) return {};
    const say = (why: string): Picks => {
      if (loud)
        this.warn(`${this.path}: the kept picks are not used, ${why}; tuning measures anew`);
      return {};
    };
    try {
      const picks = parse(readFile(this.path), this.machine);
      return typeof picks === "string" ? say(picks) : picks;
    } catch (error) {
      return say(message(error));
    }
  }

  /** Another process may have written since: its picks stay. */
  private write(): void {
    if (!this.usable || Object.keys(this.added).length === 0) return;
    const picks = { ...this.read(false), ...this.added };
    const content = { format: FORMAT, machine: this.machine, picks };
    try {
      this.fs.mkdirSync(this.folder, { recursive: true });
      writeFileAtomic(this.path, new TextEncoder().encode(`${JSON.stringify(content, null, 1)}\n`));
      this.added = {};
      this.writtenAt = performance.now();
    } catch (error) {
      this.usable = false;
      this.warn(
        `the picks of tuning are not kept: ${message(error)}; TAPEGRAD_CACHE names another folder`,
      );
    }
  }
}

/** The file of this machine; null where there are no files (a browser). Nothing is touched until tuning needs it. */
export function pickFile(
  warn: (line: string) => void = (line) => console.warn(line),
): (PickStore & { readonly path: string }) | null {
  const [os, fs] = [builtin<Os>("node:os"), builtin<Fs>("node:fs")];
  if (os === undefined || fs === undefined) return null;
  return new PickFile(cacheFolder(os), fs, machine(os), warn);
}

/** The same, made when it is first used: most programs never tune. */
export function lazyPickFile(): PickStore {
  let made: PickStore | null | undefined;
  const store = (): PickStore | null => {
    if (made === undefined) made = pickFile();
    return made;
  };
  return {
    load: () => store()?.load() ?? {},
    save: (added) => store()?.save(added),
  };
}
