// The weight gradient of convolutions with few channels: `rows` output channels × `columns` weights of each in
// registers, summed along pixels, four at a time. Gradients and inputs lie in planes of the same pitch, so that
// a weight is one inner product of two long vectors, at a distance that is constant: all rows and all images
// of a chunk are one loop. The gaps are zeros of the gradient.
// What it is to do stands in a job in memory (see runGrads in conv/grouped/weight-grad.ts).
import {
  type Code,
  call,
  countdown,
  countdownOrSkip,
  doWhile,
  type Func,
  f32,
  fillZero,
  func,
  type I32,
  type IntLocal,
  i32,
  type Local,
  multiplyAdd,
  select,
  sumLanes,
  v128,
  when,
} from "../../assembler/assembler.ts";
import { upTo } from "../../assembler/lists.ts";
import { fillFunction } from "./fill.ts";

/** The words of a job, in order; addresses and distances in bytes. */
export const GRAD_JOB = [
  /** Lanes of g that count in the last vector of a plane that is read in place. */
  "mask0",
  "mask1",
  "mask2",
  "mask3",
  "x",
  "g",
  "dw",
  /** A unit is a run of blocks of rows (a split) of a group of a piece of the images. */
  "splits",
  "groups",
  "pieceDw",
  "groupDw",
  "rowDw",
  "groupIn",
  "groupOut",
  "imageIn",
  "imageOut",
  /** Distance of two output channels in g, in memory. */
  "planeOut",
  "out",
  "blocks",
  "splitBlocks",
  /** Offset in dw and of x of each tile of columns. */
  "table",
  "tiles",
  /** A chunk is a run of images, or a strip of one; a piece has so many of all the chunks. */
  "images",
  "chunkImages",
  "chunks",
  "pieceChunks",
  "strips",
  "stripIn",
  "stripOut",
  "stripRows",
  /** Vectors of an image (a strip of it), and of its last strip where it is read in place. */
  "vectors",
  "lastVectors",
  /** In place: bytes that the last vector of a plane goes back; 0: none is needed. */
  "tail",
  "inPlace",
  "boxBytes",
  /** The box of g, and the sums, in the thread's memory. */
  "boxOut",
  "sums",
  "channels",
  "fillIn",
  "fillOut",
  /** Distance of two images in the boxes. */
  "boxImage",
  /** Distance of two output channels as g is read. */
  "rowOut",
] as const;

export type GradJobWord = (typeof GRAD_JOB)[number];

export interface GradTile {
  readonly rows: number;
  readonly columns: number;
  /** Bytes from one output channel of g to the next. */
  readonly rowOut: number;
  /** Bytes from the first column to each; where they differ from tile to tile, the table has them. */
  readonly distances: readonly number[] | undefined;
}

/** Blocks of rows of g that stay in the first cache, beside a tile of x. */
const BLOCKS_TOGETHER = 4;

/** Bytes of one entry of the table of tiles. */
export const gradEntry = (tile: GradTile): number =>
  tile.distances === undefined ? 4 + 4 * tile.columns : 8;

