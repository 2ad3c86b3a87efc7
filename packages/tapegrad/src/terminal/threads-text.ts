/** 1 → "1 thread", 2 → "2 threads" */
export const threadsText = (n: number): string => (n === 1 ? "1 thread" : `${n} threads`);
