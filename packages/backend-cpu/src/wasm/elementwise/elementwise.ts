// unary, binary, binaryScalar and where on float32, and the questions of bools: one kernel per code and
// way of reading, made at its first use, kept for good (there are at most a few dozen).
//
// Dense operands of equal size are one call with one row. Everything else is joined into rows by elementwise/plan.ts.
// Addresses are made int32 (`| 0`) for a call on the spot: numbers beyond 2^31, or seen as doubles, would be
// objects of the heap, which cost small tensors more than the arithmetic.
import type { BinaryCode, RequiredKernels, UnaryCode, View } from "@tapegrad/core";
import { sizeOf } from "@tapegrad/core";
import { type Expr, i32x4, type Scope, v128 } from "../assembler/assembler.ts";
import type { Kernel } from "../assembler/module-cache.ts";
import type { Scratch, WasmContext } from "../context.ts";
import { byteAddress, contiguousAt, denseStrides, tangled } from "../view.ts";
import {
  BINARY,
  type Binary,
  nanoseconds,
  POWERS,
  QUESTIONS,
  QUICK,
  UNARY,
  type Unary,
} from "./codes.ts";
import { binaryLoop, scalarLoop, unaryLoop } from "./js-loops.ts";
import { vectorMath } from "./math.ts";
import { few, MANY, plan, rowStep } from "./plan.ts";
import { type Access, type RowsSpec, rowsKernel } from "./rows.ts";
import { rowsModule, shareRow, walk, walkAll } from "./walk.ts";

type V = Expr<"v128">;
/** By code. A map: finding a name among those of an object takes longer than adding ten numbers. */
type Table = Map<string, Kernel>;

const table = (): Table => new Map();
/** The kernel of that code, made the first time. */
function kernelIn(known: Table, code: string, make: () => Kernel): Kernel {
  const kernel = known.get(code) ?? make();
  known.set(code, kernel);
  return kernel;
}

/** Of bools and uint8; in a kernel they are four integers. */
const isTrue = (x: V): V => i32x4.ne(x, v128.zero());
const BYTE_BINARY: Partial<Record<BinaryCode, (a: V, b: V) => V>> = {
  logicalAnd: (a, b) => v128.and(isTrue(a), isTrue(b)),
  logicalOr: (a, b) => v128.or(isTrue(a), isTrue(b)),
  logicalXor: (a, b) => v128.xor(isTrue(a), isTrue(b)),
  eq: i32x4.eq,
  ne: i32x4.ne,
  lt: i32x4.ltS,
  gt: i32x4.gtS,
};

const same = (a: View, y: View): boolean =>
  a.contiguous && (a.shape === y.shape || sizeOf(a.shape) === sizeOf(y.shape));
/** One element, perhaps seen everywhere: the gradient of a sum is one. */
function single({ shape, strides }: View): boolean {
  for (let d = 0; d < shape.length; d++) if (shape[d] !== 1 && strides[d] !== 0) return false;
  return true;
}