/** grads(first, count, job, own): `count` units. own: the thread's memory for boxes and sums. */
export function gradFunctions(tile: GradTile, relaxed: boolean): readonly Func[] {
  const { rows, columns, rowOut, distances } = tile;
  const fma = multiplyAdd(relaxed);
  const fill = fillFunction();
  const params = { first: "i32", count: "i32", job: "i32", own: "i32" } as const;
  const grads = func("grads", params, (f, p) => {
    const word = (name: GradJobWord): I32 => i32.load(p.job, GRAD_JOB.indexOf(name) * 4);
    const local = (): IntLocal => f.local("i32");
    const [rest, split, group, piece] = [local(), local(), local(), local()];
    const [firstBlock, blocks, firstRow, lastRow, row] = [
      local(),
      local(),
      local(),
      local(),
      local(),
    ];
    const [dw, chunk, chunkEnd, start, image, strip, images] = [
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
    ];
    const [x, g, from, to, left, vectors, tail, entry, block, tiles] = [
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
    ];
    const [top, ahead, here] = [local(), local(), local()];
    const [gRow, gAt, sums, target, xStep, gStep, loops] = [
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
    ];
    const sum = upTo(rows).map(() => f.locals("v128", columns));
    const grad = f.locals("v128", rows);
    const input = f.locals("v128", columns);
    const mask = f.local("v128");
    const scratch = f.local("v128");
    const xAt = f.locals("i32", distances === undefined ? columns : 1);
    const get = <T>(list: readonly T[], i: number): T => list[i] as T;
    const acc = (r: number, c: number): Local<"v128"> => get(get(sum, r), c);
    const each = (body: (r: number, c: number) => Code): Code =>
      upTo(rows).map((r) => upTo(columns).map((c) => body(r, c)));
    const step = (masked: boolean): Code => [
      grad.map((v, r) => {
        const value = v128.load(gAt, r * rowOut);
        return v.set(masked ? v128.and(value, mask) : value);
      }),
      input.map((v, c) =>
        v.set(
          distances === undefined
            ? v128.load(get(xAt, c))
            : v128.load(get(xAt, 0), get(distances, c)),
        ),
      ),
      each((r, c) => acc(r, c).set(fma(get(grad, r), get(input, c), acc(r, c)))),
    ];
    const move = (xs: I32, gs: I32): Code => [gAt.add(gs), xAt.map((at) => at.add(xs))];
    const at = (r: number, c: number): number => (r * columns + c) * 16;
    const inner: Code = [
      loops.set(images),
      countdown(loops, [
        left.set(vectors),
        countdownOrSkip(left, [step(false), move(16, 16)]),
        when(tail, [move(i32.sub(0, tail), i32.sub(0, tail)), step(true), move(tail, tail)]),
        move(xStep, gStep),
      ]),
    ];
    const oneTile: Code = [
      gAt.set(gRow),
      xAt.map((pointer, c) => pointer.set(i32.add(x, i32.load(entry, 4 + 4 * c)))),
      when(
        i32.eq(chunk, start),
        each((r, c) => acc(r, c).set(v128.zero())),
        each((r, c) => acc(r, c).set(v128.load(sums, at(r, c)))),
      ),
      inner,
      when(
        i32.eq(i32.add(chunk, 1), chunkEnd),
        [
          target.set(i32.add(dw, i32.load(entry))),
          target.add(i32.mul(row, word("rowDw"))),
          upTo(rows).map((r) => [
            upTo(columns).map((c) => f32.store(target, sumLanes(acc(r, c), scratch), c * 4)),
            r < rows - 1 ? target.add(word("rowDw")) : [],
          ]),
        ],
        each((r, c) => v128.store(sums, acc(r, c), at(r, c))),
      ),
      sums.add(rows * columns * 16),
    ];
    const fillBoxes: Code = [
      left.set(images),
      from.set(x),
      to.set(p.own),
      countdown(left, [
        call(fill, to, from, word("channels"), word("fillIn"), i32.mul(strip, word("stripRows"))),
        from.add(word("imageIn")),
        to.add(word("boxImage")),
      ]),
      left.set(images),
      from.set(g),
      to.set(i32.add(p.own, word("boxOut"))),
      countdown(left, [
        call(
          fill,
          to,
          from,
          i32.sub(lastRow, firstRow),
          word("fillOut"),
          i32.mul(strip, word("stripRows")),
        ),
        from.add(word("imageOut")),
        to.add(word("boxImage")),
      ]),
      x.set(p.own),
      g.set(i32.add(p.own, word("boxOut"))),
      vectors.set(i32.mul(images, word("vectors"))),
      images.set(1),
      tail.set(0),
      xStep.set(0),
      gStep.set(0),
    ];
    const inPlace: Code = [
      x.add(i32.mul(strip, word("stripIn"))),
      g.add(i32.mul(strip, word("stripOut"))),
      when(
        i32.eq(strip, i32.sub(word("strips"), 1)),
        [vectors.set(word("lastVectors")), tail.set(word("tail"))],
        [vectors.set(word("vectors")), tail.set(0)],
      ),
      xStep.set(i32.sub(word("imageIn"), i32.shl(vectors, 4))),
      gStep.set(i32.sub(word("imageOut"), i32.shl(vectors, 4))),
    ];
    const least = (a: I32, b: IntLocal): I32 => select(a as IntLocal, b, i32.ltU(a as IntLocal, b));
    const oneChunk: Code = [
      image.set(i32.divU(chunk, word("strips"))),
      strip.set(i32.sub(chunk, i32.mul(image, word("strips")))),
      image.set(i32.mul(image, word("chunkImages"))),
      images.set(i32.sub(word("images"), image)),
      images.set(least(word("chunkImages"), images)),
      x.set(i32.add(word("x"), i32.mul(image, word("imageIn")))),
      x.add(i32.mul(group, word("groupIn"))),
      g.set(i32.add(word("g"), i32.mul(image, word("imageOut")))),
      g.add(i32.mul(group, word("groupOut"))),
      g.add(i32.mul(firstRow, word("planeOut"))),
      when(word("inPlace"), inPlace, fillBoxes),
      sums.set(i32.add(p.own, word("sums"))),
      // Some blocks take all tiles in turn: what they share of the inputs stays in the first cache.
      top.set(i32.mul(firstBlock, rows)),
      ahead.set(blocks),
      doWhile(
        [
          here.set(i32.const(BLOCKS_TOGETHER)),
          here.set(least(ahead, here)),
          tiles.set(word("tiles")),
          entry.set(word("table")),
          countdown(tiles, [
            row.set(top),
            block.set(here),
            countdown(block, [
              // The last block overlaps the one before where rows do not come out even.
              left.set(i32.sub(word("out"), rows)),
              row.set(least(left, row)),
              gRow.set(i32.add(g, i32.mul(i32.sub(row, firstRow), word("rowOut")))),
              oneTile,
              row.add(rows),
            ]),
            entry.add(gradEntry(tile)),
          ]),
          top.add(i32.mul(here, rows)),
          ahead.set(i32.sub(ahead, here)),
        ],
        ahead,
      ),
      chunk.add(1),
    ];
    return [
      when(i32.eqz(word("inPlace")), fillZero(p.own, word("boxBytes"))),
      mask.set(v128.load(p.job)),
      countdown(p.count, [
        rest.set(i32.divU(p.first, word("splits"))),
        split.set(i32.sub(p.first, i32.mul(rest, word("splits")))),
        piece.set(i32.divU(rest, word("groups"))),
        group.set(i32.sub(rest, i32.mul(piece, word("groups")))),
        p.first.add(1),
        firstBlock.set(i32.mul(split, word("splitBlocks"))),
        blocks.set(i32.sub(word("blocks"), firstBlock)),
        blocks.set(least(word("splitBlocks"), blocks)),
        left.set(i32.sub(word("out"), rows)),
        firstRow.set(i32.mul(firstBlock, rows)),
        firstRow.set(least(left, firstRow)),
        lastRow.set(i32.mul(i32.add(firstBlock, blocks), rows)),
        lastRow.set(least(word("out"), lastRow)),
        dw.set(i32.add(word("dw"), i32.mul(piece, word("pieceDw")))),
        dw.add(i32.mul(group, word("groupDw"))),
        start.set(i32.mul(piece, word("pieceChunks"))),
        chunk.set(start),
        chunkEnd.set(i32.add(start, word("pieceChunks"))),
        chunkEnd.set(least(word("chunks"), chunkEnd)),
        doWhile(oneChunk, i32.ltU(chunk, chunkEnd)),
      ]),
    ];
  });
  return [grads, fill];
}
