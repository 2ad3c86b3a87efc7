// Draws one handwritten digit: strokes are bent by a smooth random field, sheared, turned and
// scaled, then painted with a round pen whose pressure varies, blurred and sprinkled with noise.
//
// Distortion moves the pen's path, not the pixels, so lines stay sharp. Only + − × ÷ and square roots,
// which IEEE 754 fixes to the last bit: the same pixels on every platform.
import type { Draws } from "../random.ts";
import { DIGITS, type Stroke, type Variant } from "./strokes.ts";

/** Pixels per side. */
export const SIDE = 28;
const PIXELS = SIDE * SIDE;

/** Straight pieces per span between two pen points: one piece is about a pixel long. */
const PIECES = 6;
/** Nodes per side of the lattice that carries the elastic distortion. */
const LATTICE = 5;

/** How wild the writing is, in units of the glyph's height unless said otherwise. */
const STYLE = {
  /** A careful hand has the first of a pair, a sloppy one the second. */
  jitter: [0.012, 0.056],
  elastic: [0.03, 0.22],
  misplace: [0.01, 0.05],
  /** Share of a stroke that is missing at an end. */
  trim: [0, 0.14],
  width: [0.72, 1.24],
  slant: [0.1, 0.18],
  turn: 0.1,
  /** Pixels from here on. */
  height: [15.5, 20.5],
  shift: 0.9,
  margin: 2,
  radius: [0.65, 1.7],
  soft: [0.8, 1.7],
  ink: [0.72, 1],
  noise: 0.1,
} as const;

/** Between the careful and the sloppy end of a pair. */
const between = (pair: readonly [number, number], t: number): number =>
  pair[0] + t * (pair[1] - pair[0]);

/** One path point: where, and how hard the pen is pressed. */
interface Point {
  x: number;
  y: number;
  press: number;
}

function pick(variants: readonly Variant[], draws: Draws): Variant {
  let left = draws.uniform() * variants.reduce((sum, v) => sum + v.weight, 0);
  for (const variant of variants) {
    left -= variant.weight;
    if (left < 0) return variant;
  }
  return variants[variants.length - 1] as Variant;
}

/** A smooth displacement field: random vectors on a lattice, a uniform cubic B-spline between them. */
class Elastic {
  private readonly dx = new Float64Array(LATTICE * LATTICE);
  private readonly dy = new Float64Array(LATTICE * LATTICE);
  private readonly wx = new Float64Array(4);
  private readonly wy = new Float64Array(4);

  shuffle(amplitude: number, draws: Draws): void {
    for (let k = 0; k < this.dx.length; k++) {
      this.dx[k] = amplitude * draws.bell();
      this.dy[k] = amplitude * draws.bell();
    }
  }

  /** Moves a point of the unit box. */
  bend(p: Point): void {
    const column = weights(p.x, this.wx);
    const row = weights(p.y, this.wy);
    let dx = 0;
    let dy = 0;
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        const w = (this.wy[i] as number) * (this.wx[j] as number);
        const node = (row + i) * LATTICE + column + j;
        dx += w * (this.dx[node] as number);
        dy += w * (this.dy[node] as number);
      }
    }
    p.x += dx;
    p.y += dy;
  }
}

/** Cubic B-spline weights of the four nodes about position t in [0, 1]; returns the first node. */
function weights(t: number, out: Float64Array): number {
  const spans = LATTICE - 3;
  const s = Math.min(Math.max(t, 0), 1) * spans;
  const first = Math.min(Math.floor(s), spans - 1);
  const u = s - first;
  const v = 1 - u;
  out[0] = (v * v * v) / 6;
  out[1] = (3 * u * u * u - 6 * u * u + 4) / 6;
  out[2] = (3 * v * v * v - 6 * v * v + 4) / 6;
  out[3] = (u * u * u) / 6;
  return first;
}

