// The direct depthwise and grouped weight gradient for one plane size; see conv/depthwise/code.ts for the idea.
import {
  type Code,
  countdown,
  countdownOrSkip,
  type Expr,
  type Func,
  f32x4,
  fillZero,
  func,
  type IntLocal,
  i32,
  multiplyAdd,
  v128,
  when,
} from "../../assembler/assembler.ts";
import { get, upTo } from "../../assembler/lists.ts";
import { cut, eachVector, loadAcross, type Piece, settle, type Term } from "./code.ts";
import { type Cut, evenly, expand, overPlane, type PlaneShape, tempsOf } from "./plane.ts";
import { reduceSums } from "./sums.ts";

/**
 * weightGrad(images, xImage, gImage, count, x, g, sums, to, member, multiplier, sources): what `images` images give
 * to the filters of `count` output channels. x: the first input plane of the group of the first one, g: its
 * plane; xImage, gImage: bytes to the next image; sums: room for four partial sums per weight; to: the filter of
 * the first one. The others as for forward().
 *
 * Images come one after the other, so memory is read in order. Engines move arithmetic down to where its
 * result is needed and loads stay in order: a whole tile would be loaded (and spilled) before the first product.
 * So all sums are needed behind each row of input, see settle() in code.ts.
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
    images: "i32",
    xImage: "i32",
    gImage: "i32",
    count: "i32",
    x: "i32",
    g: "i32",
    sums: "i32",
    to: "i32",
    member: "i32",
    multiplier: "i32",
    sources: "i32",
  } as const;
  return func("weightGrad", params, (f, p) => {
    const names = ["source", "left", "planes", "inX", "inG", "inSums", "at"] as const;
    const [source, left, planes, inX, inG, inSums, at] = names.map(() => f.local("i32")) as [
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
      IntLocal,
    ];
    const grads = f.locals("v128", size);
    const temps = tempsOf(f);
    const all = f.locals("v128", Math.min(tapRows, kh) * kw);
    let settled = 0;
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
      return eachVector(
        temps,
        { pointer: x, width: W },
        sw,
        terms,
        (vector, users) =>
          users.map((t) => {
            const sum = get(all, t.tap);
            return [fetch(t.sum), sum.set(fma(vector, get(grads, t.sum), sum))];
          }),
        () => (tiling.settled || col.count === 1 ? settle(inSums, all, ++settled) : []),
      );
    };
    const pass = (ky0: number): Code => {
      const sums = all.slice(0, Math.min(tapRows, kh - ky0) * kw);
      const place = (tap: number): number => (ky0 * kw + tap) * 16;
      return [
        sums.map((s, tap) => s.set(v128.load(inSums, place(tap)))),
        overPlane(
          f,
          rows,
          columns,
          [source, inG],
          (n) => [n * sh * W * 4, n * Wo * 4],
          (n) => [n * sw * 4, n * 4],
          (row, col, pointers) => column(row, col, get(pointers, 0), get(pointers, 1), ky0),
        ),
        sums.map((s, tap) => v128.store(inSums, s, place(tap))),
      ];
    };
    const weights = i32.mul(i32.mul(p.count, p.sources), kh * kw);
    return [
      fillZero(p.sums, i32.mul(weights, 16)),
      countdownOrSkip(p.images, [
        planes.set(p.count),
        at.set(p.member),
        inX.set(p.x),
        inG.set(p.g),
        inSums.set(p.sums),
        countdown(planes, [
          source.set(inX),
          left.set(p.sources),
          countdown(left, [
            upTo(Math.ceil(kh / tapRows)).map((i) => pass(i * tapRows)),
            inSums.add(kh * kw * 16),
            source.add(H * W * 4),
          ]),
          inG.add(Ho * Wo * 4),
          at.add(1),
          when(i32.eq(at, p.multiplier), [at.set(0), inX.set(source)]),
        ]),
        p.x.add(p.xImage),
        p.g.add(p.gImage),
      ]),
      reduceSums(f, weights, p.sums, p.to),
    ];
  });
}
