// The plan of elementwise/plan.ts carried out: a kernel called for all of its rows, here or on all threads. Large work
// is shared out: runs of rows, or of the elements of a few long rows.
import type { Func } from "../assembler/assembler.ts";
import type { Call, Kernel } from "../assembler/module-cache.ts";
import type { WasmContext } from "../context.ts";
import { type Argument, type LocalAddress, pieces, type Tasks } from "../threads/launch.ts";
import {
  MANY,
  planned,
  rank,
  rowsApart,
  sizes,
  steps,
  stepsA,
  stepsB,
  stepsC,
  stepsY,
} from "./plan.ts";
import { type Role, TABLE_WORDS, walkKernel } from "./walk-kernel.ts";

const indices = new Float64Array(sizes.length);

/** Calls the kernel for all rows of the plan. */
export function walk(kernel: Call, y: number, a: number, b = 0, c = 0): void {
  const last = rank - 1;
  const outer = rank - 2;
  const n = sizes[last] as number;
  const rows = outer < 0 ? 1 : (sizes[outer] as number);
  const row = outer < 0 ? last : outer;
  const yRow = stepsY[row] as number;
  const aRow = stepsA[row] as number;
  const bRow = stepsB[row] as number;
  const cRow = stepsC[row] as number;
  const yStep = stepsY[last] as number;
  const aStep = stepsA[last] as number;
  const bStep = stepsB[last] as number;
  const cStep = stepsC[last] as number;
  for (let d = 0; d < outer; d++) indices[d] = 0;
  for (;;) {
    kernel(rows, n, y, yRow, yStep, a, aRow, aStep, b, bRow, bStep, c, cRow, cStep);
    let d = outer - 1;
    for (; d >= 0; d--) {
      const index = (indices[d] as number) + 1;
      y += stepsY[d] as number;
      a += stepsA[d] as number;
      b += stepsB[d] as number;
      c += stepsC[d] as number;
      if (index < (sizes[d] as number)) {
        indices[d] = index;
        break;
      }
      y -= (stepsY[d] as number) * index;
      a -= (stepsA[d] as number) * index;
      b -= (stepsB[d] as number) * index;
      c -= (stepsC[d] as number) * index;
      indices[d] = 0;
    }
    if (d < 0) return;
  }
}

// ---- on threads -------------------------------------------------------------------------------------------

/** Nanoseconds of work below which one thread is done before the others begin. */
const WORTH = 20_000;
/** Long rows are cut into multiples of this many elements. */
const STRETCH = 1024;
/** Elements of a line of memory, at least. */
const LINE = 32;
/** With fewer rows than this, rows are cut too. */
const FEW_ROWS = 64;

interface Shared {
  readonly walk: Kernel;
  readonly roles: readonly Role[];
}
const shared = new WeakMap<Kernel, Shared>();

/**
 * A kernel of rows that can be shared out: `roles` says what follows y among its arguments. `build` may add what its
 * first function calls.
 */
export function rowsModule(
  ctx: WasmContext,
  key: string,
  build: () => Func | readonly Func[],
  roles: readonly Role[],
): Kernel {
  const { run, walk } = ctx.get<"run" | "walk">(key, () => {
    const [func, ...others] = [build()].flat() as [Func, ...Func[]];
    return [func, walkKernel(func, roles), ...others];
  });
  if (!shared.has(run)) shared.set(run, { walk, roles });
  return run;
}

/** Nanoseconds for so many elements: one stream of memory per operand, and `each` more for each element. */
const costOf = (elements: number, operands: number, each: number): number =>
  elements * ((operands * 4) / 15 + each);

/**
 * kernel(1, n, …) for one dense row of n elements, on all threads if it is worth it.
 * @param each nanoseconds of arithmetic per element
 * @param inputs address and step of each input, or a number and 0
 */
export function shareRow(
  ctx: WasmContext,
  kernel: Kernel,
  each: number,
  n: number,
  y: number,
  yStep: number,
  ...inputs: number[]
): void {
  const cost = costOf(n, 1 + inputs.length / 2, each);
  const args = (first: number, size: number): number[] => {
    const list = [1, size, y + first * yStep, 0, yStep];
    for (let i = 0; i < inputs.length; i += 2) {
      const [at, step] = [inputs[i] as number, inputs[i + 1] as number];
      list.push(step === 0 ? at : at + first * step, 0, step);
    }
    return list;
  };
  if (cost < WORTH) ctx.after(() => ctx.now(kernel)(...args(0, n)));
  else {
    ctx.launch(cost, (tasks) =>
      pieces(n, cost, (first, size) => tasks.add(kernel, ...args(first, size)), STRETCH),
    );
  }
}

interface Sharing {
  /** Rows go to a task in multiples of this. */
  readonly step?: number;
  /** Bytes of memory of the thread, whose address is the argument in the role "number". */
  readonly local?: number;
  /** Rows stay in one piece, however few they are. */
  readonly whole?: boolean;
}

/** walk() on all threads if it is worth it, which needs a kernel of rowsModule(); with local memory always as tasks. */
export function walkAll(
  ctx: WasmContext,
  kernel: Kernel,
  each: number,
  y: number,
  a: number,
  b = 0,
  c = 0,
  { step = 1, local = 0, whole = local > 0 }: Sharing = {},
): void {
  const elements = planned();
  const how = elements < MANY && local === 0 ? undefined : shared.get(kernel);
  if (how === undefined) walk(ctx.now(kernel), y, a, b, c);
  else {
    const cost = costOf(elements, 1 + how.roles.length, each);
    if (cost < WORTH && local === 0) walk(ctx.now(kernel), y, a, b, c);
    else share(ctx, kernel, how, cost, elements, { step, local, whole }, [y, a, b, c]);
  }
}

