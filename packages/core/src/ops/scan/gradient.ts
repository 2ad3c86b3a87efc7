// gradient: slopes of a sampled function, by central differences inside and one-sided ones at the ends.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkOptions, type OptionNames } from "../../options.ts";
import { normalizeDims } from "../../shape.ts";
import { checkLive, composite, Tensor } from "../../tensor.ts";
import { add } from "../elementwise/add.ts";
import { div } from "../elementwise/div.ts";
import { mul } from "../elementwise/mul.ts";
import { sub } from "../elementwise/sub.ts";
import { floating, isTensor } from "../promote.ts";
import { cat } from "../views/cat.ts";
import { sliceDim } from "../views/slice-dim.ts";
import { reshape } from "../views/view.ts";

export interface GradientOptions {
  /** The distance of neighbours, one for all or one per dim; or per dim a vector of where the points lie. Default 1. */
  readonly spacing?: number | readonly (number | Tensor)[] | undefined;
  /** One or several. Default: all. */
  readonly dim?: number | readonly number[] | undefined;
  /** 1 or 2: how many differences the slopes at the ends are made of. Default 1. */
  readonly edgeOrder?: 1 | 2 | undefined;
}
const OPTIONS: OptionNames<GradientOptions> = { spacing: true, dim: true, edgeOrder: true };

/** Slopes along dim d, whose points lie at distances h: a number, or a tensor that broadcasts along d. */
function slopes(x: Tensor, d: number, h: number | Tensor, edgeOrder: 1 | 2): Tensor {
  const n = x.shape[d] as number;
  const part = (t: Tensor, start: number, length: number): Tensor =>
    sliceDim(t, d, start, start + length);
  const step = (start: number, length: number): Tensor | number =>
    isTensor(h) ? part(h, start, length) : h;
  // The slopes between neighbours; the one at a point is their mean, each weighted by the other's distance.
  const chords = div(sub(part(x, 1, n - 1), part(x, 0, n - 1)), h);
  const [left, right] = [part(chords, 0, n - 2), part(chords, 1, n - 2)];
  const [before, after] = [step(0, n - 2), step(1, n - 2)];
  const inside =
    isTensor(before) && isTensor(after)
      ? div(add(mul(left, after), mul(right, before)), add(before, after))
      : mul(add(left, right), 0.5);
  const end = (near: number, far: number): Tensor => {
    const slope = part(chords, near, 1);
    if (edgeOrder === 1) return slope;
    // The parabola through the last three points.
    const [a, b] = [step(near, 1), step(far, 1)];
    const bend = sub(slope, part(chords, far, 1));
    const share = isTensor(a) && isTensor(b) ? div(a, add(a, b)) : 0.5;
    return add(slope, mul(bend, share));
  };
  return cat([end(0, 1), inside, end(n - 2, n - 3)], { dim: d });
}

/**
 * As `torch.gradient`: for each of the dims the slopes of x along it, of second order inside. Integers give float32.
 * @throws ShapeError unless each dim has edgeOrder + 1 elements or more; ArgumentError
 */
export function gradient(x: Tensor, options: GradientOptions = {}): Tensor[] {
  const op = "gradient";
  checkLive(op, x);
  checkOptions(op, options, OPTIONS);
  const { spacing = 1, dim, edgeOrder = 1 } = options;
  if (edgeOrder !== 1 && edgeOrder !== 2) {
    throw new ArgumentError(op, `edgeOrder must be 1 or 2; got ${edgeOrder}`);
  }
  const dims =
    dim === undefined
      ? x.shape.map((_, d) => d)
      : [dim].flat().map((d) => normalizeDims(op, d, x.ndim)[0] as number);
  if (Array.isArray(spacing) && spacing.length !== dims.length) {
    throw new ArgumentError(op, `spacing needs one entry for each of ${dims.length} dims`);
  }
  return dims.map((d, i) => {
    const n = x.shape[d] as number;
    if (n <= edgeOrder) {
      throw new ShapeError(op, `dim ${d} needs at least ${edgeOrder + 1} elements`, {
        input: x.shape,
      });
    }
    const at = Array.isArray(spacing) ? (spacing[i] as number | Tensor) : (spacing as number);
    return composite(() => slopes(floating(x), d, distances(op, x, at, d), edgeOrder));
  });
}

function distances(op: string, x: Tensor, at: number | Tensor, d: number): number | Tensor {
  if (!(at instanceof Tensor)) return at;
  checkLive(op, at);
  const n = x.shape[d] as number;
  if (at.ndim !== 1 || at.numel !== n) {
    throw new ShapeError(op, `the points along dim ${d} must be a vector of ${n}`, {
      input: x.shape,
      spacing: at.shape,
    });
  }
  const steps = sub(sliceDim(at, 0, 1, n), sliceDim(at, 0, 0, n - 1));
  return reshape(
    steps,
    x.shape.map((_, i) => (i === d ? n - 1 : 1)),
  );
}