/** The pen's points of a stroke, each a little off; the two of a corner stay together. */
function trace(stroke: Stroke, sloppy: number, draws: Draws): Point[] {
  const jitter = between(STYLE.jitter, sloppy);
  const misplace = between(STYLE.misplace, sloppy);
  const offX = misplace * draws.bell();
  const offY = misplace * draws.bell();
  const points: Point[] = [];
  for (let k = 0; k < stroke.length; k += 2) {
    const x = stroke[k] as number;
    const y = stroke[k + 1] as number;
    const before = points[points.length - 1];
    if (before && stroke[k - 2] === x && stroke[k - 1] === y) {
      points.push({ ...before });
      continue;
    }
    points.push({
      x: x + offX + jitter * draws.bell(),
      y: y + offY + jitter * draws.bell(),
      press: draws.range(-1, 1),
    });
  }
  return points;
}

/** The Catmull–Rom curve through the points, as a chain of short straight pieces. */
function smooth(points: readonly Point[]): Point[] {
  const chain: Point[] = [{ ...(points[0] as Point) }];
  for (let k = 0; k + 1 < points.length; k++) {
    const b = points[k] as Point;
    const c = points[k + 1] as Point;
    if (b.x === c.x && b.y === c.y) continue;
    const a = points[k - 1] ?? b;
    const d = points[k + 2] ?? c;
    for (let i = 1; i <= PIECES; i++) {
      const t = i / PIECES;
      const wa = t * (t * (2 - t) - 1);
      const wb = t * t * (3 * t - 5) + 2;
      const wc = t * (t * (4 - 3 * t) + 1);
      const wd = t * t * (t - 1);
      chain.push({
        x: (wa * a.x + wb * b.x + wc * c.x + wd * d.x) / 2,
        y: (wa * a.y + wb * b.y + wc * c.y + wd * d.y) / 2,
        press: b.press + t * (c.press - b.press),
      });
    }
  }
  return chain;
}

/** The pen comes down late or leaves early: a part of the chain's points is gone at each end. */
function trim(chain: Point[], sloppy: number, draws: Draws): Point[] {
  const share = between(STYLE.trim, sloppy);
  const start = Math.floor(chain.length * share * draws.uniform());
  const end = chain.length - Math.floor(chain.length * share * draws.uniform());
  return chain.slice(start, end);
}

/** Draws digits one at a time; keeps its scratch memory between them. */
export class Pen {
  private readonly elastic = new Elastic();
  private readonly canvas = new Float64Array(PIXELS);
  private readonly blurred = new Float64Array(PIXELS);

  /** Writes the 28 × 28 pixels of a `digit` (0 black … 255 white) to `out` from `at` on. */
  draw(digit: number, draws: Draws, out: Uint8Array, at: number): void {
    const chains = this.path(digit, draws);
    this.canvas.fill(0);
    const radius = draws.range(...STYLE.radius);
    const soft = draws.range(...STYLE.soft);
    const ink = draws.range(...STYLE.ink);
    const pressure = draws.range(0.05, 0.3);
    for (const chain of chains) {
      for (let k = 0; k + 1 < chain.length; k++) {
        const p = chain[k] as Point;
        const q = chain[k + 1] as Point;
        const press = 1 + pressure * 0.5 * (p.press + q.press);
        this.paint(p, q, radius * press, soft, Math.min(1, ink * (0.5 + 0.5 * press)));
      }
    }
    this.finish(draws.range(0, 0.5), draws.range(0, STYLE.noise), draws, out, at);
  }

