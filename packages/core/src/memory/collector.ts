// Synchronous garbage collection where the engine offers it: Node.
//
// V8 keeps what a job has touched alive until the job ends. Running an empty script in a context whose
// microtask queue is drained after evaluation clears that list; then gc() empties the WeakRefs. Both are
// reached at run time, so neither a flag nor a static import of a Node module is needed.
import type { Collector } from "./storage.ts";

/** The collector of Node; null in engines without one. */
export function nodeCollector(): Collector | null {
  const load = globalThis.process?.getBuiltinModule;
  if (load === undefined) return null;
  const v8 = load("node:v8");
  const vm = load("node:vm");
  v8.setFlagsFromString("--expose-gc");
  const gc = vm.runInNewContext("gc") as () => void;
  const context = vm.createContext({}, { microtaskMode: "afterEvaluate" });
  const empty = new vm.Script("0");
  return {
    run() {
      empty.runInContext(context);
      gc();
    },
  };
}
