// A WebAssembly assembler: kernels are TypeScript functions that return code, so that sizes become
// constants and one source gives a relaxed-FMA and a plain SIMD128 form.
//
//   const scale = func("scale", { x: "i32", n: "i32" }, (f, { x, n }) => {
//     const k = f.local("v128");
//     return [
//       k.set(f32x4.splat(f32.const(2))),
//       countdown(n, [v128.store(x, f32x4.mul(v128.load(x), k)), x.add(16)]),
//     ];
//   });
//   new WebAssembly.Module(assemble([scale], { shared: false }));
//
// Code is nested arrays of bytes. An expression (Expr<"i32">) leaves one value on the stack, a
// statement none; a list of statements is a statement. Addresses are unsigned: compare them with
// ltU, geU …, never with ltS. The `offset` of a load or store is a constant ≥ 0; for a negative one
// subtract from the pointer.
//
// What V8 likes (measured): bottom-tested loops, as countdown() and range() are (a top test makes a
// GEMM five times slower); no unrolling by hand of the same statement in one block, V8 does that.
import {
  type Code,
  type Expr,
  type I32,
  i32,
  operand,
  unsigned,
  type ValType,
} from "./instructions.ts";

export * from "./instructions.ts";

const TYPE_BYTE: Readonly<Record<ValType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

type Value<T extends ValType> = T extends "i32" ? I32 : Expr<T>;

/** A parameter or local variable: as an expression its value. Locals start as zero. */
export type Local<T extends ValType> = Expr<T> & {
  set(value: Value<T>): Code;
  /** Sets and leaves the value on the stack. */
  tee(value: Value<T>): Expr<T>;
};

/** An i32 local that is a counter or a pointer. */
export type IntLocal = Local<"i32"> & {
  /** The statement `local += amount`; nothing at all for the constant 0. */
  add(amount: I32): Code;
};

export type LocalOf<T extends ValType> = T extends "i32" ? IntLocal : Local<T>;

function makeLocal<T extends ValType>(index: number): LocalOf<T> {
  const at = unsigned(index);
  const get: Code = [0x20, ...at];
  const methods = {
    set: (value: I32 | Code): Code => [operand(value as I32), 0x21, ...at],
    tee: (value: I32 | Code): Code => [operand(value as I32), 0x22, ...at],
    add: (amount: I32): Code => (amount === 0 ? [] : [get, operand(amount), 0x6a, 0x21, ...at]),
  };
  return Object.assign(get, methods) as unknown as LocalOf<T>;
}

/** Hands out the local variables of a function that is being written. */
export class Scope {
  private readonly types: ValType[] = [];
  private readonly params: number;

  constructor(params: number) {
    this.params = params;
  }

  local<T extends ValType>(type: T): LocalOf<T> {
    this.types.push(type);
    return makeLocal<T>(this.params + this.types.length - 1);
  }

  locals<T extends ValType>(type: T, count: number): LocalOf<T>[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  /** The declarations, as the binary format wants them. */
  declarations(): number[] {
    return [...unsigned(this.types.length), ...this.types.flatMap((t) => [1, TYPE_BYTE[t]])];
  }
}

type Params = Readonly<Record<string, ValType>>;
type ParamLocals<P extends Params> = { [K in keyof P]: LocalOf<P[K]> };

/** A function ready for assemble(). In code it stands for its index, see call(). */
export class Func {
  readonly name: string;
  readonly params: readonly ValType[];
  readonly result: ValType | undefined;
  readonly scope: Scope;
  readonly body: Code;

