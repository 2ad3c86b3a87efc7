// Who owns memory.
//
// A Storage is a block of a backend's memory with a count of its holders. Two ways lead back to the
// pool:
//   counted    a holder that knows it is done calls drop(); at zero the block returns at once, still
//              hot in cache;
//   collected  the Storage object became unreachable: every handle, node and module that named it is
//              garbage, whatever the count says. collect() finds these.
//
// Nothing pays for a WeakRef at birth. The table of live storages is strong; only while a collection
// runs each entry is exchanged for a WeakRef. Reachability of the Storage object stands for handles,
// views, graph nodes and cycles of them together. What is freed by count never costs a WeakRef.
import type { Backend, Block } from "../backend.ts";
import { OutOfMemoryError } from "../errors.ts";
import { nodeCollector } from "./collector.ts";

export class Storage {
  count = 1;
  /** Bumped by every in-place op; the tape compares it. Views share it because they share the storage. */
  version = 0;
  lastMutator = "";
  /** A view was made, so a recorded in-place op would leave the history of base or view wrong. */
  hasViews = false;
  /** Where the tensor was made, while `trackSites(true)`. */
  site: string | null = null;
  weak: WeakRef<Storage> | null = null;
  readonly backend: Backend;
  readonly block: Block;
  /** The op that made it. */
  readonly origin: string;
  /** Its place in the table of live storages; negative outside of it. */
  slot: number;
  constructor(backend: Backend, block: Block, origin: string, slot: number) {
    this.backend = backend;
    this.block = block;
    this.origin = origin;
    this.slot = slot;
  }
}

/** Clears the WeakRefs of what is unreachable before it returns. */
export interface Collector {
  run(): void;
}

/** Slots of storages outside the table: freed, or waiting for a collection to end. */
const FREE = -1;
const SUSPENDED = -2;

const MB = 1 << 20;
const FLOOR = { bytes: 256 * MB, count: 100_000 };
const live: Storage[] = [];
let liveBytes = 0;
let peakBytes = 0;
let collections = 0;
let collectedBytes = 0;
let collector: Collector | null | undefined; // undefined: not looked for yet
let floorBytes = FLOOR.bytes;
let floorCount = FLOOR.count;
let thresholdBytes = floorBytes;
let thresholdCount = floorCount;
let sites = false;

/** Remembers where each tensor was made, for the out-of-memory report. Slow. */
export function trackSites(on: boolean): void {
  sites = on;
}

/** Above which live bytes, or number of storages, an allocation collects. Defaults: 256 MB and 100,000. */
export function setCollectionThreshold(floors: { bytes?: number; count?: number } = {}): void {
  floorBytes = floors.bytes ?? FLOOR.bytes;
  floorCount = floors.count ?? FLOOR.count;
  resetThreshold();
}

/** Replaces the engine's collector; null switches synchronous collection off. For tests. */
export function setCollector(c: Collector | null): void {
  collector = c;
}

function resetThreshold(): void {
  thresholdBytes = Math.max(floorBytes, 2 * liveBytes);
  thresholdCount = Math.max(floorCount, 2 * live.length);
}

export function allocate(backend: Backend, bytes: number, origin: string): Storage {
  if (liveBytes + bytes > thresholdBytes || live.length >= thresholdCount) collect();
  const block = take(backend, bytes);
  const storage = new Storage(backend, block, origin, live.length);
  if (sites) storage.site = callSite();
  live.push(storage);
  liveBytes += block.bytes;
  if (liveBytes > peakBytes) peakBytes = liveBytes;
  return storage;
}

function take(backend: Backend, bytes: number): Block {
  try {
    return backend.memory.take(bytes);
  } catch (cause) {
    if (!(cause instanceof OutOfMemoryError)) throw cause;
    collect(); // what only garbage holds may be enough
    try {
      return backend.memory.take(bytes);
    } catch (again) {
      throw new OutOfMemoryError(`${(again as Error).message}\n${inventory(backend)}`, {
        cause: again,
      });
    }
  }
}