export function elementwiseKernels(
  ctx: WasmContext,
): Pick<RequiredKernels, "unary" | "binary" | "binaryScalar" | "where"> {
  const { arena, relaxed } = ctx;
  const make = (key: string, spec: RowsSpec): Kernel =>
    rowsModule(
      ctx,
      `rows/${key}`,
      () => rowsKernel(spec),
      spec.access.map((access) => (access === "c" ? "value" : "memory")),
    );

  /** Whether y is written side by side and one of the inputs, a large one, is read with gaps: across its rows. */
  function manyAcross(y: View, yBytes: number, a: View, b = a, c = a): boolean {
    if (!y.contiguous || sizeOf(y.shape) < MANY) return false;
    plan(y, yBytes, a, 4, b, 4, c, 4);
    const gaps = (step: number): boolean => step !== 4 && step !== 0;
    return gaps(rowStep(1)) || gaps(rowStep(2)) || gaps(rowStep(3));
  }
  /** v, or a copy that is contiguous: a transposition in tiles and a dense pass are quicker than one across rows. */
  function settled(scratch: Scratch, v: View): View {
    if (v.contiguous) return v;
    const ptr = contiguousAt(ctx, scratch, v);
    const storage = { block: { ptr } } as unknown as View["storage"];
    return {
      storage,
      offset: 0,
      dtype: v.dtype,
      shape: v.shape,
      strides: denseStrides(v.shape),
      contiguous: true,
    };
  }

  // ---- one input ----------------------------------------------------------------------------------------

  const unaryDense = table();
  const unaryStrided = table();
  const unaryKernel = (code: UnaryCode, access: Access): Kernel =>
    kernelIn(access === "u" ? unaryDense : unaryStrided, code, () => {
      const op = UNARY[code] as Unary;
      const quick = access === "u" ? QUICK[code] : undefined;
      const question = QUESTIONS.has(code);
      return make(`${code}/${access}`, {
        inputs: ["f32"],
        output: question ? "u8" : "f32",
        access: [access],
        op: (scope, x) => op(vectorMath(scope, relaxed), x as V),
        question,
        ...(quick && {
          quick: { ...quick, op: (scope, x) => quick.op(vectorMath(scope, relaxed), x) },
        }),
      });
    });
  const notBytes = (access: Access): Kernel =>
    make(`not/${access}`, {
      inputs: ["u8"],
      output: "u8",
      access: [access],
      op: (_, x) => i32x4.eq(x as V, v128.zero()),
      question: true,
    });

  function unary(code: UnaryCode, x: View, y: View): string | undefined {
    if (x.dtype !== "float32") {
      if (code !== "logicalNot" || (x.dtype !== "bool" && x.dtype !== "uint8")) return undefined;
      return rowsOf(notBytes, 0, x, 1, y, 1);
    }
    if (UNARY[code] === undefined) return unaryLoop(ctx, code, x, y);
    const yBytes = y.dtype === "float32" ? 4 : 1;
    if (x.contiguous && y.contiguous) {
      const kernel = unaryDense.get(code) ?? unaryKernel(code, "u");
      const n = sizeOf(y.shape);
      const to = byteAddress(y, yBytes);
      const from = byteAddress(x, 4);
      if (n < MANY || tangled(x, y)) ctx.now(kernel)(1, n, to | 0, 0, yBytes, from | 0, 0, 4);
      else shareRow(ctx, kernel, nanoseconds(code), n, to, yBytes, from, 4);
      return "simd";
    }
    if (manyAcross(y, yBytes, x)) {
      return unarySettled(code, x, y);
    }
    return unaryRows(code, x, y, yBytes);
  }

  // Closures are apart from the functions that small tensors go through, which would otherwise make an object for
  // what these hold, at each call.
  function unarySettled(code: UnaryCode, x: View, y: View): string {
    ctx.withScratch((scratch) => unary(code, settled(scratch, x), y));
    return "simd-copied";
  }
  function unaryRows(code: UnaryCode, x: View, y: View, yBytes: number): string {
    const of = (access: Access): Kernel => unaryKernel(code, access);
    return rowsOf(of, nanoseconds(code), x, 4, y, yBytes);
  }

  function rowsOf(
    of: (access: Access) => Kernel,
    each: number,
    x: View,
    xBytes: number,
    y: View,
    yBytes: number,
  ): string {
    if (plan(y, yBytes, x, xBytes)) {
      const dense = rowStep(0) === yBytes && rowStep(1) === xBytes;
      const kernel = of(dense ? "u" : "x");
      const [to, from] = [byteAddress(y, yBytes), byteAddress(x, xBytes)];
      if (few() || tangled(x, y)) walk(ctx.now(kernel), to, from);
      else walkAll(ctx, kernel, each, to, from);
    }
    return "simd-strided";
  }

  // ---- two inputs ---------------------------------------------------------------------------------------

  const binaryTables = { uu: table(), us: table(), su: table(), x: table() } as const;
  type Pair = keyof typeof binaryTables;
  const ACCESS: Readonly<Record<Pair, readonly Access[]>> = {
    uu: ["u", "u"],
    us: ["u", "s"],
    su: ["s", "u"],
    x: ["x", "x"],
  };

  const binaryKernel = (code: BinaryCode, pair: Pair): Kernel =>
    kernelIn(binaryTables[pair], code, () => {
      const op = BINARY[code] as Binary;
      const question = QUESTIONS.has(code);
      return make(`${code}/${pair}`, {
        inputs: ["f32", "f32"],
        output: question ? "u8" : "f32",
        access: ACCESS[pair],
        op: (scope, a, b) => op(vectorMath(scope, relaxed), a as V, b as V),
        question,
      });
    });

  function binary(code: BinaryCode, a: View, b: View, y: View): string | undefined {
    if (a.dtype !== "float32") return binaryBytes(code, a, b, y);
    if (BINARY[code] === undefined) return binaryLoop(ctx, code, a, b, y);
    const yBytes = y.dtype === "float32" ? 4 : 1;
    if (y.contiguous) {
      const pair =
        same(a, y) && same(b, y)
          ? "uu"
          : same(a, y) && single(b)
            ? "us"
            : same(b, y) && single(a)
              ? "su"
              : undefined;
      if (pair !== undefined) {
        const kernel = binaryTables[pair].get(code) ?? binaryKernel(code, pair);
        const aStep = pair === "su" ? 0 : 4;
        const bStep = pair === "us" ? 0 : 4;
        const n = sizeOf(y.shape);
        if (n === 0) return "empty";
        const to = byteAddress(y, yBytes);
        const left = byteAddress(a, 4);
        const right = byteAddress(b, 4);
        if (n < MANY || tangled(a, y) || tangled(b, y)) {
          ctx.now(kernel)(1, n, to | 0, 0, yBytes, left | 0, 0, aStep, right | 0, 0, bStep);
        } else shareRow(ctx, kernel, nanoseconds(code), n, to, yBytes, left, aStep, right, bStep);
        return "simd";
      }
    }
    if (!plan(y, yBytes, a, 4, b, 4)) return "empty";
    const pair = pairOf(yBytes, 4);
    if (pair === "x" && manyAcross(y, yBytes, a, b)) {
      return binarySettled(code, a, b, y);
    }
    const kernel = binaryKernel(code, pair);
    const to = byteAddress(y, yBytes);
    const left = byteAddress(a, 4);
    const right = byteAddress(b, 4);
    if (few() || tangled(a, y) || tangled(b, y)) walk(ctx.now(kernel), to, left, right);
    else walkAll(ctx, kernel, nanoseconds(code), to, left, right);
    return pair === "x" ? "simd-strided" : "simd-rows";
  }

  function binarySettled(code: BinaryCode, a: View, b: View, y: View): string {
    ctx.withScratch((scratch) => binary(code, settled(scratch, a), settled(scratch, b), y));
    return "simd-copied";
  }

  /** How the rows of the plan read their two inputs. */
  function pairOf(yBytes: number, bytes: number): Pair {
    if (rowStep(0) !== yBytes) return "x";
    const aStep = rowStep(1);
    const bStep = rowStep(2);
    if (aStep === bytes) return bStep === bytes ? "uu" : bStep === 0 ? "us" : "x";
    return aStep === 0 && bStep === bytes ? "su" : "x";
  }

  function binaryBytes(code: BinaryCode, a: View, b: View, y: View): string | undefined {
    const op = BYTE_BINARY[code];
    if (op === undefined || (a.dtype !== "bool" && a.dtype !== "uint8") || b.dtype !== a.dtype) {
      return undefined;
    }
    if (!plan(y, 1, a, 1, b, 1)) return "empty";
    const pair = pairOf(1, 1);
    const kernel = make(`bytes/${code}/${pair}`, {
      inputs: ["u8", "u8"],
      output: "u8",
      access: ACCESS[pair],
      op: (_, p, q) => op(p as V, q as V),
      question: true,
    });
    const [to, left, right] = [byteAddress(y, 1), byteAddress(a, 1), byteAddress(b, 1)];
    if (few() || tangled(a, y) || tangled(b, y)) walk(ctx.now(kernel), to, left, right);
    else walkAll(ctx, kernel, 0, to, left, right);
    return "simd-bytes";
  }

  // ---- an input and a number ----------------------------------------------------------------------------

  const scalarDense = table();
  const scalarStrided = table();
  const scalarKernel = (code: BinaryCode, access: Access): Kernel =>
    kernelIn(access === "u" ? scalarDense : scalarStrided, code, () => {
      const op = BINARY[code] as Binary;
      const question = QUESTIONS.has(code);
      return make(`${code}/${access}c`, {
        inputs: ["f32", "f32"],
        output: question ? "u8" : "f32",
        access: [access, "c"],
        op: (scope, x, s) => op(vectorMath(scope, relaxed), x as V, s as V),
        question,
      });
    });
  const powerOf =
    (exponent: number, op: NonNullable<ReturnType<typeof POWERS.get>>) =>
    (access: Access): Kernel =>
      make(`pow ${exponent}/${access}`, {
        inputs: ["f32"],
        output: "f32",
        access: [access],
        op: (scope: Scope, x) => op(vectorMath(scope, relaxed), x as V),
      });

  /** Counters of steps and batches: the one use of int64 in a training step. */
  function count(x: View, scalar: number | bigint, y: View): string | undefined {
    if (!(x.contiguous && y.contiguous)) return undefined;
    const [from, to] = [byteAddress(x, 8) / 8, byteAddress(y, 8) / 8];
    const n = sizeOf(y.shape);
    const s = BigInt(scalar);
    ctx.after(() => {
      const heap = arena.i64;
      for (let i = 0; i < n; i++) heap[to + i] = (heap[from + i] as bigint) + s;
    });
    return "js-loop";
  }

  function binaryScalar(
    code: BinaryCode,
    x: View,
    scalar: number | bigint,
    y: View,
  ): string | undefined {
    if (x.dtype === "int64" && code === "add") return count(x, scalar, y);
    if (x.dtype !== "float32") return undefined;
    if (BINARY[code] === undefined) return scalarLoop(code, x, scalar, y);
    const s = Number(scalar);
    if (code === "pow") {
      const power = POWERS.get(s);
      if (power !== undefined) return rowsOf(powerOf(s, power), 0, x, 4, y, 4);
    }
    const yBytes = y.dtype === "float32" ? 4 : 1;
    if (x.contiguous && y.contiguous) {
      const kernel = scalarDense.get(code) ?? scalarKernel(code, "u");
      const n = sizeOf(y.shape);
      const to = byteAddress(y, yBytes);
      const from = byteAddress(x, 4);
      if (n < MANY || tangled(x, y)) ctx.now(kernel)(1, n, to | 0, 0, yBytes, from | 0, 0, 4, s);
      else shareRow(ctx, kernel, nanoseconds(code), n, to, yBytes, from, 4, s, 0);
      return "simd";
    }
    if (manyAcross(y, yBytes, x)) {
      return scalarSettled(code, x, scalar, y);
    }
    if (!plan(y, yBytes, x, 4)) return "empty";
    const dense = rowStep(0) === yBytes && rowStep(1) === 4;
    const kernel = scalarKernel(code, dense ? "u" : "x");
    const [to, from] = [byteAddress(y, yBytes), byteAddress(x, 4)];
    if (few() || tangled(x, y)) walk(ctx.now(kernel), to, from, s);
    else walkAll(ctx, kernel, nanoseconds(code), to, from, s);
    return "simd-strided";
  }

  function scalarSettled(code: BinaryCode, x: View, scalar: number | bigint, y: View): string {
    ctx.withScratch((scratch) => binaryScalar(code, settled(scratch, x), scalar, y));
    return "simd-copied";
  }

  // ---- where --------------------------------------------------------------------------------------------

  function where(cond: View, a: View, b: View, y: View): string | undefined {
    if (a.dtype !== y.dtype || b.dtype !== y.dtype) return undefined;
    if (y.dtype !== "float32" && y.dtype !== "int32") return undefined;
    if (!plan(y, 4, cond, 1, a, 4, b, 4)) return "empty";
    const letter = (step: number, bytes: number): string =>
      step === bytes ? "u" : step === 0 ? "s" : "x";
    let access = letter(rowStep(1), 1) + letter(rowStep(2), 4) + letter(rowStep(3), 4);
    if (access.includes("x") || rowStep(0) !== 4 || access === "sss") access = "xxx";
    const kernel = make(`where/${access}`, {
      inputs: ["u8", "f32", "f32"],
      output: "f32",
      access: [...access] as Access[],
      op: (_, c, p, q) => v128.bitselect(p as V, q as V, isTrue(c as V)),
    });
    const at = [byteAddress(cond, 1), byteAddress(a, 4), byteAddress(b, 4)] as const;
    const to = byteAddress(y, 4);
    if (few() || tangled(cond, y) || tangled(a, y) || tangled(b, y))
      walk(ctx.now(kernel), to, ...at);
    else walkAll(ctx, kernel, 0, to, ...at);
    return access === "xxx" ? "simd-strided" : "simd";
  }

  return { unary, binary, binaryScalar, where };
}
