// fill, and copies: same dtype (dense; strided ones of 32 bits are in copy/strided-copy.ts) and the casts to and from
// float32 that training uses.
import type { RequiredKernels, View } from "@tapegrad/core";
import { bytesPer, halfBits, sizeOf } from "@tapegrad/core";
import {
  type Code,
  copyBytes,
  countdown,
  countdownOrSkip,
  type Expr,
  type Func,
  f32x4,
  func,
  i32,
  i32x4,
  i64,
  type Scope,
  v128,
  when,
} from "../assembler/assembler.ts";
import type { Kernel } from "../assembler/module-cache.ts";
import type { WasmContext } from "../context.ts";
import { few, MANY, plan, rowStep } from "../elementwise/plan.ts";
import { type Cell, ROWS, rowsKernel } from "../elementwise/rows.ts";
import { rowsModule, shareRow, walk, walkAll } from "../elementwise/walk.ts";
import type { Role } from "../elementwise/walk-kernel.ts";
import { pieces, traffic } from "../threads/launch.ts";
import { byteAddress, tangled } from "../view.ts";
import { narrowBrain, narrowHalf, widenBrain, widenHalf } from "./half.ts";
import { wordCopy } from "./strided-copy.ts";

type V = Expr<"v128">;

/** Elements of 1, 2 or 8 bytes, one by one. */
const cellsKernel = (bytes: 1 | 2 | 8): Func =>
  func("run", ROWS, (f, p) => {
    const [left, to, from] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const one: Code = {
      1: i32.store8(to, i32.load8U(from)),
      2: i32.store16(to, i32.load16U(from)),
      8: i64.store(to, i64.load(from)),
    }[bytes];
    return countdown(p.rows, [
      left.set(p.n),
      to.set(p.y),
      from.set(p.a),
      countdown(left, [one, to.add(p.yStep), from.add(p.aStep)]),
      p.y.add(p.yRow),
      p.a.add(p.aRow),
    ]);
  });

/** fill(to, bytes, low, high): the 8 bytes low, high over and over. */
const patternKernel = (): Func =>
  func("fill", { to: "i32", bytes: "i32", low: "i32", high: "i32" }, (f, p) => {
    const left = f.local("i32");
    const v = f.local("v128");
    return [
      v.set(i32x4.splat(p.low)),
      [1, 3].map((lane) => v.set(i32x4.replaceLane(v, lane, p.high))),
      left.set(i32.shrU(p.bytes, 4)),
      countdownOrSkip(left, [v128.store(p.to, v), p.to.add(16)]),
      when(i32.and(p.bytes, 8), [v128.store64Lane(p.to, v, 0), p.to.add(8)]),
      // What is left are bytes that are all alike, or 16-bit elements: each byte of low in turn.
      left.set(i32.and(p.bytes, 7)),
      countdownOrSkip(left, [
        i32.store8(p.to, p.low),
        p.to.add(1),
        p.low.set(i32.or(i32.shrU(p.low, 8), i32.shl(p.low, 24))),
      ]),
    ];
  });
/** To see the words of a number. */
const words8 = new DataView(new ArrayBuffer(8));

interface Cast {
  readonly from: Cell;
  readonly to: Cell;
  readonly op: (x: V, scope: Scope) => V;
  readonly question?: boolean;
}
const identity = (x: V): V => x;
const toFloat = (x: V): V => f32x4.convertI32x4S(x);
const CASTS: Readonly<Record<string, Cast>> = {
  "bool float32": { from: "u8", to: "f32", op: toFloat },
  "uint8 float32": { from: "u8", to: "f32", op: toFloat },
  "int32 float32": { from: "f32", to: "f32", op: toFloat },
  "int64 float32": { from: "i64", to: "f32", op: identity },
  "float32 int64": { from: "f32", to: "i64", op: identity },
  "float32 int32": { from: "f32", to: "f32", op: i32x4.truncSatF32x4S },
  "float32 uint8": { from: "f32", to: "u8", op: i32x4.truncSatF32x4S },
  "float32 bool": {
    from: "f32",
    to: "u8",
    op: (x) => f32x4.ne(x, v128.zero()),
    question: true,
  },
  "float16 float32": { from: "u16", to: "f32", op: widenHalf },
  "bfloat16 float32": { from: "u16", to: "f32", op: widenBrain },
  "float32 float16": { from: "f32", to: "u16", op: narrowHalf },
  "float32 bfloat16": { from: "f32", to: "u16", op: narrowBrain },
  "bool int64": { from: "u8", to: "i64", op: toFloat },
  "uint8 int64": { from: "u8", to: "i64", op: toFloat },
  "bool int32": { from: "u8", to: "f32", op: identity },
  "uint8 int32": { from: "u8", to: "f32", op: identity },
};

/** Below this a copy of lanes is faster than the call to memory.copy. */
const SMALL = 256;
/** From so many bytes on it is worth asking whether threads help. */
const MANY_BYTES = MANY * 4;

