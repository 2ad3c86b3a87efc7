// The direct depthwise and grouped forward kernel for one plane size; see conv/depthwise/code.ts for the idea.
import { activated } from "../../activate.ts";
import {
  type Code,
  countdown,
  countdownOrSkip,
  type Func,
  func,
  type IntLocal,
  i32,
  multiplyAdd,
  v128,
  when,
} from "../../assembler/assembler.ts";
import { get } from "../../assembler/lists.ts";
import type { ActivationCode } from "../../gemm/contraction.ts";
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
 * forward(count, x, w, y, bias, channel, channels, member, multiplier, sources): `count` output planes in
 * memory order, each the sum over the `sources` input planes of its group (1: depthwise). x: the first
 * input plane of the group of the first output; w and bias: those of channel 0; channel: the
 * first output channel; member: its place among the `multiplier` outputs of its group. `many`: written for
 * more than one source; the last one's pass applies the activation. Without `biased`, bias means nothing.
 */
export function forwardKernel(
  shape: PlaneShape,
  tiling: Cut,
  many: boolean,
  biased: boolean,
  activation: ActivationCode,
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
    const column = (
      row: Piece,
      col: Piece,
      x: IntLocal,
      y: IntLocal,
      add: boolean,
      last: boolean,
    ): Code => {
      const terms: Term[] = [];
      const old = (o: number) => loadAcross({ pointer: y, width: Wo }, row.start + o, col.start);
      const before = add ? old : biased ? () => start : undefined;
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
        before,
        (sum) => sum,
        (o) => {
          const at = ((row.start + o) * Wo + col.start) * 4;
          return [
            out.set(activated(get(sums, o), last ? activation : 0)),
            storeLanes(y, out, at, col.size),
          ];
        },
      );
    };
    const plane = (add: boolean, last: boolean): Code =>
      overPlane(
        f,
        rows,
        // Outputs that were added to must not be added to again: no overlap then.
        columnsFor(!add),
        [source, p.y],
        (n) => [n * sh * W * 4, n * Wo * 4],
        (n) => [n * sw * 4, n * 4],
        (row, col, at) => column(row, col, get(at, 0), get(at, 1), add, last),
      );
    const next = [source.add(H * W * 4), filter.add(weights.bytes)];
    const added = (last: boolean): Code => [weights.load(), plane(true, last), next];
    // Without an activation the last source is one like the others.
    const others =
      activation === 0
        ? [left.set(i32.sub(p.sources, 1)), countdownOrSkip(left, added(false))]
        : [left.set(i32.sub(p.sources, 2)), countdownOrSkip(left, added(false)), added(true)];
    return countdown(p.count, [
      filter.set(i32.add(p.w, i32.mul(i32.mul(p.channel, p.sources), weights.bytes))),
      weights.load(),
      biased ? start.set(v128.load32Splat(i32.add(p.bias, i32.shl(p.channel, 2)))) : [],
      source.set(p.x),
      plane(false, !many),
      next,
      many ? others : [],
      p.y.add(Ho * Wo * 4),
      p.channel.add(1),
      when(i32.eq(p.channel, p.channels), p.channel.set(0)),
      p.member.add(1),
      when(i32.eq(p.member, p.multiplier), [p.member.set(0), p.x.set(source)]),
    ]);
  });
}
