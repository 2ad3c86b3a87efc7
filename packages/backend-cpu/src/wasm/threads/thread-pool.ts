// The threads of one arena: who works on a launch, and how many. A launch that is worth it goes to the team
// (threads/team.ts), which is made when it is first needed; any other runs here and now.
import { type Arena, getNumThreads } from "@tapegrad/core";
import type { ModuleCache } from "../assembler/module-cache.ts";
import { DirectTasks } from "./direct-tasks.ts";
import type { Tasks } from "./launch.ts";
import { Team } from "./team.ts";
import type { WorkerHandle } from "./thread-worker.ts";

/**
 * Below so many nanoseconds of work, waking a thread costs more than it brings: on a busy host a task that a worker has
 * begun waits with it for a core that is gone.
 */
const WORTHWHILE = 40_000;

export class ThreadPool {
  private readonly arena: Arena;
  private readonly threads: number | undefined;
  private team: Team | undefined;
  private busy = false;

  /** @param threads default: getNumThreads() at each launch */
  constructor(arena: Arena, threads?: number) {
    this.arena = arena;
    this.threads = threads;
  }

  /** How many threads work on a launch that is worth it. */
  get size(): number {
    return this.arena.shared ? (this.threads ?? getNumThreads()) : 1;
  }

  /** Workers that have started so far. */
  get workersReady(): number {
    return this.team?.ready ?? 0;
  }

  /** The workers, all but the launching thread; none before the first launch that is worth it. */
  get workers(): readonly WorkerHandle[] {
    return this.team?.workers ?? [];
  }

  /** Runs the tasks that `body` adds; see threads/launch.ts. */
  launch(modules: ModuleCache, cost: number, body: (tasks: Tasks) => void): void {
    const size = this.size;
    // A launch inside of a launch's body runs at once: there is one list of tasks. Workers that are not needed
    // sleep on, for the next time that they are.
    if (size === 1 || cost < WORTHWHILE || this.busy) {
      this.direct(body);
      return;
    }
    if (this.team === undefined || !this.team.works || this.team.size !== size) {
      this.end();
      this.team = new Team(this.arena, size);
    }
    this.busy = true;
    try {
      this.team.launch(modules, body);
    } finally {
      this.busy = false;
    }
  }

  /** See WasmContext.after(). */
  after(body: () => void): void {
    if (this.team?.follow(body)) return;
    this.arena.settle();
    body();
  }

  private direct(body: (tasks: Tasks) => void): void {
    const tasks = new DirectTasks(this.arena, this);
    try {
      body(tasks);
    } finally {
      tasks.give();
    }
  }

  /** Finishes what is under way and ends the workers; the next launch starts new ones. */
  end(): void {
    const { team } = this;
    this.team = undefined;
    try {
      this.arena.settle();
    } finally {
      team?.end();
    }
  }
}
