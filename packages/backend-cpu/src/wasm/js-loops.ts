// Functions that have no vector form here: a plain loop over the heap with the engine's Math, called like
// a rows kernel. Honest float64 accuracy, about a tenth of the speed; the variant says "js-loop".
import type { Arena, BinaryCode, UnaryCode } from "@tapegrad/core";
import type { Kernel } from "./module-cache.ts";

export const JS_UNARY: Partial<Record<UnaryCode, (x: number) => number>> = {
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
};

/** IEEE 754's power: 1 also beside NaN, where JavaScript's ** gives NaN. */
const pow = (a: number, b: number): number => (a === 1 || b === 0 ? 1 : a ** b);
/** The sign is the divisor's, as Python's %. */
function remainder(a: number, b: number): number {
  const r = a % b;
  return r !== 0 && r < 0 !== b < 0 ? r + b : r;
}

export const JS_BINARY: Partial<Record<BinaryCode, (a: number, b: number) => number>> = {
  pow,
  rpow: (a, b) => pow(b, a),
  fmod: (a, b) => a % b,
  remainder,
  atan2: Math.atan2,
};

/** As rowsKernel() with access "x" throughout; the heap is fetched at each call because it may have grown. */
export function unaryLoop(arena: Arena, f: (x: number) => number): Kernel {
  return (rows, n, y, yRow, yStep, a, aRow, aStep) => {
    const heap = arena.f32;
    for (let r = 0; r < (rows as number); r++) {
      let to = ((y as number) + r * (yRow as number)) / 4;
      let from = ((a as number) + r * (aRow as number)) / 4;
      for (let i = 0; i < (n as number); i++) {
        heap[to] = f(heap[from] as number);
        to += (yStep as number) / 4;
        from += (aStep as number) / 4;
      }
    }
    return 0;
  };
}

export function binaryLoop(arena: Arena, f: (a: number, b: number) => number): Kernel {
  return (rows, n, y, yRow, yStep, a, aRow, aStep, b, bRow, bStep) => {
    const heap = arena.f32;
    for (let r = 0; r < (rows as number); r++) {
      let to = ((y as number) + r * (yRow as number)) / 4;
      let left = ((a as number) + r * (aRow as number)) / 4;
      let right = ((b as number) + r * (bRow as number)) / 4;
      for (let i = 0; i < (n as number); i++) {
        heap[to] = f(heap[left] as number, heap[right] as number);
        to += (yStep as number) / 4;
        left += (aStep as number) / 4;
        right += (bStep as number) / 4;
      }
    }
    return 0;
  };
}

/** As binaryLoop() with a number in the place of the address b. */
export function scalarLoop(arena: Arena, f: (a: number, b: number) => number): Kernel {
  return (rows, n, y, yRow, yStep, a, aRow, aStep, scalar) => {
    const s = Math.fround(scalar as number);
    return unaryLoop(arena, (x) => f(x, s))(
      rows as number,
      n as number,
      y as number,
      yRow as number,
      yStep as number,
      a as number,
      aRow as number,
      aStep as number,
    );
  };
}
