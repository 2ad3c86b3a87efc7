// Who owns memory.
//
// A Storage is a block of a backend's memory with a count of its holders. Two ways lead back to the
// pool:
//   counted    a holder that knows it is done calls drop(); at zero the block returns at once, still
//              hot in cache;
//   collected  all its handles are garbage, and what names them (nodes, modules, cycles of these), whatever
//              the count says. collect() finds these.
//
// Nothing pays for a WeakRef at birth, which costs more than an op on a small tensor; and a forgotten handle leaves
// nothing young behind that the engine would move about: storages are used again, so they are old, and none refers
// to a handle. A handle refers to its storage, and to a token that the storage shares with 63 others, its cohort.
// While a collection runs only WeakRefs hold the tokens: where one is gone, no handle was left. Most cohorts die
// together. The storages of one that did not leave it, and have a WeakRef each from the next collection on.
// (When storages were born and died with their tensors, and were themselves what the WeakRefs watched, an add of
// ten numbers with its backward took 1.15 times as long, and a collection of 100,000 of them 54 ms instead of 41.)
import type { Backend, Block, Memory } from "../backend.ts";
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

/** What the handles of a cohort share. It says nothing: that it is there is all. */
class Token {}

/** Storages whose handles are collected together. */
class Cohort {
  /** Null while a collection runs, and for the storages that are watched one by one. */
  token: Token | null;
  /** Of the token, while a collection runs. */
  ref: WeakRef<Token> | null = null;
  constructor(token: Token | null) {
    this.token = token;
  }
}
const COHORT = 64;
/** Of storages that have survived a collection. */
const ALONE = new Cohort(null);