/**
 * walkAll() where b is written too, at places that two rows share if its step from one to the other is 0: tasks
 * have rows that share nothing, or columns of all rows. One thread where there are neither.
 */
export function walkApart(
  ctx: WasmContext,
  kernel: Kernel,
  each: number,
  y: number,
  a: number,
  b: number,
  c: number,
): void {
  const last = rank - 1;
  const elements = planned();
  const cost = costOf(elements, 4, each);
  if (elements < MANY || cost < WORTH) walk(ctx.now(kernel), y, a, b, c);
  else if (rowsApart()) walkAll(ctx, kernel, each, y, a, b, c, { whole: stepsB[last] === 0 });
  else if (rank > 2 || stepsB[last] === 0) walk(ctx.now(kernel), y, a, b, c);
  else {
    const row = Math.max(0, rank - 2);
    const rows = rank > 1 ? (sizes[row] as number) : 1;
    const moved = (k: 0 | 1 | 2, base: number, along: number): [number, number, number] => {
      const s = steps[k];
      return [base + along * (s[last] as number), s[row] as number, s[last] as number];
    };
    const cut = (tasks: Tasks) => (along: number, n: number) => {
      const operands = [...moved(0, y, along), ...moved(1, a, along), ...moved(2, b, along)];
      tasks.add(kernel, rows, n, ...operands, c);
    };
    // Whole lines of memory, so that no two threads write to one.
    ctx.launch(cost, (tasks) => pieces(sizes[last] as number, cost, cut(tasks), LINE));
  }
}

function share(
  ctx: WasmContext,
  run: Kernel,
  { walk, roles }: Shared,
  cost: number,
  elements: number,
  { step, local, whole }: Required<Sharing>,
  bases: readonly number[],
): void {
  const last = rank - 1;
  const row = rank > 1 ? rank - 2 : last;
  const n = sizes[last] as number;
  const rows = elements / n;
  let own: LocalAddress | undefined;
  const launch = (body: (tasks: Tasks) => void): void =>
    ctx.launch(cost, (tasks) => {
      if (local > 0) own = tasks.local(local);
      body(tasks);
    });
  /** The arguments of run() for `count` rows of n elements that start `along` elements into row `first` of all. */
  const direct = (count: number, first: number, length: number, along: number): Argument[] => {
    const at = addresses(bases, roles, first);
    const list: Argument[] = [count, length];
    for (let k = 0; k <= roles.length; k++) {
      const s = steps[k] as Float64Array;
      const role = k === 0 ? "memory" : (roles[k - 1] as Role);
      if (role === "number") list.push(own ?? (bases[k] as number));
      else if (role === "value") list.push(bases[k] as number);
      else list.push((at[k] as number) + along * (s[last] as number));
      if (role !== "number") list.push(s[row] as number, s[last] as number);
    }
    return list;
  };
  if (rows < FEW_ROWS && n >= 4 * STRETCH && !whole) {
    launch((tasks) => {
      for (let r = 0; r < rows; r++) {
        const cut = (along: number, length: number): void =>
          tasks.add(run, ...direct(1, r, length, along));
        pieces(n, cost / rows, cut, STRETCH);
      }
    });
  } else if (rank <= 2) {
    launch((tasks) =>
      pieces(rows, cost, (first, count) => tasks.add(run, ...direct(count, first, n, 0)), step),
    );
  } else {
    ctx.withScratch((scratch) => {
      const table = scratch.take((TABLE_WORDS.fixed + TABLE_WORDS.perDim * rank) * 4);
      writeTable(ctx, table);
      const inputs = (): Argument[] =>
        bases
          .slice(0, roles.length + 1)
          .map((base, k) => (k > 0 && roles[k - 1] === "number" ? (own ?? base) : base));
      launch((tasks) => {
        const cut = (first: number, count: number): void =>
          tasks.add(walk, table, first, count, ...inputs());
        pieces(rows, cost, cut, step);
      });
    });
  }
}

/** Where row `first` of all rows begins. */
function addresses(bases: readonly number[], roles: readonly Role[], first: number): number[] {
  const at = [...bases];
  let rest = first;
  for (let d = rank - 2; d >= 0; d--) {
    const digit = rest % (sizes[d] as number);
    rest = Math.floor(rest / (sizes[d] as number));
    for (let k = 0; k <= roles.length; k++) {
      at[k] = (at[k] as number) + digit * ((steps[k] as Float64Array)[d] as number);
    }
  }
  return at;
}

/** The plan as elementwise/walk-kernel.ts wants it. */
function writeTable(ctx: WasmContext, at: number): void {
  const last = rank - 1;
  const words = [sizes[last] as number, sizes[last - 1] as number, rank - 2];
  for (const s of steps) words.push(s[last - 1] as number, s[last] as number);
  for (let d = rank - 3; d >= 0; d--) {
    words.push(sizes[d] as number, ...steps.map((s) => s[d] as number));
  }
  ctx.after(() => ctx.arena.i32.set(words, at / 4));
}
