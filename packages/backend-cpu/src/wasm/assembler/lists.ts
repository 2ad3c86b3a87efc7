// Lists as the generators of kernels use them.

/** 0, 1, … n − 1 */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** An element that is known to be there. */
export const get = <T>(list: readonly T[], index: number): T => list[index] as T;
