// Several kernel calls as one task, by a loop that need not know which is the first.
import type { Tasks } from "../threads/launch.ts";

/** A function that begins a task with its first call and adds the others to it. */
export function inOneTask(tasks: Tasks): Tasks["add"] {
  let begun = false;
  return (...args) => {
    if (begun) tasks.also(...args);
    else tasks.add(...args);
    begun = true;
  };
}