export function copyKernels(ctx: WasmContext): Pick<RequiredKernels, "fill" | "copy"> {
  const words = wordCopy(ctx);

  // Made at the first use and kept: the small-tensor path looks nothing up.
  const lazily = (make: () => Kernel): (() => Kernel) => {
    let made: Kernel | undefined;
    return () => {
      made ??= make();
      return made;
    };
  };
  const rowsOf = (key: string, build: () => Func, role: Role = "memory"): (() => Kernel) =>
    lazily(() => rowsModule(ctx, `copy/${key}`, build, [role]));
  const fillOf = (strided: boolean) =>
    rowsOf(
      `fill/${strided}`,
      () =>
        rowsKernel({
          inputs: ["f32"],
          output: "f32",
          access: ["c"],
          strided,
          op: (_, x) => x as V,
        }),
      "value",
    );
  const dense = rowsOf("u", () =>
    rowsKernel({ inputs: ["f32"], output: "f32", access: ["u"], op: (_, x) => x as V }),
  );
  const [fillDense, fillStrided] = [fillOf(false), fillOf(true)];
  const cells = {
    1: rowsOf("1", () => cellsKernel(1)),
    2: rowsOf("2", () => cellsKernel(2)),
    8: rowsOf("8", () => cellsKernel(8)),
  };
  const bytesCopy = lazily(
    () =>
      ctx.get<"run">("copy/bytes", () => [
        func("run", { to: "i32", from: "i32", bytes: "i32" }, (_, p) =>
          copyBytes(p.to, p.from, p.bytes),
        ),
      ]).run,
  );
  const pattern = lazily(() => ctx.get<"fill">("copy/pattern", () => [patternKernel()]).fill);

  function copyDense(to: number, from: number, bytes: number): void {
    const kernel = bytesCopy();
    // Overlapping ranges are one copy.
    if (bytes < MANY_BYTES || Math.abs(to - from) < bytes) {
      ctx.after(() => ctx.now(kernel)(to, from, bytes));
    } else {
      const cost = traffic(2 * bytes);
      const cut = (first: number, size: number): readonly [number, number, number] => [
        to + first,
        from + first,
        size,
      ];
      ctx.launch(cost, (tasks) =>
        pieces(bytes, cost, (first, size) => tasks.add(kernel, ...cut(first, size)), 4096),
      );
    }
  }

  function copySame(x: View, y: View): string {
    const bytes = bytesPer(y.dtype);
    const [to, from] = [byteAddress(y, bytes), byteAddress(x, bytes)];
    if (x.contiguous && y.contiguous) {
      const n = sizeOf(y.shape);
      if (bytes === 4 && n <= SMALL) ctx.now(dense())(1, n, to, 0, 4, from, 0, 4);
      else copyDense(to, from, n * bytes);
      return "copy";
    }
    if (bytes === 4) return words(x, y, to, from, () => !tangled(x, y));
    if (!plan(y, bytes, x, bytes)) return "empty";
    if (few() || tangled(x, y)) walk(ctx.now(cells[bytes as 1 | 2 | 8]()), to, from);
    else walkAll(ctx, cells[bytes as 1 | 2 | 8](), 0.5, to, from);
    return "copy-cells";
  }

  function copyCast(x: View, y: View): string | undefined {
    const key = `${x.dtype} ${y.dtype}`;
    const cast = CASTS[key];
    if (cast === undefined) return undefined;
    const { from, to, op, question = false } = cast;
    const [xBytes, yBytes] = [bytesPer(x.dtype), bytesPer(y.dtype)];
    if (!plan(y, yBytes, x, xBytes)) return "empty";
    const access = rowStep(0) === yBytes && rowStep(1) === xBytes ? "u" : "x";
    const kernel = rowsModule(
      ctx,
      `copy/${key}/${access}`,
      () =>
        rowsKernel({
          inputs: [from],
          output: to,
          access: [access],
          op: (scope, v) => op(v as V, scope),
          question,
        }),
      ["memory"],
    );
    const [yAt, xAt] = [byteAddress(y, yBytes), byteAddress(x, xBytes)];
    if (few() || tangled(x, y)) walk(ctx.now(kernel), yAt, xAt);
    else walkAll(ctx, kernel, 0, yAt, xAt);
    return "cast";
  }

  /** Dense memory with 8 bytes over and over: any dtype. */
  function fillPattern(to: number, bytes: number, low: number, high: number): string {
    const kernel = pattern();
    if (bytes < MANY_BYTES) ctx.after(() => ctx.now(kernel)(to, bytes, low, high));
    else {
      const cost = traffic(bytes);
      ctx.launch(cost, (tasks) =>
        pieces(bytes, cost, (first, size) => tasks.add(kernel, to + first, size, low, high), 4096),
      );
    }
    return "fill";
  }

  function fill(y: View, value: number | bigint): string | undefined {
    const n = sizeOf(y.shape);
    if (y.dtype === "float32") {
      const v = Number(value);
      const to = byteAddress(y, 4);
      if (y.contiguous) {
        if (n < MANY) ctx.now(fillDense())(1, n, to, 0, 4, v);
        else shareRow(ctx, fillDense(), 0, n, to, 4, v, 0);
      } else if (plan(y, 4)) walkAll(ctx, rowStep(0) === 4 ? fillDense() : fillStrided(), 0, to, v);
      return "fill";
    }
    if (!y.contiguous) return undefined;
    const bytes = bytesPer(y.dtype);
    const to = byteAddress(y, bytes);
    switch (y.dtype) {
      case "bool": {
        const word = Number(value) === 0 ? 0 : 0x01010101;
        return fillPattern(to, n, word, word);
      }
      case "float64":
        words8.setFloat64(0, Number(value), true);
        break;
      case "int64":
        if (typeof value === "number" && !Number.isInteger(value)) return undefined;
        words8.setBigInt64(0, BigInt(value), true);
        break;
      case "float16":
      case "bfloat16": {
        const word = halfBits(y.dtype, Number(value)) * 0x10001;
        return fillPattern(to, n * 2, word, word);
      }
      default:
        return undefined;
    }
    return fillPattern(to, n * 8, words8.getInt32(0, true), words8.getInt32(4, true));
  }

  return {
    fill,
    copy: (x, y) => (x.dtype === y.dtype ? copySame(x, y) : copyCast(x, y)),
  };
}