/** What a storage that holds no memory names. */
const NOWHERE = null as unknown as Backend;
const NOTHING: Block = { bytes: 0 };

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
  declare inference: boolean;
  /** With whom it is collected. */
  declare cohort: Cohort;
  /** What watches over it alone, from its second collection on. */
  declare ref: WeakRef<Storage> | null;
  declare backend: Backend;
  declare block: Block;
  /** The op that made it. */
  declare origin: string;
  /** Its place in the table of live storages; negative outside of it. */
  declare slot: number;

  constructor(backend: Backend, block: Block, origin: string, slot: number, cohort = ALONE) {
    this.count = 1;
    this.version = 0;
    this.lastMutator = "";
    this.hasViews = false;
    this.rebased = 0;
    this.inference = inferring;
    this.cohort = cohort;
    this.ref = null;
    this.backend = backend;
    this.block = block;
    this.origin = origin;
    this.slot = slot;
  }

  /** What its handles must refer to, so that it lives as long as they do. */
  get token(): Token | null {
    const { token, ref } = this.cohort;
    return token ?? ref?.deref() ?? null; // there, while a collection runs: some other handle has it
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
/** Free ones, to be used again; each in a cohort. */
let spare: Storage[] = [];
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
let siteOf = new WeakMap<Storage, string>();

/** Remembers where each tensor was made, for the out-of-memory report. Slow. */
export function trackSites(on: boolean): void {
  sites = on;
  siteOf = new WeakMap();
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
  const block = takeBlock(backend.memory, bytes, origin);
  const storage = spare.pop() ?? newCohort();
  storage.count = 1;
  storage.version++; // goes on: who compares it later may remember another tensor's
  storage.hasViews = false;
  storage.rebased = 0;
  storage.inference = inferring;
  storage.backend = backend;
  storage.block = block;
  storage.origin = origin;
  if (sites) siteOf.set(storage, callSite());
  enlist(storage);
  liveBytes += block.bytes;
  if (liveBytes > peakBytes) peakBytes = liveBytes;
  return storage;
}

/** Makes 64 free storages. @returns one of them */
function newCohort(): Storage {
  const cohort = new Cohort(new Token());
  const one = (): Storage => new Storage(NOWHERE, NOTHING, "", FREE, cohort);
  for (let i = 1; i < COHORT; i++) spare.push(one());
  return one();
}

/**
 * A block of memory: of a tensor, or of a kernel that needs some while it runs. Where there is none, what only garbage
 * holds is collected first.
 * @param origin the op that asks
 * @throws OutOfMemoryError that says what is alive
 */
export function takeBlock<B extends Block>(
  memory: Omit<Memory, "take"> & { take(bytes: number, origin?: string): B },
  bytes: number,
  origin: string,
): B {
  try {
    return memory.take(bytes, origin);
  } catch (cause) {
    if (!(cause instanceof OutOfMemoryError)) throw cause;
    collect(); // what only garbage holds may be enough
    try {
      return memory.take(bytes, origin);
    } catch (again) {
      throw new OutOfMemoryError(`${(again as Error).message}\n${inventory(memory)}`, {
        cause: again,
      });
    }
  }
}

/** What a person needs to know when memory is full. */
function inventory(memory: object): string {
  const mine = live.filter((s) => s.backend.memory === memory);
  const where = mine[0] === undefined ? "" : ` on '${mine[0].backend.name}'`;
  const largest = [...mine].sort((a, b) => b.block.bytes - a.block.bytes).slice(0, 5);
  const lines = largest.map(
    (s) => `  ${(s.block.bytes / MB).toFixed(1)} MB made by '${s.origin}'${siteOf.get(s) ?? ""}`,
  );
  return [
    `${mine.length} tensors live${where}; the largest:`,
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
  free(storage);
}

function free(storage: Storage): void {
  const { backend, block } = storage;
  storage.slot = FREE;
  storage.backend = NOWHERE;
  storage.block = NOTHING;
  // Not while its cohort is being collected, nor if it has none any more: then the engine may have it.
  if (storage.cohort.token !== null) spare.push(storage);
  reclaim(backend, block);
}

function reclaim(backend: Backend, block: Block): void {
  liveBytes -= block.bytes;
  backend.memory.give(block);
}

/** What a collection is to decide about. */
interface Suspects {
  readonly cohorts: readonly Cohort[];
  /** Storages on their own, which only a WeakRef holds; and their blocks, which are needed when they are gone. */
  readonly alone: readonly {
    readonly ref: WeakRef<Storage>;
    readonly backend: Backend;
    readonly block: Block;
  }[];
  /** Those free before: handles that are made meanwhile shall not be of cohorts whose token is gone. */
  readonly spare: Storage[];
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

// Its own function, so that no register of its caller keeps anything alive. Each storage is visited once: there
// are more than a cache holds.
function weaken(): Suspects {
  const cohorts: Cohort[] = [];
  const alone: Suspects["alone"][number][] = [];
  let staying = 0;
  for (const s of live) {
    const { cohort } = s;
    if (cohort === ALONE) {
      s.slot = SUSPENDED;
      s.ref ??= new WeakRef(s);
      alone.push({ ref: s.ref, backend: s.backend, block: s.block });
      continue;
    }
    if (cohort.token !== null) {
      cohort.ref = new WeakRef(cohort.token);
      cohort.token = null;
      cohorts.push(cohort);
    }
    live[staying] = s;
    s.slot = staying++;
  }
  live.length = staying;
  const suspects = { cohorts, alone, spare };
  spare = [];
  return suspects;
}

/** @returns whether a cohort survived: some of it may be garbage */
function finish(suspects: Suspects): boolean {
  const before = liveBytes;
  const { cohorts, alone } = suspects;
  spare = suspects.spare.concat(spare);
  for (const cohort of cohorts) {
    if (cohort.ref?.deref() === undefined) cohort.token = new Token();
  }
  let unsure = false;
  for (const s of live.splice(0)) {
    const { cohort } = s;
    if (cohort.ref === null)
      enlist(s); // born while drain() waited
    else if (cohort.token !== null) free(s);
    else {
      s.cohort = ALONE;
      unsure = true;
      enlist(s);
    }
  }
  // What has survived has left its cohort with the old token.
  for (const cohort of cohorts) {
    cohort.ref = null;
    cohort.token ??= new Token();
  }
  for (const { ref, backend, block } of alone) {
    const found = ref.deref();
    if (found === undefined) reclaim(backend, block);
    else if (found.count > 0) enlist(found);
    else free(found); // its last holder has let go of it meanwhile
  }
  collections++;
  collectedBytes += before - liveBytes;
  resetThreshold();
  return unsure;
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
