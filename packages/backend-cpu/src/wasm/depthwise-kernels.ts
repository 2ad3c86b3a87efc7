// The direct depthwise kernels for one plane size: forward, input gradient, weight gradient. See
// depthwise-code.ts for the idea and depthwise.ts for how they are driven.
import {
  type Code,
  countdown,
  countdownOrSkip,
  type Expr,
  type Func,
  f32,
  f32x4,
  func,
  type IntLocal,
  i32,
  multiplyAdd,
  type Scope,
  sumLanes,
  v128,
  when,
} from "./assembler.ts";
import {
  cut,
  eachVector,
  type Fma,
  loadAcross,
  type Piece,
  type Rows,
  storeLanes,
  type Term,
  type Vec,
} from "./depthwise-code.ts";

type Pair = readonly [number, number];

/** Height and width of everything. */
export interface PlaneShape {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly padding: Pair;
  readonly input: Pair;
  readonly output: Pair;
}

/** How the code is cut; measured, not derived (see tuning in depthwise.ts). */
export interface Cut {
  /** Rows of a tile at most. */
  readonly rows: number;
  /** Up to so many inner columns are written out, more run in a loop. */
  readonly columns: number;
  /** Weight gradient: its sums are stored after so many input rows. */
  readonly anchor: number;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const get = <T>(list: readonly T[], index: number): T => list[index] as T;
/** `limit` or a little less, so that pieces of that size share `n` evenly; a multiple of `step`. */
const evenly = (n: number, limit: number, step = 1): number =>
  Math.ceil(Math.ceil(n / Math.ceil(n / limit)) / step) * step;

/**
 * The weights of a plane as splats in locals. Those that find no register lie on the stack, from where they
 * are fetched just before use; loads from memory would all be done early (see weightGradKernel) and
 * need the registers.
 */
class Weights {
  private readonly pointer: IntLocal;
  private readonly splats: readonly Vec[];

  constructor(f: Scope, pointer: IntLocal, taps: number) {
    this.pointer = pointer;
    this.splats = f.locals("v128", taps);
  }

  /** To be run when the pointer has moved on to another filter. */
  load(): Code {
    return this.splats.map((s, tap) => s.set(v128.load32Splat(this.pointer, tap * 4)));
  }

  at(tap: number): Expr<"v128"> {
    return get(this.splats, tap);
  }

