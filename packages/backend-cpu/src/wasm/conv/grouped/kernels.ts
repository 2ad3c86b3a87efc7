// Convolution with few channels per group, and few channels at all: `rows` output channels × `vectors` vectors of
// pixels in registers, summed over all channels and taps of the group. It is the inner loop of a matrix
// product, but the patches are not packed: a table says how far the input of each k lies from the output.
// One kernel serves all shapes; what it is to do stands in a job in memory (see Job in conv/grouped/grouped.ts).
import { activated } from "../../activate.ts";
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
  multiplyAdd,
  select,
  v128,
  when,
} from "../../assembler/assembler.ts";
import { upTo } from "../../assembler/lists.ts";
import type { ActivationCode } from "../../gemm/contraction.ts";
import { fillFunction } from "./fill.ts";

/** The words of a job, in order; addresses and distances in bytes. */
export const JOB = [
  "x",
  "y",
  "w",
  /** 0: none. */
  "bias",
  /** A unit is a strip of rows of a group of an image, strips innermost. */
  "strips",
  "groups",
  "groupIn",
  "groupOut",
  "groupWeights",
  "groupBias",
  "k",
  /** Offsets of the input of each k. */
  "taps",
  /** Input offset, output offset and lanes of each vector of a strip. */
  "table",
  "vectors",
  "lastVectors",
  /** Blocks of `rows` output channels; the last may overlap the one before: offsets of its start. */
  "blocks",
  "planeOut",
  "lastOut",
  "lastBias",
  "stripOut",
  "stripIn",
  /** Whether x is read in place, or from a box that is filled first. */
  "inPlace",
  "boxBytes",
  "channels",
  "stripRows",
  /** From one lane of an output vector to the next. */
  "laneOut",
  "fill",
] as const;

export type JobWord = (typeof JOB)[number];

/** Bytes of one entry of the table of vectors. */
export const VECTOR_ENTRY = 12;

/**
 * sums(first, count, job, own): `count` units. `scattered`: lanes of an output are stored one by one, as many as
 * the table says. own: the thread's memory for a box.
 */
