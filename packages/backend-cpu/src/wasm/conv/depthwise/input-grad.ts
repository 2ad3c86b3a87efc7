// The direct depthwise and grouped input gradient for one plane size; see conv/depthwise/code.ts for the idea.
import {
  type Code,
  countdown,
  countdownOrSkip,
  type Func,
  f32x4,
  func,
  type IntLocal,
  i32,
  multiplyAdd,
  when,
} from "../../assembler/assembler.ts";
import { get, upTo } from "../../assembler/lists.ts";
import { cut, loadAcross, type Piece, storeLanes, type Term } from "./code.ts";
import {
  type Cut,
  evenly,
  expand,
  overPlane,
  type PlaneShape,
  sumTerms,
  tempsOf,
  Weights,
} from "./plane.ts";

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
      const before = (r: number, half: number) =>
        loadAcross({ pointer: dx, width: W }, row.start + r, col.start + half * 4);
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
          const old = add && sw > 1 ? before(r, half) : undefined;
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
        // Sums of a stride of two hold every other pixel.
        add && sw === 1 ? (r) => before(r, 0) : undefined,
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
