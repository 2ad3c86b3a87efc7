// The numbers that tensors are filled with: a hash of the place, so that a peer in any language makes the
// same ones, and the results can be compared.
const MULTIPLIER = 0x045d9f3b;

/**
 * Uniform with mean 0 and the given standard deviation.
 * @param seed tensors of one workload have different ones
 */
export function uniform(count: number, seed: number, deviation = 1): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  const scale = deviation * Math.sqrt(12);
  for (let i = 0; i < count; i++) {
    let h = (i + Math.imul(seed + 1, 0x9e3779b1)) >>> 0;
    h = Math.imul(h ^ (h >>> 16), MULTIPLIER);
    h = Math.imul(h ^ (h >>> 16), MULTIPLIER);
    h ^= h >>> 16;
    values[i] = ((h >>> 0) / 2 ** 32 - 0.5) * scale;
  }
  return values;
}