export function sumFunctions(
  rows: number,
  vectors: number,
  scattered: boolean,
  activation: ActivationCode,
  relaxed: boolean,
): readonly Func[] {
  const fma = multiplyAdd(relaxed);
  const fill = fillFunction();
  const params = { first: "i32", count: "i32", job: "i32", own: "i32" } as const;
  const sums = func("sums", params, (f, p) => {
    const word = (name: JobWord): I32 => i32.load(p.job, JOB.indexOf(name) * 4);
    const local = (): IntLocal => f.local("i32");
    const [strip, group, index] = [local(), local(), local()];
    const [base, y, w, bias] = [local(), local(), local(), local()];
    const [entry, last, done] = [local(), local(), local()];
    const [block, k, taps, weight, out, outEnd, channelOut, startAt, biasEnd] = [
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
    const offset = local();
    const at = f.locals("i32", vectors);
    const outs = f.locals("i32", vectors);
    const lanes = scattered ? f.locals("i32", vectors) : [];
    const sum = upTo(rows).map(() => f.locals("v128", vectors));
    const input = f.locals("v128", vectors);
    const splat = f.local("v128");
    const laneOut = local();
    const each = (body: (r: number, v: number) => Code): Code =>
      upTo(rows).map((r) => upTo(vectors).map((v) => body(r, v)));
    const acc = (r: number, v: number) => (sum[r] as (typeof sum)[number])[v] as typeof splat;
    const get = <T>(list: readonly T[], i: number): T => list[i] as T;

    const scatter = (r: number, v: number): Code => {
      const lane = (i: number): Code => [
        v128.store32Lane(offset, acc(r, v), i),
        i < 3 ? [offset.add(laneOut), when(i32.gtU(get(lanes, v), i + 1), lane(i + 1))] : [],
      ];
      return [offset.set(i32.add(channelOut, get(outs, v))), lane(0)];
    };
    const store: Code = [
      activation === 0 ? [] : each((r, v) => acc(r, v).set(activated(acc(r, v), activation))),
      channelOut.set(out),
      upTo(rows).map((r) => [
        upTo(vectors).map((v) =>
          scattered ? scatter(r, v) : v128.store(i32.add(channelOut, get(outs, v)), acc(r, v)),
        ),
        r < rows - 1 ? channelOut.add(word("planeOut")) : [],
      ]),
    ];
    const oneBlock: Code = [
      when(
        bias,
        each((r, v) =>
          v === 0 ? acc(r, 0).set(v128.load32Splat(startAt, r * 4)) : acc(r, v).set(acc(r, 0)),
        ),
        each((r, v) => acc(r, v).set(v128.zero())),
      ),
      taps.set(word("taps")),
      k.set(word("k")),
      countdownOrSkip(k, [
        offset.set(i32.load(taps)),
        input.map((x, v) => x.set(v128.load(i32.add(get(at, v), offset)))),
        upTo(rows).map((r) => [
          splat.set(v128.load32Splat(weight, r * 4)),
          upTo(vectors).map((v) => acc(r, v).set(fma(splat, get(input, v), acc(r, v)))),
        ]),
        taps.add(4),
        weight.add(rows * 4),
      ]),
      store,
      out.add(i32.mul(word("planeOut"), rows)),
      out.set(select(outEnd, out, i32.gtU(out, outEnd))),
      startAt.add(rows * 4),
      startAt.set(select(biasEnd, startAt, i32.gtU(startAt, biasEnd))),
    ];
    const tiles: Code = [
      entry.set(word("table")),
      last.set(
        select(
          word("lastVectors") as IntLocal,
          word("vectors") as IntLocal,
          i32.eq(strip, i32.sub(word("strips"), 1)),
        ),
      ),
      last.set(i32.add(entry, i32.mul(i32.sub(last, vectors), VECTOR_ENTRY))),
      doWhile(
        [
          upTo(vectors).map((v) => [
            get(at, v).set(i32.add(base, i32.load(entry, v * VECTOR_ENTRY))),
            get(outs, v).set(i32.load(entry, v * VECTOR_ENTRY + 4)),
            scattered ? get(lanes, v).set(i32.load(entry, v * VECTOR_ENTRY + 8)) : [],
          ]),
          weight.set(w),
          startAt.set(bias),
          biasEnd.set(i32.add(bias, word("lastBias"))),
          out.set(y),
          outEnd.set(i32.add(y, word("lastOut"))),
          block.set(word("blocks")),
          countdown(block, oneBlock),
          // The last tile overlaps the one before where vectors do not come out even.
          done.set(i32.eq(entry, last)),
          entry.add(vectors * VECTOR_ENTRY),
          entry.set(select(last, entry, i32.gtU(entry, last))),
        ],
        i32.eqz(done),
      ),
    ];
    return [
      when(i32.eqz(word("inPlace")), fillZero(p.own, word("boxBytes"))),
      laneOut.set(word("laneOut")),
      countdown(p.count, [
        index.set(i32.divU(p.first, word("strips"))),
        strip.set(i32.sub(p.first, i32.mul(index, word("strips")))),
        group.set(i32.remU(index, word("groups"))),
        p.first.add(1),
        base.set(i32.add(word("x"), i32.mul(index, word("groupIn")))),
        y.set(i32.add(word("y"), i32.mul(index, word("groupOut")))),
        y.add(i32.mul(strip, word("stripOut"))),
        w.set(i32.add(word("w"), i32.mul(group, word("groupWeights")))),
        bias.set(word("bias")),
        when(bias, bias.add(i32.mul(group, word("groupBias")))),
        when(word("inPlace"), base.add(i32.mul(strip, word("stripIn"))), [
          call(
            fill,
            p.own,
            base,
            word("channels"),
            word("fill"),
            i32.mul(strip, word("stripRows")),
          ),
          base.set(p.own),
        ]),
        tiles,
      ]),
    ];
  });
  return [sums, fill];
}

/**
 * pack(count, w, to, groupBytes, rowBytes, k, table, blocks, last): the weights of `count` groups in blocks of
 * `rows` rows, k by k, as sums() reads them. The weight of k lies at the start of its row + table[k].
 */
export const packFunction = (rows: number): Func => {
  const params = {
    count: "i32",
    w: "i32",
    to: "i32",
    groupBytes: "i32",
    rowBytes: "i32",
    k: "i32",
    table: "i32",
    blocks: "i32",
    last: "i32",
  } as const;
  return func("pack", params, (f, p) => {
    const local = (): IntLocal => f.local("i32");
    const [block, row, end, left, entry, offset] = [
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
    ];
    const at = f.locals("i32", rows);
    return countdown(p.count, [
      row.set(p.w),
      end.set(i32.add(p.w, p.last)),
      block.set(p.blocks),
      countdown(block, [
        at.map((a, r) => a.set(i32.add(row, i32.mul(p.rowBytes, r)))),
        left.set(p.k),
        entry.set(p.table),
        countdownOrSkip(left, [
          offset.set(i32.load(entry)),
          at.map((a, r) => f32.store(p.to, f32.load(i32.add(a, offset)), r * 4)),
          p.to.add(rows * 4),
          entry.add(4),
        ]),
        row.add(i32.mul(p.rowBytes, rows)),
        row.set(select(end, row, i32.gtU(row, end))),
      ]),
      p.w.add(p.groupBytes),
    ]);
  });
};