  constructor(
    name: string,
    params: readonly ValType[],
    result: ValType | undefined,
    scope: Scope,
    body: Code,
  ) {
    this.name = name;
    this.params = params;
    this.result = result;
    this.scope = scope;
    this.body = body;
  }
}

/**
 * Writes a function. Its parameters come in the order of `params`; with a `result` the body must
 * leave one value of that type.
 */
export function func<P extends Params>(
  name: string,
  params: P,
  body: (f: Scope, p: ParamLocals<P>) => Code,
  result?: ValType,
): Func {
  const names = Object.keys(params);
  const scope = new Scope(names.length);
  const locals = Object.fromEntries(names.map((key, index) => [key, makeLocal(index)]));
  const code = body(scope, locals as ParamLocals<P>);
  return new Func(name, Object.values(params), result, scope, code);
}

/** Calls another function of the same module; a statement, or an expression if it has a result. */
export const call = (callee: Func, ...args: readonly (I32 | Code)[]): Code => [
  args.map((a) => operand(a as I32)),
  0x10,
  callee,
];

const EMPTY_BLOCK = 0x40;

/** if (condition) { … } else { … } as a statement. */
export const when = (condition: I32, then: Code, otherwise?: Code): Code => [
  operand(condition),
  0x04,
  EMPTY_BLOCK,
  then,
  otherwise === undefined ? [] : [0x05, otherwise],
  0x0b,
];

/** condition ? a : b; both are computed. */
export const select = <T extends ValType>(a: Expr<T>, b: Expr<T>, condition: I32): Expr<T> => [
  a,
  b,
  operand(condition),
  0x1b,
];

/** do { body } while (condition): the body runs at least once. */
export const doWhile = (body: Code, condition: Expr<"i32">): Code => [
  0x03,
  EMPTY_BLOCK,
  body,
  condition,
  0x0d,
  0,
  0x0b,
];

/** Runs the body `counter` times, at least once, counting the local down to 0. */
export const countdown = (counter: IntLocal, body: Code): Code =>
  doWhile(body, counter.tee(i32.sub(counter, 1)));

/** countdown() that also takes a counter of 0. */
export const countdownOrSkip = (counter: IntLocal, body: Code): Code =>
  when(counter, countdown(counter, body));

/**
 * for (index = start; index < end; index += step) body, unsigned, tested at the bottom. The test
 * before the first round is left out where both ends are constants, so is an empty loop.
 */
export function range(index: IntLocal, start: I32, end: I32, body: Code, step: I32 = 1): Code {
  const loop = doWhile([body, index.add(step)], i32.ltU(index, end));
  if (typeof start === "number" && typeof end === "number") {
    return start < end ? [index.set(start), loop] : [];
  }
  return [index.set(start), when(i32.ltU(index, end), loop)];
}

/** block { body }: brIf(condition, depth) inside of it leaves it. */
export const block = (body: Code): Code => [0x02, EMPTY_BLOCK, body, 0x0b];
/** Leaves the block, or repeats the loop, that lies `depth` levels outwards (when() is a level too). */
export const brIf = (condition: I32, depth: number): Code => [
  operand(condition),
  0x0d,
  ...unsigned(depth),
];

/** memory.fill: `bytes` bytes of value 0 from pointer on. */
export const fillZero = (pointer: I32, bytes: I32): Code => [
  operand(pointer),
  operand(0),
  operand(bytes),
  0xfc,
  11,
  0,
];
/** memory.copy: the ranges may overlap. */
export const copyBytes = (to: I32, from: I32, bytes: I32): Code => [
  operand(to),
  operand(from),
  operand(bytes),
  0xfc,
  10,
  0,
  0,
];

/** Bytes in a buffer that grows. */
class Writer {
  private bytes = new Uint8Array(4096);
  private length = 0;
  private readonly indices: ReadonlyMap<Func, number>;

  constructor(indices: ReadonlyMap<Func, number>) {
    this.indices = indices;
  }

  write(code: Code): void {
    for (let i = 0; i < code.length; i++) {
      const part = code[i] as Code[number];
      if (typeof part === "number") {
        if (this.length === this.bytes.length) this.reserve(1);
        this.bytes[this.length++] = part;
      } else if (part instanceof Func) {
        this.write(unsigned(this.indices.get(part) as number));
      } else if (part instanceof Uint8Array) {
        this.reserve(part.length);
        this.bytes.set(part, this.length);
        this.length += part.length;
      } else this.write(part);
    }
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.length + more, this.bytes.length * 2));
    grown.set(this.bytes);
    this.bytes = grown;
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
}

export interface ModuleOptions {
  /** Whether the memory that the module will be given is shared. */
  readonly shared: boolean;
  /** What profilers and stack traces call it; functions have their own names there in any case. */
  readonly name?: string;
}

/**
 * The binary of a module that imports `env.memory` and exports every function by its name.
 * Functions that are called must be in the list.
 */
export function assemble(funcs: readonly Func[], options: ModuleOptions): Uint8Array<ArrayBuffer> {
  const indices = new Map(funcs.map((f, index) => [f, index]));
  const flat = (code: Code): Uint8Array<ArrayBuffer> => {
    const writer = new Writer(indices);
    writer.write(code);
    return writer.done();
  };
  const sized = (code: Code): Code => {
    const bytes = flat(code);
    return [unsigned(bytes.length), bytes];
  };
  const list = (items: readonly Code[]): Code => [unsigned(items.length), items];
  const text = (s: string): Code => sized([...new TextEncoder().encode(s)]);
  const section = (id: number, items: readonly Code[]): Code => [id, sized(list(items))];
  const typesOf = (types: readonly ValType[]): Code => list(types.map((t) => [TYPE_BYTE[t]]));
  // A shared import must state a maximum, and takes any memory with a smaller one.
  const limits: Code = options.shared ? [3, unsigned(1), unsigned(65536)] : [0, unsigned(1)];
  const named = funcs.map((f, index) => [unsigned(index), text(f.name)]);
  const names: Code = [
    0, // a custom section
    sized([text("name"), [0, sized(text(options.name ?? ""))], [1, sized(list(named))]]),
  ];
  return flat([
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(
      1,
      funcs.map((f) => [0x60, typesOf(f.params), typesOf(f.result ? [f.result] : [])]),
    ),
    section(2, [[text("env"), text("memory"), 2, limits]]),
    section(
      3,
      funcs.map((_, index) => unsigned(index)),
    ),
    section(
      7,
      funcs.map((f, index) => [text(f.name), 0, unsigned(index)]),
    ),
    section(
      10,
      funcs.map((f) => sized([f.scope.declarations(), f.body, 0x0b])),
    ),
    names,
  ]);
}
