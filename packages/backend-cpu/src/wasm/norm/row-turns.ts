// Rows that are looked at twice, for their statistics and for the result, in one walk over both the row whose result is made
// and the next one.
import {
  type Code,
  countdownOrSkip,
  type IntLocal,
  i32,
  type Scope,
  touch,
  when,
} from "../assembler/assembler.ts";
import { type Body, eachStretch, type Stream } from "./runs.ts";

/** What a walk over a row does; one walk can do several. Streams are named by their pointers. */
export interface Share {
  readonly streams: readonly IntLocal[];
  readonly body: Body;
}

export type Meet = (at: IntLocal | undefined, offset: number) => Code;

/** Walks over n elements of all streams, from the pointers on, which stay as they are. */
function walk(f: Scope, n: IntLocal, shares: readonly Share[]): Code {
  // A stream that several of them read has one pointer.
  const all = [...new Set(shares.flatMap(({ streams }) => streams))];
  const own = (at: readonly IntLocal[], i: number): IntLocal[] =>
    (shares[i] as Share).streams.map((stream) => at[all.indexOf(stream)] as IntLocal);
  const around = (key: "begin" | "end") => shares.flatMap(({ body }) => body[key] ?? []);
  const [begin, end] = [around("begin"), around("end")];
  const streams = all.map((from): Stream => ({ from, step: 0 }));
  return eachStretch(f, 1, n, streams, {
    vector: (at, offset, k) => shares.map(({ body }, i) => body.vector(own(at, i), offset, k)),
    single: (at) => shares.map(({ body }, i) => body.single(own(at, i))),
    ...(begin.length > 0 && { begin, end }),
  });
}

/**
 * Rows in turns: `measure` looks at the row at its pointers, `make` makes the result of the row at its own. While one is
 * made the next is measured: memory is read and written at the same time. `next` moves on to the next row to measure,
 * `done` to the next to make; `before` and `after` lie around measure().
 */
export function rowsInTurns(
  f: Scope,
  p: { readonly rows: IntLocal; readonly n: IntLocal },
  rowBytes: IntLocal,
  turn: {
    readonly before: Code;
    readonly measure: Share;
    readonly after: Code;
    /** `meet` asks for the place of the next row in a stream that is written. */
    make(meet: Meet): Share;
    /** Around a walk with make() in it. */
    readonly begin?: Code;
    readonly next: Code;
    readonly done: Code;
  },
): Code {
  const { before, measure, after, begin = [], next, done } = turn;
  const ahead = f.local("i32");
  const make = turn.make((at, offset) =>
    offset === 0 ? touch(i32.add(at as IntLocal, ahead)) : [],
  );
  return when(p.rows, [
    before,
    walk(f, p.n, [measure]),
    after,
    next,
    p.rows.add(-1),
    ahead.set(rowBytes),
    countdownOrSkip(p.rows, [before, begin, walk(f, p.n, [measure, make]), after, next, done]),
    ahead.set(0),
    begin,
    walk(f, p.n, [make]),
  ]);
}
