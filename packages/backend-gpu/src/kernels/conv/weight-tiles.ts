// The weight gradient of a depthwise convolution without barriers, for processors that play a GPU: a thread has a tile
// of outputs of one channel, walks over images, and holds a sum per tap; what the tiles come to is added up in order.
// Of each image it reads the tile and what that sees once, and adds a tile's products before it adds them to the whole,
// which is more exact than one long sum.
import { wgsl } from "../../program/wgsl.ts";
import { program } from "../../registry.ts";
import type { GpuBlock } from "../../runtime/pool.ts";
import type { GpuRuntime } from "../../runtime/runtime.ts";
import { addParts } from "./add-parts.ts";
import { type Planar, windowKey } from "./planar.ts";
import { forwardTerms, offsetsOf, type Term, thriftyTile } from "./stencil.ts";

/** Sums that a thread holds. */
const MOST_TAPS = 49;
/** So many threads keep a few processors busy. */
const BUSY = 512;

export const fitsWeightTiles = (p: Planar): boolean =>
  p.kh * p.kw <= MOST_TAPS && Math.max(p.dh * (p.kh - 1), p.dw * (p.kw - 1)) <= 24;

const spelled = (offset: number): string => (offset < 0 ? `m${-offset}` : `${offset}`);
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** @param offsets of g and x in their buffers */
export function weightTiles(
  rt: GpuRuntime,
  p: Planar,
  g: GpuBlock,
  x: GpuBlock,
  dw: GpuBlock,
  offsets: readonly [number, number],
): void {
  const inRows = (tile: number): Term[] => forwardTerms(tile, p.kh, p.sh, p.ph, p.dh);
  const inColumns = (tile: number): Term[] => forwardTerms(tile, p.kw, p.sw, p.pw, p.dw);
  const [down, across] = thriftyTile([p.oh, p.ow], [1, 1], [inRows, inColumns]);
  const [tilesY, tilesX] = [Math.ceil(p.oh / down), Math.ceil(p.ow / across)];
  const taps = p.kh * p.kw;
  const tiles = tilesX * tilesY;
  const wanted = Math.min(Math.max(1, p.n), Math.ceil(BUSY / (tiles * p.o)));
  const images = Math.max(1, Math.ceil(p.n / wanted));
  const parts = tiles * Math.ceil(p.n / images);
  const key = `wgsl/depthwise/weightTiles/${down}x${across}/${windowKey(p)}/${p.og}/${p.h}x${p.w}>${p.oh}x${p.ow}`;
  const made = program(key, () => {
    const [rows, columns] = [inRows(down), inColumns(across)];
    const used = offsetsOf(columns);
    const edge = (at: string, size: number, tile: number): string =>
      size % tile > 0 ? ` && ${at} < ${size}` : "";
    const gs = range(down).flatMap((t) =>
      range(across).map((u) => {
        const inside = `${edge(`h0 + ${t}`, p.oh, down)}${edge(`w0 + ${u}`, p.ow, across)}`.slice(
          4,
        );
        const value = `g[u32(from_g + ${t * p.ow + u})]`;
        return `let g${t}_${u} = ${inside === "" ? value : `select(0.0, ${value}, ${inside})`};`;
      }),
    );
    const products = range(taps).map((): string[] => []);
    const loads = offsetsOf(rows).map((row) => {
      const values = used.map((c) => {
        const name = `v${spelled(row)}_${spelled(c)}`;
        return `let ${name} = select(0.0, x[u32(from_x + ${row * p.w + c})], ok_r${spelled(row)} && ok_c${spelled(c)});`;
      });
      for (const r of rows.filter((t) => t.offset === row)) {
        for (const c of columns) {
          products[r.k * p.kw + c.k]?.push(
            `g${r.t}_${c.t} * v${spelled(row)}_${spelled(c.offset)}`,
          );
        }
      }
      return values.join(" ");
    });
    const ok = (name: string, at: string, list: readonly number[], size: number): string =>
      list
        .map((o) => `let ok_${name}${spelled(o)} = ${at} + ${o} >= 0 && ${at} + ${o} < ${size};`)
        .join(" ");
    return wgsl({
      key,
      inputs: { g: "f32", x: "f32" },
      outputs: { y: "f32" },
      params: { channels: "u32", n: "u32", images: "u32", og: "u32", ox: "u32" },
      threads: "linear",
      body: `  let o = i % p.channels;
  let part = i / p.channels;
  let h0 = i32(part / ${tilesX}u % ${tilesY}u) * ${down};
  let w0 = i32(part % ${tilesX}u) * ${across};
  let first = part / ${tiles}u * p.images;
  let row = h0 * ${p.sh};
  let column = w0 * ${p.sw};
  ${ok("r", "row", offsetsOf(rows), p.h)}
  ${ok("c", "column", used, p.w)}
  ${range(taps)
    .map((k) => `var a${k} = 0.0;`)
    .join(" ")}
  for (var n = first; n < min(first + p.images, p.n); n++) {
    let plane = n * p.channels + o;
    let from_g = i32(p.og + plane * ${p.oh * p.ow}u) + h0 * ${p.ow} + w0;
    let from_x = i32(p.ox + plane / ${p.og}u * ${p.h * p.w}u) + row * ${p.w} + column;
    ${gs.join(" ")}
    ${loads.join("\n    ")}
    ${products.map((list, k) => `a${k} += ${list.join(" + ")};`).join("\n    ")}
  }
  ${range(taps)
    .map((k) => `y[i * ${taps}u + ${k}u] = a${k};`)
    .join(" ")}`,
    });
  });
  const whole = parts === 1 ? dw : rt.temporary(4 * parts * p.o * taps, "convWeightGrad");
  rt.dispatch(made, [g, x, whole], [p.o, p.n, images, ...offsets], p.o * parts);
  if (parts > 1) addParts(rt, whole, dw, parts, p.o * taps);
}
