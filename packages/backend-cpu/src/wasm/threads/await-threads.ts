// Waits for the workers of a pool: what is measured while they start would be measured on fewer threads.
import { func } from "../assembler/assembler.ts";
import type { WasmContext } from "../context.ts";

const PATIENCE_MS = 1000;

/** Returns when all workers have started, or after a second: some places give none. */
export function awaitThreads(ctx: WasmContext): void {
  const workers = ctx.pool.size - 1;
  if (ctx.pool.workersReady >= workers) return;
  const { nothing } = ctx.get<"nothing">("nothing", () => [func("nothing", {}, () => [])]);
  const start = performance.now();
  while (ctx.pool.workersReady < workers && performance.now() - start < PATIENCE_MS) {
    ctx.launch(1e9, (tasks) => tasks.add(nothing));
  }
}
