// Products of few rows with the rows of another matrix, C[i, j] = Σₖ A[i, k]·B[j, k], both with their k side by side:
// what a Linear layer does to a small batch. Packing B would take longer than the products; it is read as it lies, two
// rows of A by four of B at a time, four sums along k each, which are added up when all of k has passed.
import { activated } from "../activate.ts";
import {
  type Code,
  countdown,
  type Func,
  f32x4,
  func,
  type I32,
  type IntLocal,
  i32,
  multiplyAdd,
  select,
  v128,
} from "../assembler/assembler.ts";
import { get, upTo } from "../assembler/lists.ts";
import type { WasmContext } from "../context.ts";
import { arithmetic, pieces } from "../threads/launch.ts";
import type { ActivationCode, Contraction, Operand } from "./contraction.ts";

/** Rows of A and of B at a time: their eight sums keep both multipliers busy, and find registers beside the inputs. */
const ROWS = 2;
const COLUMNS = 4;

/** What a kernel is written for; distances in bytes. */
interface Shape {
  readonly k: number;
  readonly aRow: number;
  readonly bRow: number;
  readonly biased: boolean;
  readonly activation: ActivationCode;
}

/**
 * dots(rows, columns, a, b, c, cRow, bias): `rows` ≥ 2 rows of A with `columns` ≥ 4 of B. Where they do not come out
 * even the last ones overlap those before and are computed twice. bias: a float per column, or anything.
 */
function dotsKernel({ k, aRow, bRow, biased, activation }: Shape, relaxed: boolean): Func {
  const fma = multiplyAdd(relaxed);
  const params = {
    rows: "i32",
    columns: "i32",
    a: "i32",
    b: "i32",
    c: "i32",
    cRow: "i32",
    bias: "i32",
  } as const;
  return func("dots", params, (f, p) => {
    const local = (): IntLocal => f.local("i32");
    const [across, down, left] = [local(), local(), local()];
    const [aAt, bAt, inA, inB, to] = [local(), local(), local(), local(), local()];
    const [lastA, lastB, lastC, lastTo, lastBias] = [local(), local(), local(), local(), local()];
    const sums = f.locals("v128", ROWS * COLUMNS);
    const [x, y] = [f.locals("v128", ROWS), f.locals("v128", COLUMNS)];
    const [start, out] = [f.local("v128"), f.local("v128")];
    const sum = (r: number, j: number) => get(sums, r * COLUMNS + j);
    const products = (load: typeof v128.load): Code => [
      x.map((value, r) => value.set(load(inA, r * aRow))),
      y.map((value, j) => value.set(load(inB, j * bRow))),
      x.map((value, r) => y.map((other, j) => sum(r, j).set(fma(value, other, sum(r, j))))),
    ];
    const rest: Code = upTo(k % 4).map(() => [
      products((pointer, offset) => v128.load32Zero(pointer, offset)),
      inA.add(4),
      inB.add(4),
    ]);
    /** The lanes of two sums added up by halves. */
    const halves = (r: number, j: number): Code => {
      const [one, two] = [sum(r, j), sum(r, j + 1)];
      return one.set(
        f32x4.add(f32x4.shuffle(one, two, [0, 4, 1, 5]), f32x4.shuffle(one, two, [2, 6, 3, 7])),
      );
    };
    const total = (r: number) => {
      const [one, two] = [sum(r, 0), sum(r, 2)];
      const all = f32x4.add(
        f32x4.shuffle(one, two, [0, 1, 4, 5]),
        f32x4.shuffle(one, two, [2, 3, 6, 7]),
      );
      return biased ? f32x4.add(all, start) : all;
    };
    const store = (r: number): Code => [
      halves(r, 0),
      halves(r, 2),
      out.set(total(r)),
      v128.store(r === 0 ? to : i32.add(to, p.cRow), activated(out, activation)),
    ];
    const onTo = (pointer: IntLocal, step: I32, last: IntLocal): Code => [
      pointer.add(step),
      pointer.set(select(last, pointer, i32.gtU(pointer, last))),
    ];
    const behind = (start: IntLocal, count: I32, step: I32) => i32.add(start, i32.mul(count, step));
    return [
      lastA.set(behind(p.a, i32.sub(p.rows, ROWS), aRow)),
      lastB.set(behind(p.b, i32.sub(p.columns, COLUMNS), bRow)),
      lastC.set(behind(p.c, i32.sub(p.columns, COLUMNS), 4)),
      lastBias.set(behind(p.bias, i32.sub(p.columns, COLUMNS), 4)),
      bAt.set(p.b),
      across.set(i32.shrU(i32.add(p.columns, COLUMNS - 1), 2)),
      countdown(across, [
        biased ? start.set(v128.load(p.bias)) : [],
        aAt.set(p.a),
        to.set(p.c),
        lastTo.set(behind(p.c, i32.sub(p.rows, ROWS), p.cRow)),
        down.set(i32.shrU(i32.add(p.rows, ROWS - 1), 1)),
        countdown(down, [
          sums.map((s) => s.set(v128.zero())),
          inA.set(aAt),
          inB.set(bAt),
          left.set(k >> 2),
          countdown(left, [products(v128.load), inA.add(16), inB.add(16)]),
          rest,
          upTo(ROWS).map(store),
          onTo(aAt, ROWS * aRow, lastA),
          onTo(to, i32.mul(p.cRow, ROWS), lastTo),
        ]),
        onTo(bAt, COLUMNS * bRow, lastB),
        onTo(p.c, COLUMNS * 4, lastC),
        onTo(p.bias, COLUMNS * 4, lastBias),
      ]),
    ];
  });
}

