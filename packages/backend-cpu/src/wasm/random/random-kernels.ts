// Philox4x32-10 with four counters in the lanes of a vector: sixteen words a round trip, the same ones as
// packages/core/src/random/philox.ts. The words become uniform numbers, or decide what dropout keeps.
import {
  type Code,
  countdownOrSkip,
  doWhile,
  type Expr,
  type Func,
  f32,
  f32x4,
  func,
  type IntLocal,
  i32,
  i32x4,
  i64x2,
  type Local,
  type Scope,
  v128,
  when,
} from "../assembler/assembler.ts";
import { integers, splat } from "../elementwise/math.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

const KEY = { counterLow: "i32", counterHigh: "i32", keyLow: "i32", keyHigh: "i32" } as const;
type KeyLocals = { [K in keyof typeof KEY]: IntLocal };

/** Sixteen words of the counters from counterLow on in `words`, in order; moves the counter on by four. */
function philox(f: Scope, key: KeyLocals, words: readonly [Lane, Lane, Lane, Lane]): Code {
  const [c0, c1, c2, c3] = f.locals("v128", 4) as [Lane, Lane, Lane, Lane];
  const [low, high, other] = f.locals("v128", 3) as [Lane, Lane, Lane];
  const round = f.local("i32");
  const [k0, k1] = f.locals("v128", 2) as [Lane, Lane];
  /** The high words of the four products, in `to`. */
  const highWords = (a: Lane, m: number, to: Lane): Code => [
    low.set(i64x2.extmulLowI32x4U(a, integers(m))),
    high.set(i64x2.extmulHighI32x4U(a, integers(m))),
    to.set(f32x4.shuffle(low, high, [1, 3, 5, 7])),
  ];
  const xor3 = (a: V, b: V, c: V): V => v128.xor(v128.xor(a, b), c);
  const [w0, w1, w2, w3] = words;
  const step: Code = [
    highWords(c0, M0, other),
    w0.set(i32x4.mul(c0, integers(M0))),
    highWords(c2, M1, w1),
    c0.set(xor3(w1, c1, k0)),
    c1.set(i32x4.mul(c2, integers(M1))),
    c2.set(xor3(other, c3, k1)),
    c3.set(w0),
    k0.set(i32x4.add(k0, integers(W0))),
    k1.set(i32x4.add(k1, integers(W1))),
  ];
  const pairLow = (a: V, b: V): V => f32x4.shuffle(a, b, [0, 4, 1, 5]);
  const pairHigh = (a: V, b: V): V => f32x4.shuffle(a, b, [2, 6, 3, 7]);
  return [
    c0.set(i32x4.add(i32x4.splat(key.counterLow), v128.constI32([0, 1, 2, 3]))),
    c1.set(i32x4.splat(key.counterHigh)),
    c2.set(v128.zero()),
    c3.set(v128.zero()),
    k0.set(i32x4.splat(key.keyLow)),
    k1.set(i32x4.splat(key.keyHigh)),
    round.set(10),
    countdownOrSkip(round, step),
    key.counterLow.add(4),
    // A counter's words lie in one lane of four vectors: transpose.
    w0.set(pairLow(c0, c2)),
    w1.set(pairHigh(c0, c2)),
    w2.set(pairLow(c1, c3)),
    w3.set(pairHigh(c1, c3)),
    c0.set(pairLow(w0, w2)),
    c1.set(pairHigh(w0, w2)),
    c2.set(pairLow(w1, w3)),
    c3.set(pairHigh(w1, w3)),
    words.map((w, i) => w.set(i32x4.shrU([c0, c1, c2, c3][i] as Lane, 8))),
  ];
}

const SIXTEEN = 64;

/** uniform(n, y, spare, …key): n numbers in [0, 1); `spare` are 64 bytes for the last ones. */
export const uniformKernel = (): Func =>
  func("uniform", { n: "i32", y: "i32", spare: "i32", ...KEY }, (f, p) => {
    const words = f.locals("v128", 4) as [Lane, Lane, Lane, Lane];
    const left = f.local("i32");
    const store = (to: IntLocal): Code =>
      words.map((w, i) =>
        v128.store(to, f32x4.mul(f32x4.convertI32x4S(w), splat(2 ** -24)), i * 16),
      );
    return [
      left.set(i32.shrU(p.n, 4)),
      countdownOrSkip(left, [philox(f, p, words), store(p.y), p.y.add(SIXTEEN)]),
      left.set(i32.and(p.n, 15)),
      when(left, [
        philox(f, p, words),
        store(p.spare),
        doWhile(
          [f32.store(p.y, f32.load(p.spare)), p.y.add(4), p.spare.add(4)],
          left.tee(i32.sub(left, 1)),
        ),
      ]),
    ];
  });

/**
 * dropout(n, x, y, mask?, spare, threshold, factor, …key): element i is multiplied by `factor` if the upper
 * 24 bits of its word are ≥ threshold, else by 0. `spare` are 64 bytes.
 */
export const dropoutKernel = (): Func => {
  const params = {
    n: "i32",
    x: "i32",
    y: "i32",
    mask: "i32",
    spare: "i32",
    threshold: "i32",
    factor: "f32",
    ...KEY,
  } as const;
  return func("dropout", params, (f, p) => {
    const words = f.locals("v128", 4) as [Lane, Lane, Lane, Lane];
    const [limit, factors] = [f.local("v128"), f.local("v128")] as [Lane, Lane];
    const left = f.local("i32");
    const m = f.local("f32");
    const decide: Code = [
      philox(f, p, words),
      words.map((w) => w.set(v128.and(i32x4.gtS(w, limit), factors))),
    ];
    return [
      limit.set(i32x4.splat(i32.sub(p.threshold, 1))),
      factors.set(f32x4.splat(p.factor)),
      left.set(i32.shrU(p.n, 4)),
      countdownOrSkip(left, [
        decide,
        words.map((w, i) => v128.store(p.y, f32x4.mul(v128.load(p.x, i * 16), w), i * 16)),
        when(p.mask, [words.map((w, i) => v128.store(p.mask, w, i * 16)), p.mask.add(SIXTEEN)]),
        p.x.add(SIXTEEN),
        p.y.add(SIXTEEN),
      ]),
      left.set(i32.and(p.n, 15)),
      when(left, [
        decide,
        words.map((w, i) => v128.store(p.spare, w, i * 16)),
        doWhile(
          [
            m.set(f32.load(p.spare)),
            f32.store(p.y, f32.mul(f32.load(p.x), m)),
            when(p.mask, [f32.store(p.mask, m), p.mask.add(4)]),
            p.x.add(4),
            p.y.add(4),
            p.spare.add(4),
          ],
          left.tee(i32.sub(left, 1)),
        ),
      ]),
    ];
  });
};
