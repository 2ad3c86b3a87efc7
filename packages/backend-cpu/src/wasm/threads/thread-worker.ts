// Starting a worker thread from text: worker_threads in Node, a blob worker in a browser. Neither keeps the
// program alive.
import { runTask, WORD, type WorkerStart, workerLoop } from "./thread-loop.ts";

export interface WorkerHandle {
  /** Ends it, also in the middle of a kernel. */
  end(): void;
}

interface NodeWorker {
  unref(): void;
  on(event: "error" | "exit", listener: (value: unknown) => void): void;
  terminate(): Promise<number>;
}

interface WorkerThreads {
  Worker: new (
    source: string,
    options: { eval: true; workerData: WorkerStart; stdin: false; name: string; execArgv: [] },
  ) => NodeWorker;
}

/** `__name`: what some compilers wrap inner functions in. */
const source = (start: string): string =>
  `const __name = (f) => f; (${workerLoop})(${start}, ${JSON.stringify(WORD)}, ${runTask});`;

/** @param onEnd told, some time later, when it has ended */
export function startWorker(start: WorkerStart, onEnd: (why: string) => void): WorkerHandle {
  const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads") as
    | WorkerThreads
    | undefined;
  return threads === undefined ? browserWorker(start, onEnd) : nodeWorker(threads, start, onEnd);
}

function nodeWorker(
  { Worker }: WorkerThreads,
  start: WorkerStart,
  onEnd: (why: string) => void,
): WorkerHandle {
  const worker = new Worker(source('process.getBuiltinModule("node:worker_threads").workerData'), {
    eval: true,
    workerData: start,
    stdin: false,
    name: `tapegrad ${start.thread}`,
    execArgv: [],
  });
  worker.on("error", (error) => onEnd(`ended with ${error}`));
  worker.on("exit", () => onEnd("has ended"));
  worker.unref();
  return {
    end: () => void worker.terminate(),
  };
}

function browserWorker(start: WorkerStart, onEnd: (why: string) => void): WorkerHandle {
  const text = `onmessage = ({ data }) => { ${source("data")} };`;
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(url, { name: `tapegrad ${start.thread}` });
  worker.onerror = (event) => onEnd(`ended with ${event.message || "an error while starting"}`);
  worker.postMessage(start);
  return {
    end: () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
