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
// runs it is exchanged for WeakRefs. Reachability of the Storage object stands for handles, views, graph
// nodes and cycles of them together. What is freed by count never costs a WeakRef.
//
// A WeakRef costs more than an op on a small tensor. So storages that meet their first collection share one:
// a cohort of neighbours that refer to each other through it lives as long as one of them does. Most die
// together. Those of a cohort that survived have a WeakRef each from the next collection on.
import type { Backend, Block } from "../backend.ts";
import { OutOfMemoryError } from "../errors.ts";
import { nodeCollector } from "./collector.ts";

/** Whether inferenceMode() is on: what is allocated meanwhile has no part in autograd. */
export let inferring = false;
export function withInference<R>(f: () => R): R {
  const before = inferring;
  inferring = true;
  try {
    return f();
  } finally {
    inferring = before;
  }
}

export class Storage {
  // Declared, and set by the constructor alone: initializers would set each of them twice.
  declare count: number;
  /** Bumped by every in-place op; the tape compares it. Views share it because they share the storage. */
  declare version: number;
  declare lastMutator: string;
  /** A view was made, so a recorded in-place op changes the history of more than its target. */
  declare hasViews: boolean;
  /** How often one did: views compare it with theirs. */
  declare rebased: number;
  /** Made under inferenceMode(). */
  declare readonly inference: boolean;
  /** With whom it met its first collection (null: none so far), then what has watched over it alone. */
  declare met: Cohort | WeakRef<Storage> | null;
  declare readonly backend: Backend;
  declare readonly block: Block;
  /** The op that made it. */
  declare readonly origin: string;
  /** Its place in the table of live storages; negative outside of it. */
  declare slot: number;

  constructor(backend: Backend, block: Block, origin: string, slot: number) {
    this.count = 1;
    this.version = 0;
    this.lastMutator = "";
    this.hasViews = false;
    this.rebased = 0;
    this.inference = inferring;
    this.met = null;
    this.backend = backend;
    this.block = block;
    this.origin = origin;
    this.slot = slot;
  }
}

/** Storages that are collected together. Emptied when the collection is over. */
interface Cohort {
  members: readonly Storage[];
}
const COHORT = 64;

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
/** Where each was made, while `trackSites(true)`. */
const siteOf = new WeakMap<Storage, string>();

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
  if (liveBytes + bytes > thresholdBytes || live.length >= thresholdCount) collectSome(bytes);
  const block = take(backend, bytes, origin);
  const storage = new Storage(backend, block, origin, live.length);
  if (sites) siteOf.set(storage, callSite());
  live.push(storage);
  liveBytes += block.bytes;
  if (liveBytes > peakBytes) peakBytes = liveBytes;
  return storage;
}

function take(backend: Backend, bytes: number, origin: string): Block {
  try {
    return backend.memory.take(bytes, origin);
  } catch (cause) {
    if (!(cause instanceof OutOfMemoryError)) throw cause;
    collect(); // what only garbage holds may be enough
    try {
      return backend.memory.take(bytes, origin);
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
    (s) => `  ${(s.block.bytes / MB).toFixed(1)} MB made by '${s.origin}'${siteOf.get(s) ?? ""}`,
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

/** Storages behind one WeakRef; and their blocks, which are needed when they are gone. */
interface Suspects {
  readonly ref: WeakRef<Cohort | Storage>;
  readonly backends: readonly Backend[];
  readonly blocks: readonly Block[];
}

/**
 * Returns to the pool what only garbage still holds. Synchronous, where the engine allows it (Node);
 * elsewhere it does nothing, and `drain()` does it between two tasks.
 * @returns the number of bytes that came back
 */
export function collect(): number {
  const before = collectedBytes;
  let unsure = true;
  while (unsure) unsure = collectOnce(); // survivors of a cohort are told apart the second time
  return collectedBytes - before;
}

/** For an allocation: goes on only while what is left is too much. */
function collectSome(bytes: number): void {
  const [mostBytes, mostCount] = [thresholdBytes / 2, thresholdCount / 2];
  let unsure = true;
  while (unsure && (liveBytes + bytes > mostBytes || live.length > mostCount)) {
    unsure = collectOnce();
  }
}

/** @returns whether another time may find more */
function collectOnce(): boolean {
  if (collector === undefined) collector = nodeCollector();
  if (collector === null) {
    resetThreshold();
    return false;
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
  const before = collectedBytes;
  for (let i = 0; i < rounds && (i === 0 || liveBytes > floorBytes); i++) {
    const suspects = weaken();
    pulse();
    await new Promise((resolve) => setTimeout(resolve, 0));
    finish(suspects);
  }
  return collectedBytes - before;
}

function pulse(): void {
  // Never touched: it costs address space and tells the engine of external memory, nothing more.
  void new ArrayBuffer(PULSE);
}

// Its own function, so that no register of its caller keeps a Storage alive. Each storage is visited once: there
// are more than a cache holds.
function weaken(): Suspects[] {
  const suspects: Suspects[] = [];
  let members: Storage[] = [];
  let backends: Backend[] = [];
  let blocks: Block[] = [];
  let cohort: Cohort | null = null;
  for (const s of live) {
    s.slot = SUSPENDED;
    if (s.met !== null) {
      if (!(s.met instanceof WeakRef)) s.met = new WeakRef(s);
      suspects.push({ ref: s.met, backends: [s.backend], blocks: [s.block] });
      continue;
    }
    if (cohort === null || members.length === COHORT) {
      members = [];
      backends = [];
      blocks = [];
      cohort = { members };
      suspects.push({ ref: new WeakRef<Cohort | Storage>(cohort), backends, blocks });
    }
    members.push(s);
    backends.push(s.backend);
    blocks.push(s.block);
    s.met = cohort;
  }
  live.length = 0;
  return suspects;
}

/** @returns whether a cohort survived: some of it may be garbage */
function finish(suspects: readonly Suspects[]): boolean {
  const before = liveBytes;
  const born = live.splice(0); // while drain() waited
  let unsure = false;
  for (const { ref, backends, blocks } of suspects) {
    const found = ref.deref();
    if (found === undefined) {
      blocks.forEach((block, i) => {
        reclaim(backends[i] as Backend, block);
      });
    } else if (found instanceof Storage) settle(found);
    else {
      found.members.forEach(settle);
      found.members = []; // one that lives does not keep the others
      unsure = true;
    }
  }
  for (const storage of born) enlist(storage);
  collections++;
  collectedBytes += before - liveBytes;
  resetThreshold();
  return unsure;
}

/** Back into the table, unless its last holder has let go of it meanwhile. */
function settle(storage: Storage): void {
  if (storage.count > 0) enlist(storage);
  else {
    storage.slot = FREE;
    reclaim(storage.backend, storage.block);
  }
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
