// Indices that nobody can look at in time. A kernel looks for elements of a view that are not allowed; each of its
// workgroups notes the first it finds in words of its own: which question, where, the value. The notes are copied along
// with whatever is read next, and that read throws: nothing waits for them, and nothing more is read. A note stays until
// it was seen.
import { type Backend, IndexError, sizeOf } from "@tapegrad/core";
import { indexCode, indexParams, indexValues, walkOver } from "../layout.ts";
import { wgsl } from "../program/wgsl.ts";
import { program } from "../registry.ts";
import { wgslType } from "../types.ts";
import type { GpuBlock } from "./pool.ts";
import { blockOf, type GpuRuntime } from "./runtime.ts";

type Question = Parameters<NonNullable<Backend["watch"]>>;
type Complain = Question[2];

const LANES = 256;
/** Workgroups of a question at most, each with three words. */
const GROUPS = 64;
export const NOTE_BYTES = 12 * GROUPS;
/** Questions that are remembered while nobody reads. */
const MOST = 4096;

export class Watch {
  private readonly runtime: GpuRuntime;
  private notes: GpuBlock | undefined;
  private readonly questions = new Map<number, Complain>();
  private last = 0;
  private answered = 0;

  constructor(runtime: GpuRuntime) {
    this.runtime = runtime;
  }

  /** Records the look at x. */
  ask(...[x, { first, end, except }, complain]: Question): void {
    const { runtime } = this;
    const size = sizeOf(x.shape);
    if (size === 0) return;
    const w = walkOver(x, [], true);
    const type = wgslType(x.dtype);
    const rank = w.sizes.length;
    const made = program(`wgsl/watch/${type}/${rank}`, (key) =>
      wgsl({
        key,
        inputs: { x: type },
        outputs: { notes: "u32" },
        params: {
          ...{ question: "u32", first: "i32", end: "i32", except: "i32", size: "u32", part: "u32" },
          ...indexParams(rank, 1),
        },
        threads: "groups",
        workgroup: [LANES, 1, 1],
        head: `var<workgroup> before : atomic<u32>;
fn value(i : u32) -> i32 {
${indexCode(rank, 1)}
  return i32(x[at_0]);
}`,
        // The first is kept as its distance to the end, as the variable begins with 0.
        body: `  let start = item * p.part;
  let stop = min(start + p.part, p.size);
  for (var i = start + lane; i < stop; i += ${LANES}u) {
    let v = value(i);
    if ((v < p.first || v >= p.end) && v != p.except) { atomicMax(&before, stop - i); break; }
  }
  workgroupBarrier();
  let distance = atomicLoad(&before);
  if (lane == 0u && distance > 0u && notes[3u * item] == 0u) {
    notes[3u * item] = p.question;
    notes[3u * item + 1u] = stop - distance;
    notes[3u * item + 2u] = u32(value(stop - distance));
  }`,
      }),
    );
    this.notes ??= runtime.pool.apart(NOTE_BYTES, "notes");
    this.last++;
    if (this.questions.size >= MOST) this.forget(this.last - MOST);
    this.questions.set(this.last, complain);
    const groups = Math.min(GROUPS, Math.ceil(size / (4 * LANES)));
    runtime.dispatch(
      made,
      [blockOf(x), this.notes],
      [
        ...[this.last, first, end, except ?? first, size, Math.ceil(size / groups)],
        ...indexValues([x.offset], w),
      ],
      groups,
    );
  }

  /** Records the copy of what is noted, where something was asked. @returns the last question that it answers, or 0 */
  copyTo(staging: GPUBuffer, byte: number): number {
    if (this.notes === undefined || this.answered === this.last) return 0;
    this.runtime.copyTo(this.notes, 0, staging, byte, NOTE_BYTES);
    return this.last;
  }

  /** @throws what the first question that found something complains of */
  answer(notes: Uint32Array, last: number): void {
    const from = this.answered;
    this.answered = Math.max(this.answered, last);
    let at = -1;
    for (let k = 0; k < notes.length; k += 3) {
      const question = notes[k] as number;
      // Groups of one question have their places in order.
      if (question > 0 && (at < 0 || question < (notes[at] as number))) at = k;
    }
    const question = notes[at] ?? 0;
    const complain = this.questions.get(question);
    this.forget(last);
    if (at < 0) return;
    this.runtime.upload(this.notes as GpuBlock, 0, new Uint32Array(NOTE_BYTES / 4));
    // Another read, begun before, has said so already.
    if (question <= from) return;
    const [value, element] = [(notes[at + 2] as number) | 0, notes[at + 1] as number];
    throw (
      complain?.(value, element) ??
      new IndexError("gpu", `index ${value} (element ${element}) is out of range`)
    );
  }

  private forget(last: number): void {
    for (const question of this.questions.keys()) {
      if (question > last) return;
      this.questions.delete(question);
    }
  }
}
