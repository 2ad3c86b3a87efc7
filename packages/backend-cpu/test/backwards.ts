// A context for tests of work that is shared out: its one thread takes the tasks in the opposite order and
// fills its scratch memory with NaN before each, so that a task that needs another one shows itself.
import { Arena } from "@tapegrad/core";
import type { Kernel } from "../src/wasm/assembler/module-cache.ts";
import { WasmContext } from "../src/wasm/context.ts";
import { type Argument, LocalAddress, type Tasks } from "../src/wasm/threads/launch.ts";

export class BackwardsContext extends WasmContext {
  /** Tasks since the last look. */
  private tasks = 0;

  constructor(relaxed: boolean) {
    super(new Arena({ maxPages: 16384 }), { relaxed });
  }

  tasksSince(): number {
    const { tasks } = this;
    this.tasks = 0;
    return tasks;
  }

  override launch(_cost: number, body: (tasks: Tasks) => void): void {
    const list: [Kernel, Argument[]][][] = [];
    let [bytes, started] = [0, false];
    const tasks: Tasks = {
      add: (kernel, ...args) => {
        started = true;
        list.push([[kernel, args]]);
      },
      also: (kernel, ...args) => list[list.length - 1]?.push([kernel, args]),
      local: (more) => {
        if (started) throw new Error("local() after add()");
        bytes += more;
        return new LocalAddress(bytes - more);
      },
    };
    body(tasks);
    this.tasks += list.length;
    this.withScratch((scratch) => {
      const base = scratch.take(bytes + 16);
      for (const calls of list.reverse()) {
        this.arena.f32.fill(Number.NaN, base / 4, (base + bytes) / 4);
        for (const [kernel, args] of calls) {
          this.now(kernel)(...args.map((a) => (typeof a === "number" ? a : base + a.offset)));
        }
      }
    });
  }
}