/** What a person needs to know when memory is full. */
function inventory(backend: Backend): string {
  const mine = live.filter((s) => s.backend === backend);
  const largest = [...mine].sort((a, b) => b.block.bytes - a.block.bytes).slice(0, 5);
  const lines = largest.map(
    (s) => `  ${(s.block.bytes / MB).toFixed(1)} MB made by '${s.origin}'${s.site ?? ""}`,
  );
  return [
    `${mine.length} tensors live on '${backend.name}'; the largest:`,
    ...lines,
    "Use a smaller batch, noGrad() where no gradient is needed, and keep no graph: " +
      "store loss.item() instead of loss. trackSites(true) adds where each was made.",
  ].join("\n");
}

function callSite(): string {
  const lines = new Error().stack?.split("\n").slice(2) ?? [];
  const users = lines.find((line) => !/[\\/](core|nn|backend-\w+)[\\/](src|dist)[\\/]/.test(line));
  return `\n  ${(users ?? lines[0] ?? "").trim()}`;
}

/** One holder less. The caller must forget the storage (a Tensor points at FREED afterwards). */
export function drop(storage: Storage): void {
  if (--storage.count > 0 || storage.slot === SUSPENDED) return; // finish() frees what was suspended
  const last = live.pop() as Storage;
  if (last !== storage) {
    live[storage.slot] = last;
    last.slot = storage.slot;
  }
  storage.slot = FREE;
  reclaim(storage.backend, storage.block);
}

function reclaim(backend: Backend, block: Block): void {
  liveBytes -= block.bytes;
  backend.memory.give(block);
}

interface Suspect {
  readonly ref: WeakRef<Storage>;
  readonly backend: Backend;
  readonly block: Block;
}

/**
 * Returns to the pool what only garbage still holds. Synchronous, where the engine allows it (Node);
 * elsewhere it does nothing, and `drain()` does it between two tasks.
 * @returns the number of bytes that came back
 */
export function collect(): number {
  if (collector === undefined) collector = nodeCollector();
  if (collector === null) {
    resetThreshold();
    return 0;
  }
  const suspects = weaken();
  collector.run();
  return finish(suspects);
}

/** One untouched allocation of this size makes a browser's engine collect soon. */
const PULSE = 256 * MB;

/**
 * Browsers: while more than the threshold is live, nudges the engine to collect and yields to it.
 * DataLoader awaits this between batches, so that a `for await` loop stays bounded. In Node it collects.
 * @returns the number of bytes that came back
 */
export async function drain(rounds = 8): Promise<number> {
  if (liveBytes <= thresholdBytes && live.length < thresholdCount) return 0;
  if (collector === undefined) collector = nodeCollector();
  if (collector !== null) return collect();
  let freed = 0;
  for (let i = 0; i < rounds && (i === 0 || liveBytes > floorBytes); i++) {
    const suspects = weaken();
    pulse();
    await new Promise((resolve) => setTimeout(resolve, 0));
    freed += finish(suspects);
  }
  return freed;
}

function pulse(): void {
  // Never touched: it costs address space and tells the engine of external memory, nothing more.
  void new ArrayBuffer(PULSE);
}

// Its own function, so that no register of its caller keeps a Storage alive.
function weaken(): Suspect[] {
  const suspects = live.map((s) => {
    s.weak ??= new WeakRef(s);
    s.slot = SUSPENDED;
    return { ref: s.weak, backend: s.backend, block: s.block };
  });
  live.length = 0;
  return suspects;
}

function finish(suspects: readonly Suspect[]): number {
  const before = liveBytes;
  const born = live.splice(0); // while drain() waited
  for (const { ref, backend, block } of suspects) {
    const storage = ref.deref();
    if (storage !== undefined && storage.count > 0) enlist(storage);
    else {
      if (storage !== undefined) storage.slot = FREE;
      reclaim(backend, block);
    }
  }
  for (const storage of born) enlist(storage);
  const freed = before - liveBytes;
  collections++;
  collectedBytes += freed;
  resetThreshold();
  return freed;
}

function enlist(storage: Storage): void {
  storage.slot = live.length;
  live.push(storage);
}

/** What is alive, what is pooled, what was collected. Bytes of whole blocks. */
export function memory() {
  const pools = new Set(live.map((s) => s.backend.memory));
  let pooledBytes = 0;
  for (const pool of pools) pooledBytes += pool.pooledBytes;
  return {
    storages: live.length,
    liveBytes,
    pooledBytes,
    peakBytes,
    collections,
    collectedBytes,
  };
}

export function resetPeak(): void {
  peakBytes = liveBytes;
}
