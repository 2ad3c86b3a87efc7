// The arithmetic of one step of an LSTM or a GRU and of its gradient, four units at a time: run(rows, size, …arrays).
// An array has one or several values for each unit of a row: gates lie behind each other, `size` apart.
import {
  type Code,
  countdownOrSkip,
  type Expr,
  type Func,
  f32x4,
  func,
  type IntLocal,
  i32,
  type Local,
  v128,
} from "../assembler/assembler.ts";
import { splat, type VectorMath, vectorMath } from "../elementwise/math.ts";

type V = Expr<"v128">;
type Vector = Local<"v128">;
const { add, sub, mul } = f32x4;
const ONE = splat(1);

interface ArraySpec {
  /** Values for each unit. */
  readonly values: number;
  readonly write: boolean;
  /** Written without being read. */
  readonly fresh?: true;
  /** One row for all. */
  readonly shared?: true;
}

const input = (values = 1): ArraySpec => ({ values, write: false });
const output = (values = 1): ArraySpec => ({ values, write: true, fresh: true });
const changed = (values = 1): ArraySpec => ({ values, write: true });

/** The values of the arrays, each in a local, to be changed by `change`. */
type Change = (m: VectorMath, arrays: readonly (readonly Vector[])[]) => Code;

function cellKernel(relaxed: boolean, arrays: readonly ArraySpec[], change: Change): Func {
  const names = arrays.map((_, k) => `a${k}`);
  const params = Object.fromEntries(["rows", "size", ...names].map((name) => [name, "i32"]));
  return func("run", params as Record<string, "i32">, (f, p) => {
    const values = arrays.map((a) => f.locals("v128", a.values));
    const pointers = arrays.map((a) => f.locals("i32", a.values));
    const [left, bytes] = [f.local("i32"), f.local("i32")];
    const body = change(vectorMath(f, relaxed), values);
    const each = (use: (at: IntLocal, value: Vector, a: ArraySpec) => Code): Code =>
      arrays.map((a, k) =>
        (pointers[k] as IntLocal[]).map((at, v) =>
          use(at, (values[k] as Vector[])[v] as Vector, a),
        ),
      );
    const move = (by: number): Code => each((at) => at.add(by));
    const four: Code = [
      each((at, value, a) => (a.fresh ? [] : value.set(v128.load(at)))),
      body,
      each((at, value, a) => (a.write ? v128.store(at, value) : [])),
      move(16),
    ];
    const one: Code = [
      each((at, value, a) => (a.fresh ? [] : value.set(v128.load32Splat(at)))),
      body,
      each((at, value, a) => (a.write ? v128.store32Lane(at, value, 0) : [])),
      move(4),
    ];
    /** From the end of a row of the first value to where the next row of it begins. */
    const onward: Code = arrays.map((a, k) =>
      (pointers[k] as IntLocal[]).map((at) =>
        a.shared
          ? at.set(i32.sub(at, bytes))
          : a.values === 1
            ? []
            : at.set(i32.add(at, i32.mul(bytes, a.values - 1))),
      ),
    );
    return [
      bytes.set(i32.shl(p.size as IntLocal, 2)),
      arrays.map((_, k) =>
        (pointers[k] as IntLocal[]).map((at, v) =>
          at.set(
            v === 0
              ? (p[`a${k}`] as IntLocal)
              : i32.add((pointers[k] as IntLocal[])[v - 1] as IntLocal, bytes),
          ),
        ),
      ),
      countdownOrSkip(p.rows as IntLocal, [
        left.set(i32.shrU(p.size as IntLocal, 2)),
        countdownOrSkip(left, four),
        left.set(i32.and(p.size as IntLocal, 3)),
        countdownOrSkip(left, one),
        onward,
      ]),
    ];
  });
}

/** s · (1 − s), the slope of a sigmoid. */
const slope = (s: V): V => mul(s, sub(ONE, s));
/** 1 − t², the slope of a tanh. */
const rest = (t: V): V => sub(ONE, mul(t, t));

