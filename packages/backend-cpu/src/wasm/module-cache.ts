// Compiled kernels by key, instantiated against one memory. The cache is bounded: a program that sees
// ever new shapes lets the modules go that it has not used for longest.
import { assemble, type Func } from "./assembler.ts";

/** An exported kernel: numbers in (addresses unsigned, up to 4 GiB), a number or nothing out. */
export type Kernel = (...args: number[]) => number;
export type Exports<K extends string = string> = Readonly<Record<K, Kernel>>;

interface Entry {
  readonly exports: Exports;
  usedAt: number;
}

export class ModuleCache {
  readonly memory: WebAssembly.Memory;
  private readonly shared: boolean;
  private readonly capacity: number;
  private readonly entries = new Map<string, Entry>();
  private clock = 0;

  constructor(memory: WebAssembly.Memory, capacity = 512) {
    this.memory = memory;
    this.capacity = capacity;
    // By name: where a page is not cross-origin isolated there is no SharedArrayBuffer to compare with.
    this.shared = Object.prototype.toString.call(memory.buffer) === "[object SharedArrayBuffer]";
  }

  get size(): number {
    return this.entries.size;
  }

  /** The exports of the module of that key; `build` writes its functions the first time. */
  get<K extends string>(key: string, build: () => readonly Func[]): Exports<K> {
    let entry = this.entries.get(key);
    if (entry === undefined) {
      if (this.entries.size >= this.capacity) this.forgetOldest();
      const module = new WebAssembly.Module(assemble(build(), { shared: this.shared }));
      const { exports } = new WebAssembly.Instance(module, { env: { memory: this.memory } });
      entry = { exports: exports as Exports, usedAt: 0 };
      this.entries.set(key, entry);
    }
    entry.usedAt = ++this.clock;
    return entry.exports;
  }

  /** Drops a quarter, so that the sort is rare. */
  private forgetOldest(): void {
    const byAge = [...this.entries].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [key] of byAge.slice(0, Math.ceil(this.capacity / 4))) this.entries.delete(key);
  }
}
