// Running sums, products and logarithms of sums along a dim. A long line is cut into as many chunks as each has elements:
// a thread folds each chunk, a thread per line adds up what the chunks before came to, and a thread per chunk goes on
// from there. No step waits for more than a few roots of the line's length, and sums of sums are more exact than one.
import { type FusedKernels, sizeOf } from "@tapegrad/core";
import { isFresh } from "../layout.ts";
import { type WgslType, wgsl } from "../program/wgsl.ts";
import { program, slot } from "../registry.ts";
import { blockOf } from "../runtime/runtime.ts";
import { wgslType } from "../types.ts";
import { dense } from "./elementwise-wgsl.ts";
import { mathFor } from "./math-wgsl.ts";

type Args = Parameters<NonNullable<FusedKernels["scan"]>>;
type Code = Args[0];

/** Lines up to here are no chunks, nor are so many that they keep a device busy by themselves. */
const SHORT = 64;
const MANY = 1 << 14;

const LOG = `fn join(a : f32, b : f32) -> f32 {
  if (is_inf(a) && a < 0.0) { return b; }
  if (is_inf(b) && b < 0.0) { return a; }
  return logaddexp(a, b);
}`;

/** `join` of a code for a dtype; bytes wrap. */
function joining(code: Code, type: WgslType): { start: string; head: string } {
  if (code === "logsumexp") return { start: "-infinity()", head: `${mathFor(LOG)}\n${LOG}` };
  const value = `a ${code === "sum" ? "+" : "*"} b`;
  const result = type === "u32" ? `(${value}) & 255u` : value;
  return {
    start: `${type}(${code === "sum" ? 0 : 1})`,
    head: `fn join(a : ${type}, b : ${type}) -> ${type} { return ${result}; }`,
  };
}

/** Element k of a line, counted in the order of the scan. */
const at = (reverse: boolean): string =>
  `(line / p.inner * p.n + ${reverse ? "p.n - 1u - k" : "k"}) * p.inner + line % p.inner`;

export const scan = slot<Args>("scan", [
  {
    name: "wgsl chunks",
    takes: (_code, x, y) => x.dtype === y.dtype && x.dtype !== "bool" && isFresh(y),
    run(rt, code, x, y, dim, reverse) {
      const n = x.shape[dim] as number;
      const inner = sizeOf(x.shape.slice(dim + 1));
      const size = sizeOf(x.shape);
      if (size === 0) return;
      const lines = size / n;
      const whole = n <= SHORT || lines >= MANY;
      const chunk = whole ? n : Math.ceil(Math.sqrt(n));
      const chunks = Math.ceil(n / chunk);
      const type = wgslType(x.dtype);
      const { start, head } = joining(code, type);
      const from = dense(rt, x);
      const params = { n: "u32", inner: "u32", lines: "u32", chunk: "u32", o: "u32" } as const;
      const values = [n, inner, lines, chunk, from.offset];
      const way = `${code}/${type}${reverse ? "/reverse" : ""}`;
      const walk = (first: string, then: string): string => `  let line = i % p.lines;
  var total = ${first};
  let first = i / p.lines * p.chunk;
  for (var k = first; k < min(first + p.chunk, p.n); k++) {
    let at = ${at(reverse)};
    total = join(total, x[p.o + at]);${then}
  }`;
      const run = program(`wgsl/scan/run/${way}${whole ? "" : "/from"}`, (key) =>
        wgsl({
          ...{ key, params, head, threads: "linear", outputs: { y: type } },
          inputs: { x: type, ...(whole ? {} : { before: type }) },
          body: walk(whole ? start : "before[i]", "\n    y[at] = total;"),
        }),
      );
      if (whole) {
        rt.dispatch(run, [from, y].map(blockOf), values, lines);
        return;
      }
      const fold = program(`wgsl/scan/fold/${way}`, (key) =>
        wgsl({
          ...{ key, params, head, threads: "linear", inputs: { x: type }, outputs: { y: type } },
          body: `${walk(start, "")}\n  y[i] = total;`,
        }),
      );
      const add = program(`wgsl/scan/before/${code}/${type}`, (key) =>
        wgsl({
          ...{ key, head, threads: "linear", inputs: { x: type }, outputs: { y: type } },
          params: { chunks: "u32" },
          body: `  var total = ${start};
  for (var c = 0u; c < p.chunks; c++) {
    let at = c * p.count + i;
    y[at] = total;
    total = join(total, x[at]);
  }`,
        }),
      );
      const totals = rt.temporary(4 * chunks * lines, "scan");
      const before = rt.temporary(4 * chunks * lines, "scan");
      rt.dispatch(fold, [blockOf(from), totals], values, chunks * lines);
      rt.dispatch(add, [totals, before], [chunks], lines);
      rt.dispatch(run, [blockOf(from), before, blockOf(y)], values, chunks * lines);
    },
  },
]);
