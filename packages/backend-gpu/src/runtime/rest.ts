// Waiting for a processor that plays a GPU. In Node the driver's promises are asked for over and over, which keeps a
// processor busy that the device computes with: a third of its speed, with two of them. So the thread sleeps between
// two questions, a thousandth of a second at a time.
import type { GpuInfo } from "../find.ts";

/** What takes no longer than this is not slept for. */
const PATIENCE_MS = 2;
const NAP_MS = 1;

/** Never changes: what waits for it waits to the end of its time. */
let cell: Int32Array | undefined;
let waiting = 0;
let since = 0;

function nap(): void {
  if (waiting === 0) return;
  if (performance.now() - since > PATIENCE_MS) {
    cell ??= new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(cell, 0, 0, NAP_MS);
  }
  setImmediate(nap);
}

/** The same promise; until it is settled, the thread rests where that helps the device. */
export async function resting<T>(info: GpuInfo, promise: Promise<T>): Promise<T> {
  if (!info.software || info.source !== "webgpu") return promise;
  if (waiting++ === 0) {
    since = performance.now();
    setImmediate(nap);
  }
  try {
    return await promise;
  } finally {
    waiting--;
  }
}
