// Options are checked by name: JavaScript would silently drop one that does not exist, and the program
// would run with a default that nobody asked for. Each function keeps the names beside its interface.
import { ArgumentError } from "./errors.ts";
import { Tensor } from "./tensor.ts";

/**
 * The options of an interface, all of them and no others, or it does not compile:
 * `const OPTIONS: OptionNames<ConvOptions> = { stride: true, …, bias: "Tensor" }`.
 */
export type OptionNames<O> = {
  readonly [K in keyof O]-?: Tensor extends NonNullable<O[K]> ? "Tensor" : true;
};
/** What checkOptions looks names up in. */
export type KnownOptions = Readonly<Record<string, true | "Tensor">>;

/**
 * Throws unless `options` is undefined or an object with known names only. Values are the caller's to check.
 * @throws ArgumentError naming the op, the unknown name, the nearest known one, and all known ones
 */
export function checkOptions(op: string, options: unknown, known: KnownOptions): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw misplaced(op, options, known);
  }
  for (const name in options) {
    // Compared with === since `known` also inherits toString and the like.
    if (known[name] === true || known[name] === "Tensor") continue;
    if (options instanceof Tensor || ArrayBuffer.isView(options)) {
      throw misplaced(op, options, known);
    }
    throw new ArgumentError(op, unknownName(name, known));
  }
}

function misplaced(op: string, got: unknown, known: KnownOptions): ArgumentError {
  const names = Object.keys(known);
  const forTensors = names.filter((name) => known[name] === "Tensor");
  const fitting = got instanceof Tensor && forTensors.length > 0 ? forTensors : names;
  const all = fitting === names ? "" : ` (of ${names.join(", ")})`;
  return new ArgumentError(
    op,
    `got ${described(got)} where the options belong; ` +
      `options go by name in one object: { ${fitting.join(", ")} }${all}`,
  );
}

function unknownName(name: string, known: KnownOptions): string {
  const names = Object.keys(known);
  return `there is no option '${name}'${didYouMean(name, names)}; there are ${names.join(", ")}`;
}

/** A value in a few words, for messages. */
export function described(value: unknown): string {
  if (value instanceof Tensor) return "a Tensor";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) {
    const { constructor } = value;
    return constructor === Object || constructor === undefined ? "an object" : constructor.name;
  }
  return String(value);
}

/** For messages: " (did you mean '…'?)" with the one of `names` that `name` is a misspelling of, or nothing. */
export function didYouMean(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  return near === undefined ? "" : ` (did you mean '${near}'?)`;
}

/** snake_case counts as camelCase. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const given = plain(name);
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of names) {
    const other = plain(candidate);
    const distance = editDistance(given, other);
    const allowed = Math.max(1, Math.floor(Math.max(given.length, other.length) / 3));
    if (distance > allowed || distance >= Math.min(given.length, other.length)) continue;
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

const plain = (name: string): string => name.replaceAll("_", "").toLowerCase();

/** Letters to insert, drop, replace or swap with their neighbour to make b of a. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] as number) + 1);
      }
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] as number;
}
