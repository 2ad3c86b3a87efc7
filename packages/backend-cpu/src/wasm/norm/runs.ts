// Loops over stretches of floats that lie side by side: 16 at a time, then 4, then singles; and sums over
// them that end in double precision. What the normalisations and softmax are made of.
import {
  type Code,
  countdownOrSkip,
  doWhile,
  type Expr,
  f32x4,
  f64,
  f64x2,
  type I32,
  type IntLocal,
  i32,
  type Local,
  type Scope,
  select,
  v128,
} from "../assembler/assembler.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;

/** Sums of at most this many floats are made in single precision (16 lanes). */
const RUN = 256;

export interface Stream {
  /** The first element of the first stretch. */
  readonly from: I32;
  /** Bytes from one stretch to the next. */
  readonly step: I32;
}

export interface Body {
  /** Four elements; `at` are the pointers of the streams, `offset` the constant to add, k one of four parallel sums. */
  vector(at: readonly IntLocal[], offset: number, k: number): Code;
  /** One element. */
  single(at: readonly IntLocal[]): Code;
  /** Around each run of at most RUN elements. Without them the stretch is not cut into runs. */
  readonly begin?: Code;
  readonly end?: Code;
}

/** For each of `stretches` stretches of n elements in all streams. n ≥ 1 where there are runs. */
export function eachStretch(
  f: Scope,
  stretches: I32,
  n: I32,
  streams: readonly Stream[],
  body: Body,
): Code {
  const at = f.locals("i32", streams.length) as IntLocal[];
  const base = f.locals("i32", streams.length) as IntLocal[];
  const [stretch, left, run, count] = f.locals("i32", 4) as [
    IntLocal,
    IntLocal,
    IntLocal,
    IntLocal,
  ];
  const forward = (bytes: number): Code => at.map((p) => p.add(bytes));
  const elements = (size: I32): Code => [
    count.set(i32.shrU(size, 4)),
    countdownOrSkip(count, [[0, 1, 2, 3].map((k) => body.vector(at, k * 16, k)), forward(64)]),
    count.set(i32.and(i32.shrU(size, 2), 3)),
    countdownOrSkip(count, [body.vector(at, 0, 0), forward(16)]),
    count.set(i32.and(size, 3)),
    countdownOrSkip(count, [body.single(at), forward(4)]),
  ];
  const inRuns: Code = [
    left.set(n),
    doWhile(
      [
        run.set(select(left, i32.const(RUN), i32.ltU(left, RUN))),
        left.set(i32.sub(left, run)),
        body.begin ?? [],
        elements(run),
        body.end ?? [],
      ],
      i32.ne(left, 0),
    ),
  ];
  return [
    streams.map(({ from }, i) => (base[i] as IntLocal).set(from)),
    stretch.set(stretches),
    countdownOrSkip(stretch, [
      at.map((p, i) => p.set(base[i] as IntLocal)),
      body.begin || body.end ? inRuns : elements(n),
      base.map((p, i) => p.add((streams[i] as Stream).step)),
    ]),
  ];
}

export const lowPair = (x: V): V => f64x2.promoteLowF32x4(x);
export const highPair = (x: V): V => f64x2.promoteLowF32x4(f32x4.shuffle(x, x, [2, 3, 2, 3]));
/** Two pairs of doubles as four floats. */
export const fromPairs = (low: V, high: V): V =>
  f32x4.shuffle(f32x4.demoteF64x2Zero(low), f32x4.demoteF64x2Zero(high), [0, 1, 4, 5]);

/** A sum in the making: two or four vectors per run, doubles in between. */
export class Total {
  private readonly parts: readonly Lane[];
  private readonly pair: Lane;
  private readonly rest: Local<"f64">;

  /** @param parts side by side in a run: two where registers are few and memory is slower than additions */
  constructor(f: Scope, parts: 2 | 4 = 4) {
    this.parts = f.locals("v128", parts);
    this.pair = f.local("v128");
    this.rest = f.local("f64");
  }

  /** Sets it to zero. */
  clear(): Code {
    return [this.pair.set(v128.zero()), this.rest.set(f64.const(0))];
  }

  begin(): Code {
    return this.parts.map((p) => p.set(v128.zero()));
  }

  /** `combine` adds something to the k-th of four partial sums. */
  add(k: number, combine: (sum: V) => V): Code {
    const part = this.parts[k % this.parts.length] as Lane;
    return part.set(combine(part));
  }

  /** Goes on with four lanes that lie in memory: instead of begin(), with k = 0 only. */
  resume(from: IntLocal, offset: number): Code {
    return (this.parts[0] as Lane).set(v128.load(from, offset));
  }

  /** Puts them back: instead of end(). */
  suspend(to: IntLocal, offset: number): Code {
    return v128.store(to, this.parts[0] as Lane, offset);
  }

  addSingle(value: Expr<"f32">): Code {
    return this.rest.set(f64.add(this.rest, f64.promoteF32(value)));
  }

  end(): Code {
    const [first, b, c, d] = this.parts as [Lane, Lane, Lane?, Lane?];
    const both = f32x4.add(first, b);
    return [
      first.set(c === undefined || d === undefined ? both : f32x4.add(both, f32x4.add(c, d))),
      this.pair.set(f64x2.add(this.pair, f64x2.add(lowPair(first), highPair(first)))),
    ];
  }

  value(): Expr<"f64"> {
    return f64.add(this.rest, this.pairs());
  }

  /** value() where nothing was added by addSingle(). */
  pairs(): Expr<"f64"> {
    return f64.add(f64x2.extractLane(this.pair, 0), f64x2.extractLane(this.pair, 1));
  }
}
