// A step along a direction that meets the strong Wolfe conditions: enough descent, and a slope much flatter than at the
// start. First a bracket around such a step is found, then it is narrowed by cubic interpolation.
//
// Nocedal and Wright, Numerical Optimization, 2nd edition, algorithms 3.5 and 3.6; bounds and margins are those of PyTorch.
import type { Tensor } from "@tapegrad/core";

/** A place on the line: the step, the loss there, its gradient and its slope along the line. */
export interface Point {
  readonly step: number;
  readonly loss: number;
  readonly gradient: Tensor;
  readonly slope: number;
}

const DESCENT = 1e-4;
const FLATTER = 0.9;
const SHORTEST = 1e-9;

/** Where the cubic through both points, with their slopes, is lowest; inside [low, high]. */
function cubicMinimum(a: Point, b: Point, low?: number, high?: number): number {
  const [left, right] = a.step <= b.step ? [a, b] : [b, a];
  const [from, to] = [low ?? left.step, high ?? right.step];
  const d1 = left.slope + right.slope - (3 * (left.loss - right.loss)) / (left.step - right.step);
  const square = d1 ** 2 - left.slope * right.slope;
  if (!(square >= 0)) return (from + to) / 2;
  const d2 = Math.sqrt(square);
  const part = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2);
  return Math.min(Math.max(right.step - (right.step - left.step) * part, from), to);
}

/**
 * @param evaluate the point at a step; its gradient is released unless the point is returned
 * @param start the point at step 0, whose gradient stays the caller's
 * @param first the step to begin with
 * @param size the largest element of the direction
 * @param most points to evaluate, but for the first
 * @returns the best point found, which may be `start`, and how many were evaluated
 */
export function strongWolfe(
  evaluate: (step: number) => Point,
  start: Point,
  first: number,
  size: number,
  most: number,
): { readonly point: Point; readonly evaluations: number } {
  let evaluations = 0;
  let held: Point[] = [];
  const next = (step: number, ...needed: readonly Point[]): Point => {
    release(held, needed);
    const point = evaluate(step);
    evaluations++;
    held = [...held.filter((p) => needed.includes(p)), point];
    return point;
  };
  const release = (points: readonly Point[], needed: readonly Point[]): void => {
    for (const p of points) if (!needed.includes(p)) p.gradient.release();
  };
  const found = (point: Point) => {
    release(held, [point]);
    return { point, evaluations };
  };
  const falls = (p: Point): boolean => p.loss <= start.loss + DESCENT * p.step * start.slope;
  const isFlat = (p: Point): boolean => Math.abs(p.slope) <= -FLATTER * start.slope;

  let before = start;
  let point = next(first, start);
  let tries = 0;
  for (; tries < most; tries++) {
    if (!falls(point) || (tries > 1 && point.loss >= before.loss)) break;
    if (isFlat(point)) return found(point);
    if (point.slope >= 0) break;
    const { step } = point;
    const to = cubicMinimum(before, point, step + 0.01 * (step - before.step), step * 10);
    before = point;
    point = next(to, before);
  }
  if (tries === most) before = start;

  let [low, high] = before.loss <= point.loss ? [before, point] : [point, before];
  let slow = false;
  while (tries < most && Math.abs(high.step - low.step) * size >= SHORTEST) {
    const [left, right] = [Math.min(low.step, high.step), Math.max(low.step, high.step)];
    let to = cubicMinimum(low, high);
    // Near an end the bracket hardly shrinks: the second time, and beyond it, a tenth is cut off.
    const margin = 0.1 * (right - left);
    if (Math.min(right - to, to - left) >= margin) slow = false;
    else if (slow || to >= right || to <= left) {
      to = right - to < to - left ? right - margin : left + margin;
      slow = false;
    } else slow = true;

    point = next(to, low, high);
    tries++;
    if (!falls(point) || point.loss >= low.loss) {
      [low, high] = point.loss < low.loss ? [point, low] : [low, point];
      continue;
    }
    if (isFlat(point)) return found(point);
    if (point.slope * (high.step - low.step) >= 0) high = low;
    low = point;
  }
  return found(low);
}
