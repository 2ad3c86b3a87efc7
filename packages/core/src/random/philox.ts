// Philox4x32-10: a counter-based generator, so element i of a draw depends on (key, i) alone: the same
// numbers whatever the order, the thread count or the device.
// Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
import type { RandomCode, RandomKey } from "../backend.ts";

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** The high 32 bits of the unsigned product, as an int32. Math.imul gives the low ones. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) | 0;
}

/** Four random words for one counter; `out` receives them as uint32. */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0);
    const high1 = mulHigh(M1, c2);
    const low0 = Math.imul(M0, c0);
    const low1 = Math.imul(M1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

const low32 = (v: bigint): number => Number(BigInt.asIntN(32, v));

/** Calls use(words, b) for each of `blocks` consecutive counters. The words are reused. */
export function eachBlock(
  key: RandomKey,
  blocks: number,
  use: (words: Uint32Array, block: number) => void,
): void {
  const words = new Uint32Array(4);
  const k = [low32(key.seed), low32(key.seed >> 32n)] as const;
  for (let b = 0; b < blocks; b++) {
    const counter = key.offset + BigInt(b);
    philox4x32([low32(counter), low32(counter >> 32n), 0, 0], k, words);
    use(words, b);
  }
}

const TWO_24 = 2 ** -24;
const TWO_53 = 2 ** -53;

/**
 * Fills `out` (dense) with uniform numbers in [0, 1) or standard normals (Box–Muller). float32 takes one
 * word a number, four a counter; float64 takes two words, two a counter.
 */
export function fillRandom(
  code: RandomCode,
  key: RandomKey,
  out: Float32Array | Float64Array,
): void {
  const perBlock = out instanceof Float32Array ? 4 : 2;
  const draw =
    out instanceof Float32Array
      ? (w: Uint32Array, i: number) => ((w[i] as number) >>> 8) * TWO_24
      : (w: Uint32Array, i: number) =>
          ((w[2 * i] as number) >>> 5) * 2 ** 26 * TWO_53 +
          ((w[2 * i + 1] as number) >>> 6) * TWO_53;
  eachBlock(key, Math.ceil(out.length / perBlock), (words, block) => {
    const at = block * perBlock;
    const n = Math.min(perBlock, out.length - at);
    if (code === "uniform") {
      for (let i = 0; i < n; i++) out[at + i] = draw(words, i);
      return;
    }
    for (let i = 0; i < n; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - draw(words, i)));
      const angle = 2 * Math.PI * draw(words, i + 1);
      out[at + i] = radius * Math.cos(angle);
      if (i + 1 < n) out[at + i + 1] = radius * Math.sin(angle);
    }
  });
}
