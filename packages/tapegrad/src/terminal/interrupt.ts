// Ctrl-C: the first asks the loop to stop after its step, the second ends the process at once.

export interface StopSignal {
  requested: boolean;
}

/** @returns the signal to look at, and a function that restores the default */
export function onInterrupt(tell: (message: string) => void): {
  signal: StopSignal;
  dispose(): void;
} {
  const signal: StopSignal = { requested: false };
  const handler = () => {
    if (signal.requested) process.exit(130);
    signal.requested = true;
    tell("stopping after this step; Ctrl-C again stops at once");
  };
  process.on("SIGINT", handler);
  process.on("SIGTERM", handler);
  return {
    signal,
    dispose() {
      process.off("SIGINT", handler);
      process.off("SIGTERM", handler);
    },
  };
}