  /** The bent, slanted, turned and scaled strokes, in pixels, within the margins. */
  private path(digit: number, draws: Draws): Point[][] {
    const { strokes } = pick(DIGITS[digit] as readonly Variant[], draws);
    // Most hands are careful, few are very sloppy: the square of a uniform number.
    const sloppy = draws.uniform() ** 2;
    this.elastic.shuffle(between(STYLE.elastic, sloppy), draws);
    const width = draws.range(...STYLE.width);
    const slant = STYLE.slant[0] + STYLE.slant[1] * draws.bell();
    // The tangent of half the angle gives sine and cosine without either function.
    const half = (STYLE.turn * draws.bell()) / 2;
    const cos = (1 - half * half) / (1 + half * half);
    const sin = (2 * half) / (1 + half * half);
    const height = draws.range(...STYLE.height);

    let left = Infinity;
    let right = -Infinity;
    let top = Infinity;
    let bottom = -Infinity;
    const chains = strokes.map((stroke) => {
      const chain = trim(smooth(trace(stroke, sloppy, draws)), sloppy, draws);
      for (const p of chain) {
        this.elastic.bend(p);
        const y = p.y - 0.5;
        const x = (p.x - 0.5) * width - slant * y;
        p.x = height * (cos * x - sin * y);
        p.y = height * (sin * x + cos * y);
        if (p.x < left) left = p.x;
        if (p.x > right) right = p.x;
        if (p.y < top) top = p.y;
        if (p.y > bottom) bottom = p.y;
      }
      return chain;
    });

    // Shrinks what is too large, then shifts no further than the margins let it.
    const room = SIDE - 1 - 2 * STYLE.margin;
    const scale = Math.min(1, room / Math.max(right - left, bottom - top));
    const place = (low: number, high: number): number => {
      const spare = (room - scale * (high - low)) / 2;
      const shift = Math.min(Math.max(STYLE.shift * draws.bell(), -spare), spare);
      return (SIDE - 1) / 2 + shift - (scale * (low + high)) / 2;
    };
    const moveX = place(left, right);
    const moveY = place(top, bottom);
    for (const chain of chains) {
      for (const p of chain) {
        p.x = scale * p.x + moveX;
        p.y = scale * p.y + moveY;
      }
    }
    return chains;
  }

  /** A round-ended piece from p to q; where strokes cross, the darker ink counts, not their sum. */
  private paint(p: Point, q: Point, radius: number, soft: number, ink: number): void {
    const reach = radius + soft / 2;
    const x0 = Math.max(0, Math.ceil(Math.min(p.x, q.x) - reach));
    const x1 = Math.min(SIDE - 1, Math.floor(Math.max(p.x, q.x) + reach));
    const y0 = Math.max(0, Math.ceil(Math.min(p.y, q.y) - reach));
    const y1 = Math.min(SIDE - 1, Math.floor(Math.max(p.y, q.y) + reach));
    const vx = q.x - p.x;
    const vy = q.y - p.y;
    const length2 = vx * vx + vy * vy;
    for (let y = y0; y <= y1; y++) {
      for (let x = x0; x <= x1; x++) {
        const ux = x - p.x;
        const uy = y - p.y;
        const along = length2 > 0 ? Math.min(Math.max((ux * vx + uy * vy) / length2, 0), 1) : 0;
        const ex = ux - along * vx;
        const ey = uy - along * vy;
        const distance2 = ex * ex + ey * ey;
        if (distance2 >= reach * reach) continue;
        const cover = Math.min(1, (reach - Math.sqrt(distance2)) / soft) * ink;
        const k = y * SIDE + x;
        if (cover > (this.canvas[k] as number)) this.canvas[k] = cover;
      }
    }
  }

  /** Blends in a 3 × 3 binomial blur, adds noise, rounds to bytes. */
  private finish(blur: number, noise: number, draws: Draws, out: Uint8Array, at: number): void {
    const { canvas, blurred } = this;
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const k = y * SIDE + x;
        const west = x > 0 ? (canvas[k - 1] as number) : 0;
        const east = x < SIDE - 1 ? (canvas[k + 1] as number) : 0;
        blurred[k] = (west + 2 * (canvas[k] as number) + east) / 4;
      }
    }
    let word = 0;
    for (let k = 0; k < PIXELS; k++) {
      const north = k >= SIDE ? (blurred[k - SIDE] as number) : 0;
      const south = k < PIXELS - SIDE ? (blurred[k + SIDE] as number) : 0;
      const wide = (north + 2 * (blurred[k] as number) + south) / 4;
      const sharp = canvas[k] as number;
      // Four pixels share the bytes of one random word.
      if ((k & 3) === 0) word = draws.uint32();
      const grain = ((word >>> (8 * (k & 3))) & 255) / 127.5 - 1;
      const value = sharp + blur * (wide - sharp) + noise * grain;
      out[at + k] = Math.round(255 * Math.min(Math.max(value, 0), 1));
    }
  }
}
