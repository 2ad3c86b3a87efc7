// fill, and copies: same dtype (dense, strided, transposed in tiles, broadcast) and the casts to and from
// float32 that training uses.
import type { DType, RequiredKernels, View } from "@tapegrad/core";
import { sizeOf } from "@tapegrad/core";
import {
  type Code,
  copyBytes,
  countdown,
  countdownOrSkip,
  type Expr,
  type Func,
  f32,
  f32x4,
  func,
  type IntLocal,
  i32,
  i32x4,
  i64,
  v128,
} from "./assembler.ts";
import type { WasmContext } from "./context.ts";
import type { Kernel } from "./module-cache.ts";
import { type Cell, rowsKernel } from "./rows.ts";
import { byteAddress } from "./view.ts";
import { plan, rowStep, transposed, walk } from "./walk.ts";

type V = Expr<"v128">;

const BYTES: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  int64: 8,
  uint8: 1,
  bool: 1,
};

const ROWS = {
  rows: "i32",
  n: "i32",
  y: "i32",
  yRow: "i32",
  yStep: "i32",
  a: "i32",
  aRow: "i32",
  aStep: "i32",
} as const;

/** Elements of 1 or 8 bytes, one by one. */
const cellsKernel = (bytes: 1 | 8): Func =>
  func("run", ROWS, (f, p) => {
    const [left, to, from] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const one: Code =
      bytes === 8 ? i64.store(to, i64.load(from)) : i32.store8(to, i32.load8U(from));
    return countdown(p.rows, [
      left.set(p.n),
      to.set(p.y),
      from.set(p.a),
      countdown(left, [one, to.add(p.yStep), from.add(p.aStep)]),
      p.y.add(p.yRow),
      p.a.add(p.aRow),
    ]);
  });

/**
 * y[i, j] = a[j, i]: rows of y side by side (yStep 4), a side by side along the rows (aRow 4), in tiles of
 * 4 × 4.
 */
const transposeKernel = (): Func =>
  func("run", ROWS, (f, p) => {
    const [fours, left, to, from, line] = f.locals("i32", 5) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const [r0, r1, r2, r3] = f.locals("v128", 4);
    const [t0, t1, t2, t3] = f.locals("v128", 4);
    if (!r0 || !r1 || !r2 || !r3 || !t0 || !t1 || !t2 || !t3) return [];
    const low = (a: V, b: V): V => f32x4.shuffle(a, b, [0, 4, 1, 5]);
    const high = (a: V, b: V): V => f32x4.shuffle(a, b, [2, 6, 3, 7]);
    const tile: Code = [
      line.set(from),
      [r0, r1, r2, r3].map((r) => [r.set(v128.load(line)), line.add(p.aStep)]),
      from.set(line),
      t0.set(low(r0, r2)),
      t1.set(high(r0, r2)),
      t2.set(low(r1, r3)),
      t3.set(high(r1, r3)),
      line.set(to),
      v128.store(line, low(t0, t2)),
      line.add(p.yRow),
      v128.store(line, high(t0, t2)),
      line.add(p.yRow),
      v128.store(line, low(t1, t3)),
      line.add(p.yRow),
      v128.store(line, high(t1, t3)),
      to.add(16),
    ];
    const rows4: Code = [
      to.set(p.y),
      from.set(p.a),
      left.set(i32.shrU(p.n, 2)),
      countdownOrSkip(left, tile),
      left.set(i32.and(p.n, 3)),
      countdownOrSkip(left, [
        r0.set(v128.load(from)),
        line.set(to),
        [0, 1, 2, 3].map((lane) => [v128.store32Lane(line, r0, lane), line.add(p.yRow)]),
        to.add(4),
        from.add(p.aStep),
      ]),
      p.y.add(i32.shl(p.yRow, 2)),
      p.a.add(16),
    ];
    const row1: Code = [
      to.set(p.y),
      from.set(p.a),
      left.set(p.n),
      countdown(left, [f32.store(to, f32.load(from)), to.add(4), from.add(p.aStep)]),
      p.y.add(p.yRow),
      p.a.add(4),
    ];
    return [
      fours.set(i32.shrU(p.rows, 2)),
      countdownOrSkip(fours, rows4),
      fours.set(i32.and(p.rows, 3)),
      countdownOrSkip(fours, row1),
    ];
  });

interface Cast {
  readonly from: Cell;
  readonly to: Cell;
  readonly op: (x: V) => V;
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
  "bool int64": { from: "u8", to: "i64", op: toFloat },
  "uint8 int64": { from: "u8", to: "i64", op: toFloat },
  "bool int32": { from: "u8", to: "f32", op: identity },
  "uint8 int32": { from: "u8", to: "f32", op: identity },
};