  get bytes(): number {
    return this.splats.length * 4;
  }
}

/** Runs `body` once, or `count` times with the pointers moved on in copies of them. */
function repeat(
  f: Scope,
  count: number,
  pointers: readonly IntLocal[],
  steps: readonly number[],
  body: (pointers: readonly IntLocal[]) => Code,
): Code {
  if (count === 1) return body(pointers);
  const copies = pointers.map(() => f.local("i32"));
  const left = f.local("i32");
  return [
    copies.map((copy, i) => copy.set(get(pointers, i))),
    left.set(count),
    countdown(left, [body(copies), copies.map((copy, i) => copy.add(get(steps, i)))]),
  ];
}

/** Pieces that are to be written out, one by one. */
const expand = (pieces: readonly Piece[], limit: number): Piece[] =>
  pieces.flatMap((p) =>
    p.count > limit
      ? [p]
      : upTo(p.count).map((i) => ({ ...p, start: p.start + i * p.size, count: 1 })),
  );

type Temps = readonly [Vec, Vec, Vec];
const tempsOf = (f: Scope): Temps => [f.local("v128"), f.local("v128"), f.local("v128")];

/** One tile and column: sums over terms, each stored once its last input row has passed. */
function sumTerms(
  temps: Temps,
  rows: Rows,
  step: number,
  terms: readonly Term[],
  sums: readonly Vec[],
  fma: Fma,
  weights: Weights,
  start: Expr<"v128">,
  groupOf: (sum: number) => number,
  finish: (group: number) => Code,
): Code {
  const started = new Set<number>();
  const groups = new Set(sums.map((_, i) => groupOf(i)));
  const lastRow = new Map<number, number>();
  for (const t of terms) {
    const group = groupOf(t.sum);
    lastRow.set(group, Math.max(lastRow.get(group) ?? t.row, t.row));
  }
  const end = (group: number): Code => [
    sums.map((s, i) => (groupOf(i) === group && !started.has(i) ? s.set(start) : [])),
    finish(group),
  ];
  const body = eachVector(
    temps,
    rows,
    step,
    terms,
    (vector, users) =>
      users.map((t) => {
        const sum = get(sums, t.sum);
        const before = started.has(t.sum) ? sum : start;
        started.add(t.sum);
        return sum.set(fma(vector, weights.at(t.tap), before));
      }),
    (row) => [...lastRow].filter(([, last]) => last === row).map(([group]) => end(group)),
  );
  // Rows of which every tap lies in the padding.
  return [body, [...groups].filter((group) => !lastRow.has(group)).map(end)];
}

/** Rows × columns of an output plane as pieces, and the code of each. */
function overPlane(
  f: Scope,
  rows: readonly Piece[],
  columns: readonly Piece[],
  pointers: readonly IntLocal[],
  rowSteps: (size: number) => readonly number[],
  columnSteps: (size: number) => readonly number[],
  body: (row: Piece, column: Piece, pointers: readonly IntLocal[]) => Code,
): Code {
  return rows.map((row) =>
    repeat(f, row.count, pointers, rowSteps(row.size), (inRow) =>
      columns.map((column) =>
        repeat(f, column.count, inRow, columnSteps(column.size), (at) => body(row, column, at)),
      ),
    ),
  );
}

/**
 * forward(count, x, w, y, bias, channel, channels, member, multiplier, sources): `count` output planes in
 * memory order, each the sum over the `sources` input planes of its group (1: depthwise). x: the first
 * input plane of the group of the first output; w and bias: those of channel 0 (bias 0: none); channel: the
 * first output channel; member: its place among the `multiplier` outputs of its group. `many`: written for
 * more than one source.
 */
export function forwardKernel(
  shape: PlaneShape,
  tiling: Cut,
  many: boolean,
  relaxed: boolean,
): Func {
  const fma = multiplyAdd(relaxed);
  const [kh, kw] = shape.kernel;
  const [sh, sw] = shape.stride;
  const [dh, dw] = shape.dilation;
  const [ph, pw] = shape.padding;
  const [H, W] = shape.input;
  const [Ho, Wo] = shape.output;
  const size = evenly(Ho, tiling.rows);
  const rows = cut(
    Ho,
    size,
    (oy) => oy * sh >= ph && (oy + size - 1) * sh + (kh - 1) * dh - ph < H,
    false,
  );
  const reach = sw === 2 ? 7 : 3 * sw;
  const innerColumn = (ox: number): boolean =>
    ox * sw >= pw && ox * sw + (kw - 1) * dw - pw + reach < W;
  const columnsFor = (overlap: boolean): Piece[] =>
    expand(cut(Wo, 4, innerColumn, overlap), tiling.columns);
  const params = {
    count: "i32",
    x: "i32",
    w: "i32",
    y: "i32",
    bias: "i32",
    channel: "i32",
    channels: "i32",
    member: "i32",
    multiplier: "i32",
    sources: "i32",
  } as const;
  return func("forward", params, (f, p) => {
    const [filter, source, left] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const out = f.local("v128");
    const weights = new Weights(f, filter, kh * kw);
    const temps = tempsOf(f);
    const start = f.local("v128");
    const sums = f.locals("v128", size);
    const column = (row: Piece, col: Piece, x: IntLocal, y: IntLocal, add: boolean): Code => {
      const terms: Term[] = [];
      for (let o = 0; o < row.size; o++) {
        for (let ky = 0; ky < kh; ky++) {
          const iy = (row.start + o) * sh + ky * dh - ph;
          if (iy < 0 || iy >= H) continue;
          for (let kx = 0; kx < kw; kx++) {
            const off = col.start * sw + kx * dw - pw;
            terms.push({ row: iy, off, tap: ky * kw + kx, sum: o });
          }
        }
      }
      return sumTerms(
        temps,
        { pointer: x, width: W },
        sw,
        terms,
        sums.slice(0, row.size),
        fma,
        weights,
        add ? v128.zero() : start,
        (sum) => sum,
        (o) => {
          const old = add
            ? loadAcross({ pointer: y, width: Wo }, row.start + o, col.start)
            : undefined;
          const at = ((row.start + o) * Wo + col.start) * 4;
          return [
            out.set(old === undefined ? get(sums, o) : f32x4.add(get(sums, o), old)),
            storeLanes(y, out, at, col.size),
          ];
        },
      );
    };
    const plane = (add: boolean): Code =>
      overPlane(
        f,
        rows,
        // Outputs that were added to must not be added to again: no overlap then.
        columnsFor(!add),
        [source, p.y],
        (n) => [n * sh * W * 4, n * Wo * 4],
        (n) => [n * sw * 4, n * 4],
        (row, col, at) => column(row, col, get(at, 0), get(at, 1), add),
      );
    const next = [source.add(H * W * 4), filter.add(weights.bytes)];
    return countdown(p.count, [
      filter.set(i32.add(p.w, i32.mul(i32.mul(p.channel, p.sources), weights.bytes))),
      weights.load(),
      when(
        p.bias,
        start.set(v128.load32Splat(i32.add(p.bias, i32.shl(p.channel, 2)))),
        start.set(v128.zero()),
      ),
      source.set(p.x),
      plane(false),
      next,
      many
        ? [
            left.set(i32.sub(p.sources, 1)),
            countdownOrSkip(left, [weights.load(), plane(true), next]),
          ]
        : [],
      p.y.add(Ho * Wo * 4),
      p.channel.add(1),
      when(i32.eq(p.channel, p.channels), p.channel.set(0)),
      p.member.add(1),
      when(i32.eq(p.member, p.multiplier), [p.member.set(0), p.x.set(source)]),
    ]);
  });
}

/**
 * inputGrad(count, g, w, dx, channel, channels, sibling, siblings, multiplier): `count` planes of dx in memory order,
 * each the sum over the `multiplier` planes of g of its group. g: the first plane of the group of the first one;
 * w: the filters of channel 0; channel: the first input channel; sibling: its place among the `siblings` input
 * channels of its group (1: depthwise). `many`: written for multipliers above 1. Strides along the width of 1
 * and 2: with 2, even and odd pixels are two sums over different taps, interleaved when they are stored.
 */
export function inputGradKernel(
  shape: PlaneShape,
  tiling: Cut,
  many: boolean,
  relaxed: boolean,
): Func {
  const fma = multiplyAdd(relaxed);
  const [kh, kw] = shape.kernel;
  const [sh, sw] = shape.stride;
  const [dh, dw] = shape.dilation;
  const [ph, pw] = shape.padding;
  const [H, W] = shape.input;
  const [Ho, Wo] = shape.output;
  const size = evenly(H, tiling.rows, sh);
  const block = 4 * sw;
  /** Pairs (pixel of the piece, source index, tap) along one dim. */
  const meets = (start: number, n: number, k: number, s: number, d: number, pad: number) =>
    upTo(n).flatMap((r) =>
      upTo(k).flatMap((tap) => {
        const at = start + r + pad - tap * d;
        return at % s === 0 ? [{ r, tap, source: at / s }] : [];
      }),
    );
  const rowsAt = (start: number, n: number) => meets(start, n, kh, sh, dh, ph);
  const columnsAt = (start: number) => meets(start, sw, kw, sw, dw, pw);
  const rows = cut(
    H,
    size,
    (iy) => rowsAt(iy, size).every(({ source }) => source >= 0 && source < Ho),
    false,
  );
  const innerColumn = (ix: number): boolean =>
    columnsAt(ix).every(({ source }) => source >= 0 && source + 4 <= Wo);
  const columnsFor = (overlap: boolean): Piece[] =>
    expand(cut(W, block, innerColumn, overlap), tiling.columns);
  const params = {
    count: "i32",
    g: "i32",
    w: "i32",
    dx: "i32",
    channel: "i32",
    channels: "i32",
    sibling: "i32",
    siblings: "i32",
    multiplier: "i32",
  } as const;
  return func("inputGrad", params, (f, p) => {
    const [filter, source, left, step, group] = f.locals("i32", 5) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const weights = new Weights(f, filter, kh * kw);
    const sums = f.locals("v128", size * sw);
    const temps = tempsOf(f);
    const out = f.local("v128");
    const column = (row: Piece, col: Piece, g: IntLocal, dx: IntLocal, add: boolean): Code => {
      const across = columnsAt(col.start);
      const terms: Term[] = rowsAt(row.start, row.size).flatMap((y) =>
        y.source < 0 || y.source >= Ho
          ? []
          : across.map((x) => ({
              row: y.source,
              off: x.source,
              tap: y.tap * kw + x.tap,
              sum: y.r * sw + x.r,
            })),
      );
      const store = (r: number): Code => {
        const sumsOf = sums.slice(r * sw, (r + 1) * sw);
        return upTo(sw).map((half) => {
          const lanes = Math.min(4, col.size - half * 4);
          if (lanes <= 0) return [];
          const value =
            sw === 1
              ? get(sumsOf, 0)
              : f32x4.shuffle(
                  get(sumsOf, 0),
                  get(sumsOf, 1),
                  half === 0 ? [0, 4, 1, 5] : [2, 6, 3, 7],
                );
          const at = (row.start + r) * W + col.start + half * 4;
          const old = add
            ? loadAcross({ pointer: dx, width: W }, row.start + r, col.start + half * 4)
            : undefined;
          return [
            out.set(old === undefined ? value : f32x4.add(value, old)),
            storeLanes(dx, out, at * 4, lanes),
          ];
        });
      };
      return sumTerms(
        temps,
        { pointer: g, width: Wo },
        1,
        terms,
        sums.slice(0, row.size * sw),
        fma,
        weights,
        v128.zero(),
        (sum) => Math.floor(sum / sw),
        store,
      );
    };
    const plane = (add: boolean): Code =>
      overPlane(
        f,
        rows,
        // Pixels that were added to must not be added to again: no overlap then.
        columnsFor(!add),
        [source, p.dx],
        (n) => [(n / sh) * Wo * 4, n * W * 4],
        (n) => [(n / sw) * 4, n * 4],
        (row, col, at) => column(row, col, get(at, 0), get(at, 1), add),
      );
    const next = [source.add(Ho * Wo * 4), filter.add(step)];
    /** The filters of the group of p.channel: siblings · multiplier of them for each `siblings` channels. */
    const findGroup = group.set(
      i32.add(p.w, i32.mul(i32.mul(i32.sub(p.channel, p.sibling), p.multiplier), weights.bytes)),
    );
    return [
      step.set(i32.mul(p.siblings, weights.bytes)),
      countdown(p.count, [
        findGroup,
        filter.set(i32.add(group, i32.mul(p.sibling, weights.bytes))),
        source.set(p.g),
        weights.load(),
        plane(false),
        next,
        many
          ? [
              left.set(i32.sub(p.multiplier, 1)),
              countdownOrSkip(left, [weights.load(), plane(true), next]),
            ]
          : [],
        p.dx.add(H * W * 4),
        p.channel.add(1),
        when(i32.eq(p.channel, p.channels), p.channel.set(0)),
        p.sibling.add(1),
        when(i32.eq(p.sibling, p.siblings), [p.sibling.set(0), p.g.set(source)]),
      ]),
    ];
  });
}

/**
 * weightGrad(count, x, g, sums, member, multiplier, sources): adds what one image gives to the filters of
 * `count` output channels. x: the first input plane of the group of the first one, g: its plane; sums: four
 * partial sums per weight, to be added up by reduceSums() at the end. The others as for forward().
 *
 * Images come one after the other, so memory is read in order. Engines move arithmetic down to where its
 * result is needed and loads stay in order; without a store now and then a whole plane would be loaded
 * (and spilled) before the first product. So the sums are stored every other row.
 */
export function weightGradKernel(shape: PlaneShape, tiling: Cut, relaxed: boolean): Func {
  const fma = multiplyAdd(relaxed);
  const [kh, kw] = shape.kernel;
  const [sh, sw] = shape.stride;
  const [dh, dw] = shape.dilation;
  const [ph, pw] = shape.padding;
  const [H, W] = shape.input;
  const [Ho, Wo] = shape.output;
  const size = evenly(Ho, tiling.rows);
  const rows = cut(
    Ho,
    size,
    (oy) => oy * sh >= ph && (oy + size - 1) * sh + (kh - 1) * dh - ph < H,
    false,
  );
  const reach = sw === 2 ? 7 : 3 * sw;
  const columns = expand(
    cut(Wo, 4, (ox) => ox * sw >= pw && ox * sw + (kw - 1) * dw - pw + reach < W, false),
    tiling.columns,
  );
  // Rows of taps whose accumulators stay in registers together.
  const tapRows = Math.max(1, Math.min(kh, Math.floor(10 / kw)));
  const params = {
    count: "i32",
    x: "i32",
    g: "i32",
    sums: "i32",
    member: "i32",
    multiplier: "i32",
    sources: "i32",
  } as const;
  return func("weightGrad", params, (f, p) => {
    const [source, left] = [f.local("i32"), f.local("i32")];
    const grads = f.locals("v128", size);
    const temps = tempsOf(f);
    const all = f.locals("v128", Math.min(tapRows, kh) * kw);
    const column = (row: Piece, col: Piece, x: IntLocal, g: IntLocal, ky0: number): Code => {
      // The last column overlaps the one before where it can; lanes that were counted become zeros.
      const start = col.size < 4 && Wo >= 4 ? Wo - 4 : col.start;
      const terms: Term[] = [];
      for (let o = 0; o < row.size; o++) {
        for (let ky = ky0; ky < Math.min(kh, ky0 + tapRows); ky++) {
          const iy = (row.start + o) * sh + ky * dh - ph;
          if (iy < 0 || iy >= H) continue;
          for (let kx = 0; kx < kw; kx++) {
            const off = start * sw + kx * dw - pw;
            terms.push({ row: iy, off, tap: (ky - ky0) * kw + kx, sum: o });
          }
        }
      }
      const loaded = new Set<number>();
      const fetch = (o: number): Code => {
        if (loaded.has(o)) return [];
        loaded.add(o);
        const value = loadAcross({ pointer: g, width: Wo }, row.start + o, start) as Expr<"v128">;
        const fresh = [0, 1, 2, 3].map((lane) => (start + lane >= col.start ? lane : 4));
        return get(grads, o).set(
          start === col.start ? value : f32x4.shuffle(value, v128.zero(), fresh),
        );
      };
      // Columns in a loop need none: the loop carries the sums.
      const anchor = col.count > 1 ? 0 : tiling.anchor;
      const touched = new Set<number>();
      const store = (): Code => {
        const code = [...touched].map((tap) =>
          v128.store(p.sums, get(all, tap), (ky0 * kw + tap) * 16),
        );
        touched.clear();
        return code;
      };
      const body = eachVector(
        temps,
        { pointer: x, width: W },
        sw,
        terms,
        (vector, users) =>
          users.map((t) => {
            touched.add(t.tap);
            const sum = get(all, t.tap);
            return [fetch(t.sum), sum.set(fma(vector, get(grads, t.sum), sum))];
          }),
        (_, index) => (anchor > 0 && (index + 1) % anchor === 0 ? store() : []),
      );
      return [body, anchor > 0 ? store() : []];
    };
    const pass = (ky0: number): Code => {
      const sums = all.slice(0, Math.min(tapRows, kh - ky0) * kw);
      const at = (tap: number): number => (ky0 * kw + tap) * 16;
      return [
        sums.map((s, tap) => s.set(v128.load(p.sums, at(tap)))),
        overPlane(
          f,
          rows,
          columns,
          [source, p.g],
          (n) => [n * sh * W * 4, n * Wo * 4],
          (n) => [n * sw * 4, n * 4],
          (row, col, pointers) => column(row, col, get(pointers, 0), get(pointers, 1), ky0),
        ),
        sums.map((s, tap) => v128.store(p.sums, s, at(tap))),
      ];
    };
    return countdown(p.count, [
      source.set(p.x),
      left.set(p.sources),
      countdown(left, [
        upTo(Math.ceil(kh / tapRows)).map((i) => pass(i * tapRows)),
        p.sums.add(kh * kw * 16),
        source.add(H * W * 4),
      ]),
      p.g.add(Ho * Wo * 4),
      p.member.add(1),
      when(i32.eq(p.member, p.multiplier), [p.member.set(0), p.x.set(source)]),
    ]);
  });
}

/** reduceSums(count, sums, to): the four partial sums of each of `count` taps added up. */
export const reduceSums = (): Func =>
  func("reduceSums", { count: "i32", sums: "i32", to: "i32" }, (f, { count, sums, to }) => {
    const scratch = f.local("v128");
    return countdown(count, [
      f32.store(to, sumLanes(v128.load(sums), scratch)),
      sums.add(16),
      to.add(4),
    ]);
  });
