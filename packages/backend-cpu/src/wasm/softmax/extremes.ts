// The largest element of a line, which softmax and cross-entropy take off before exp; and the smallest: where it is not
// far off, exp needs no care for what underflows.
import { type Code, type Expr, f32x4, type Local, type Scope } from "../assembler/assembler.ts";
import { get } from "../assembler/lists.ts";
import { splat } from "../elementwise/math.ts";

type V = Expr<"v128">;
type Lane = Local<"v128">;

/** From here on down exp has to care. */
export const NEAR = -87;

/** The largest and the smallest in the making; four of each side by side, as one would wait for itself. */
export class Extremes {
  /** The largest in all lanes, once settled. pmax and pmin skip NaN, which the sum does not. */
  readonly max: Lane;
  /** In all lanes whether any other is too far below it for expNear, once settled. */
  readonly isFar: Lane;
  private readonly maxima: readonly Lane[];
  private readonly minima: readonly Lane[];
  private readonly element: Lane;

  constructor(f: Scope) {
    this.maxima = f.locals("v128", 4);
    this.minima = f.locals("v128", 4);
    this.max = get(this.maxima, 0);
    this.isFar = get(this.minima, 0);
    this.element = f.local("v128");
  }

  begin(): Code {
    return [
      this.maxima.map((m) => m.set(splat(-Infinity))),
      this.minima.map((m) => m.set(splat(Infinity))),
    ];
  }

  /** Takes four elements into the k-th of each. */
  take(k: number, x: V): Code {
    const [m, n] = [get(this.maxima, k), get(this.minima, k)];
    return [
      this.element.set(x),
      m.set(f32x4.pmax(m, this.element)),
      n.set(f32x4.pmin(n, this.element)),
    ];
  }

  settle(): Code {
    const { max, isFar } = this;
    const across = (fold: (a: V, b: V) => V, parts: readonly Lane[]): Code => {
      const first = get(parts, 0);
      return [
        parts.slice(1).map((part) => first.set(fold(first, part))),
        first.set(fold(first, f32x4.shuffle(first, first, [2, 3, 0, 1]))),
        first.set(fold(first, f32x4.shuffle(first, first, [1, 0, 3, 2]))),
      ];
    };
    return [
      across(f32x4.pmax, this.maxima),
      across(f32x4.pmin, this.minima),
      isFar.set(f32x4.lt(f32x4.sub(isFar, max), splat(NEAR))),
    ];
  }
}
