// Tests share one process, and the default backend is the fastest that any of them has registered.
import { currentBackend, setBackend } from "@tapegrad/core";

/** Inside a describe: its tests run on `name`; what was chosen before comes back. */
export function useBackend(name: string): void {
  let previous: string;
  before(() => {
    previous = currentBackend().name;
    setBackend(name);
  });
  after(() => setBackend(previous));
}