/** Below this a copy of lanes is faster than the call to memory.copy. */
const SMALL = 256;

export function copyKernels(ctx: WasmContext): Pick<RequiredKernels, "fill" | "copy"> {
  const { arena } = ctx;

  // Made at the first use and kept: the small-tensor path looks nothing up.
  const lazily = (make: () => Kernel): (() => Kernel) => {
    let made: Kernel | undefined;
    return () => {
      made ??= make();
      return made;
    };
  };
  const rowsOf = (key: string, build: () => Func): (() => Kernel) =>
    lazily(() => ctx.get<"run">(`copy/${key}`, () => [build()]).run);
  const lanes = (access: "u" | "s" | "x") =>
    rowsOf(access, () =>
      rowsKernel({ inputs: ["f32"], output: "f32", access: [access], op: (_, x) => x as V }),
    );
  const fillOf = (strided: boolean) =>
    rowsOf(`fill/${strided}`, () =>
      rowsKernel({ inputs: ["f32"], output: "f32", access: ["c"], strided, op: (_, x) => x as V }),
    );
  const [dense, splat, strided] = [lanes("u"), lanes("s"), lanes("x")];
  const [fillDense, fillStrided] = [fillOf(false), fillOf(true)];
  const transpose = rowsOf("transpose", transposeKernel);
  const cells = { 1: rowsOf("1", () => cellsKernel(1)), 8: rowsOf("8", () => cellsKernel(8)) };
  const bytesCopy = rowsOf("bytes", () =>
    func("run", { to: "i32", from: "i32", bytes: "i32" }, (_, p) =>
      copyBytes(p.to, p.from, p.bytes),
    ),
  );

  function copySame(x: View, y: View): string {
    const bytes = BYTES[y.dtype];
    if (x.contiguous && y.contiguous) {
      const n = sizeOf(y.shape);
      const [to, from] = [byteAddress(y, bytes), byteAddress(x, bytes)];
      if (bytes === 4 && n <= SMALL) dense()(1, n, to, 0, 4, from, 0, 4);
      else bytesCopy()(to, from, n * bytes);
      return "copy";
    }
    if (!plan(y, bytes, x, bytes)) return "empty";
    const [to, from] = [byteAddress(y, bytes), byteAddress(x, bytes)];
    if (bytes !== 4) {
      walk(cells[bytes as 1 | 8](), to, from);
      return "copy-cells";
    }
    const unit = rowStep(0) === 4;
    const step = rowStep(1);
    if (unit && step === 4) walk(dense(), to, from);
    else if (unit && step === 0) walk(splat(), to, from);
    else if (unit && transposed(4)) {
      walk(transpose(), to, from);
      return "copy-transpose";
    } else walk(strided(), to, from);
    return "copy-rows";
  }

  function copyCast(x: View, y: View): string | undefined {
    const key = `${x.dtype} ${y.dtype}`;
    const cast = CASTS[key];
    if (cast === undefined) return undefined;
    const { from, to, op, question = false } = cast;
    const [xBytes, yBytes] = [BYTES[x.dtype], BYTES[y.dtype]];
    if (!plan(y, yBytes, x, xBytes)) return "empty";
    const access = rowStep(0) === yBytes && rowStep(1) === xBytes ? "u" : "x";
    const kernel = ctx.get<"run">(`copy/${key}/${access}`, () => [
      rowsKernel({
        inputs: [from],
        output: to,
        access: [access],
        op: (_, v) => op(v as V),
        question,
      }),
    ]).run;
    walk(kernel, byteAddress(y, yBytes), byteAddress(x, xBytes));
    return "cast";
  }

  function fill(y: View, value: number | bigint): string | undefined {
    const n = sizeOf(y.shape);
    if (y.dtype === "float32") {
      const v = Number(value);
      if (y.contiguous) fillDense()(1, n, byteAddress(y, 4), 0, 4, v);
      else if (plan(y, 4))
        walk(rowStep(0) === 4 ? fillDense() : fillStrided(), byteAddress(y, 4), v);
      return "fill";
    }
    if (!y.contiguous) return undefined;
    const start = byteAddress(y, BYTES[y.dtype]) / BYTES[y.dtype];
    switch (y.dtype) {
      case "bool":
        arena.u8.fill(value === 0 || value === 0n ? 0 : 1, start, start + n);
        return "js-fill";
      case "float64":
        arena.f64.fill(Number(value), start, start + n);
        return "js-fill";
      case "int64":
        if (typeof value === "number" && !Number.isInteger(value)) return undefined;
        arena.i64.fill(BigInt(value), start, start + n);
        return "js-fill";
      default:
        return undefined;
    }
  }

  return {
    fill,
    copy: (x, y) => (x.dtype === y.dtype ? copySame(x, y) : copyCast(x, y)),
  };
}