const liesAlongK = ({ k }: Operand, length: number): boolean =>
  k.strides[3] === 4 && k.sizes[3] === length;

/** Whether dots() can run it. */
export const isDots = ({ m, n, k, batch, a, b, c, accumulate, bias }: Contraction): boolean =>
  !accumulate &&
  bias === undefined &&
  m >= ROWS &&
  n >= COLUMNS &&
  k >= 4 &&
  batch.every((size) => size === 1) &&
  liesAlongK(a, k) &&
  liesAlongK(b, k) &&
  a.lanes.sizes[3] === m &&
  b.lanes.sizes[3] === n &&
  c.runLength === n;

/** Up to so many rows of one of both, packing takes longer than reading the other again and again. Measured. */
const FEW_ROWS = 16;

/** Whether that is expected to be the fastest way. */
export const suitsDots = ({ m, n }: Contraction): boolean => Math.min(m, n) <= FEW_ROWS;

/** Runs a job of which isDots() says that it can. */
export function dots(ctx: WasmContext, job: Contraction): void {
  const { m, n, k, a, b, c, columnBias, activation = 0 } = job;
  const shape: Shape = {
    k,
    aRow: a.lanes.strides[3],
    bRow: b.lanes.strides[3],
    biased: columnBias !== undefined,
    activation,
  };
  const key = `dots ${k} ${shape.aRow} ${shape.bRow} ${shape.biased} ${activation}`;
  const { dots: kernel } = ctx.get<"dots">(key, () => [dotsKernel(shape, ctx.relaxed)]);
  const cost = arithmetic(m * n * k);
  // What does not come out even goes to the last piece.
  const size = m > n ? ROWS : COLUMNS;
  const units = Math.floor(Math.max(m, n) / size);
  ctx.launch(cost, (tasks) => {
    pieces(units, cost, (unit, count) => {
      const first = unit * size;
      const length = unit + count === units ? Math.max(m, n) - first : count * size;
      const [row, rows] = m > n ? [first, length] : [0, m];
      const [column, columns] = m > n ? [0, n] : [first, length];
      const to = c.at + row * c.rowBytes + column * 4;
      const bias = columnBias === undefined ? 0 : columnBias + column * 4;
      const [inA, inB] = [a.at + row * shape.aRow, b.at + column * shape.bRow];
      tasks.add(kernel, rows, columns, inA, inB, to, c.rowBytes, bias);
    });
  });
}