/** Arrays: given, gates, c, next, h. */
export const lstmCell = (relaxed: boolean): Func =>
  cellKernel(relaxed, [input(4), changed(4), input(), output(), output()], (m, arrays) => {
    const [given, gates, [c], [next], [h]] = arrays as [
      Vector[],
      Vector[],
      [Vector],
      [Vector],
      [Vector],
    ];
    const [enter, forget, fresh, out] = gates as [Vector, Vector, Vector, Vector];
    return [
      gates.map((g, k) => g.set(add(g, given[k] as Vector))),
      [enter, forget, out].map((g) => g.set(m.sigmoid(g))),
      fresh.set(m.tanh(fresh)),
      next.set(add(mul(forget, c), mul(enter, fresh))),
      h.set(mul(out, m.tanh(next))),
    ];
  });

/** Arrays: gates, c, next, g, carry (where there is one), dc, dgates. */
export const lstmCellGrad = (relaxed: boolean, carried: boolean): Func =>
  cellKernel(
    relaxed,
    [input(4), input(), input(), input(), ...(carried ? [input()] : []), changed(), output(4)],
    (m, arrays) => {
      const [gates, [c], [next], [g]] = arrays as [Vector[], [Vector], [Vector], [Vector]];
      const [enter, forget, fresh, out] = gates as [Vector, Vector, Vector, Vector];
      const [[carry], [dc], down] = arrays.slice(carried ? 4 : 3) as [[Vector], [Vector], Vector[]];
      const [i, f, n, o] = down as [Vector, Vector, Vector, Vector];
      return [
        carried ? g.set(add(g, carry)) : [],
        // o holds tanh(next) for now.
        o.set(m.tanh(next)),
        dc.set(add(dc, mul(mul(g, out), rest(o)))),
        i.set(mul(mul(dc, fresh), slope(enter))),
        f.set(mul(mul(dc, c), slope(forget))),
        n.set(mul(mul(dc, enter), rest(fresh))),
        o.set(mul(mul(g, o), slope(out))),
        dc.set(mul(dc, forget)),
      ];
    },
  );

/** Arrays: given, gates, bias (where there is one), own, h, next. */
export const gruCell = (relaxed: boolean, biased: boolean): Func =>
  cellKernel(
    relaxed,
    [
      ...[input(3), changed(3)],
      ...(biased ? [{ ...input(3), shared: true } as const] : []),
      ...[output(), input(), output()],
    ],
    (m, arrays) => {
      const [given, gates, bias] = arrays as [Vector[], Vector[], Vector[]];
      const [[own], [h], [next]] = arrays.slice(-3) as [[Vector], [Vector], [Vector]];
      const [reset, update, fresh] = gates as [Vector, Vector, Vector];
      return [
        biased ? gates.map((g, k) => g.set(add(g, bias[k] as Vector))) : [],
        own.set(fresh),
        [reset, update].map((g, k) => [g.set(add(g, given[k] as Vector)), g.set(m.sigmoid(g))]),
        fresh.set(add(given[2] as Vector, mul(reset, own))),
        fresh.set(m.tanh(fresh)),
        next.set(add(fresh, mul(update, sub(h, fresh)))),
      ];
    },
  );

/** Arrays: gates, own, h, g, carry (where there is one), direct, dgiven, down. */
export const gruCellGrad = (relaxed: boolean, carried: boolean): Func =>
  cellKernel(
    relaxed,
    [
      ...[input(3), input(), input(), input()],
      ...(carried ? [input(), changed()] : [output()]),
      ...[output(3), output(3)],
    ],
    (_, arrays) => {
      const [gates, [own], [h], [g]] = arrays as [Vector[], [Vector], [Vector], [Vector]];
      const [reset, update, fresh] = gates as [Vector, Vector, Vector];
      const [[direct], given, down] = arrays.slice(-3) as [[Vector], Vector[], Vector[]];
      const carry = (arrays[4] as Vector[])[0] as Vector;
      const [dr, dz, dn] = given as [Vector, Vector, Vector];
      return [
        carried ? g.set(add(g, add(carry, direct))) : [],
        dn.set(mul(mul(g, sub(ONE, update)), rest(fresh))),
        dr.set(mul(mul(dn, own), slope(reset))),
        dz.set(mul(mul(g, sub(h, fresh)), slope(update))),
        [dr, dz].map((v, k) => (down[k] as Vector).set(v)),
        (down[2] as Vector).set(mul(dn, reset)),
        direct.set(mul(g, update)),
      ];
    },
  );
