// Pooling of one to three spatial dims in WGSL: a thread per result, which knows NaN. Gradients are asked for by the
// element that they reach, so nothing is added to one place by two threads.
import { type PoolGeometry, type Shape, sizeOf, type View } from "@tapegrad/core";
import { type WgslType, wgsl } from "../../program/wgsl.ts";
import { program } from "../../registry.ts";
import { blockOf, type GpuRuntime } from "../../runtime/runtime.ts";
import { mathFor } from "../math-wgsl.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, d) => d);

/** Per dim: input size, output size, kernel, stride, padding, dilation. */
const NAMES = ["h", "q", "k", "s", "p", "d"] as const;
const paramsFor = (names: readonly string[], dims: number): Record<string, WgslType> =>
  Object.fromEntries(range(dims).flatMap((d) => names.map((n) => [`${n}${d}`, "i32" as const])));
const geometryValues = (g: PoolGeometry): number[] =>
  range(g.kernel.length).flatMap((d) => [
    g.x[d + 2] as number,
    g.y[d + 2] as number,
    g.kernel[d] as number,
    g.stride[d] as number,
    g.padding[d] as number,
    g.dilation[d] as number,
  ]);

/** Splits `rest` into positions, innermost first; what is left is the plane. */
const split = (dims: number, size: string, name: string): string =>
  `var rest = i32(i);\n  ${range(dims)
    .reverse()
    .map((d) => `let ${name}${d} = rest % p.${size}${d}; rest = rest / p.${size}${d};`)
    .join("\n  ")}`;
const place = (lead: string, size: string, dims: number, name: string): string =>
  range(dims).reduce((text, d) => `(${text}) * p.${size}${d} + ${name}${d}`, lead);

/** Nested loops; `each` says what is checked or computed per dim. */
function loops(
  dims: number,
  bounds: (d: number) => readonly [string, string],
  each: (d: number) => string,
  body: string,
): string {
  let text = body;
  for (let d = dims - 1; d >= 0; d--) {
    const [from, to] = bounds(d);
    text = `for (var i${d} = ${from}; i${d} < ${to}; i${d}++) { ${each(d)}\n${text} }`;
  }
  return text;
}
const taps = (d: number): readonly [string, string] => ["0", `p.k${d}`];

/** The divisor of the average at output o<d>, over all dims: see divisorAt in core's pool/geometry.ts. */
const divisor = (dims: number, o: string): string =>
  range(dims)
    .map((d) => {
      const start = `${o}${d} * p.s${d} - p.p${d}`;
      const end = `min(${start} + p.k${d}, p.h${d} + p.p${d})`;
      return `f32(select(min(${end}, p.h${d}) - max(${start}, 0), ${end} - (${start}), p.padded == 1))`;
    })
    .join(" * ");

const inWindow = (d: number): string =>
  `let x${d} = y${d} * p.s${d} + i${d} * p.d${d} - p.p${d}; if (x${d} < 0 || x${d} >= p.h${d}) { continue; }`;

export function maxPool(
  rt: GpuRuntime,
  x: View,
  y: View,
  indices: View | undefined,
  g: PoolGeometry,
): void {
  const dims = g.kernel.length;
  const key = `wgsl/pool/max/${dims}${indices ? "/indices" : ""}`;
  const made = program(key, () => {
    const head = mathFor("infinity is_nan");
    const local = place("0", "h", dims, "x");
    return wgsl({
      key,
      inputs: { x: "f32" },
      outputs: { y: "f32", ...(indices ? { at_out: "i32" as const } : {}) },
      params: { ox: "u32", ...paramsFor(NAMES, dims) },
      threads: "linear",
      head,
      // Padding never wins, the first of equals does, NaN beats all and stays.
      body: `  ${split(dims, "q", "y")}
  let plane = rest * ${range(dims)
    .map((d) => `p.h${d}`)
    .join(" * ")};
  var best = -infinity();
  var at = 0;
  var found = false;
  ${loops(
    dims,
    taps,
    inWindow,
    `let here = ${local};
    let v = x[p.ox + u32(plane + here)];
    if (!found) { at = here; found = true; }
    if (v > best || is_nan(v)) { best = v; at = here; }`,
  )}
  y[i] = best;${indices ? "\n  at_out[i] = at;" : ""}`,
    });
  });
  const blocks = [x, y, ...(indices ? [indices] : [])].map(blockOf);
  rt.dispatch(made, blocks, [x.offset, ...geometryValues(g)], sizeOf(y.shape));
}

export function avgPool(rt: GpuRuntime, x: View, y: View, g: PoolGeometry): void {
  const dims = g.kernel.length;
  const made = program(`wgsl/pool/avg/${dims}`, (key) =>
    wgsl({
      key,
      inputs: { x: "f32" },
      outputs: { y: "f32" },
      params: { ox: "u32", padded: "i32", ...paramsFor(NAMES, dims) },
      threads: "linear",
      body: `  ${split(dims, "q", "y")}
  var sum = 0.0;
  ${loops(dims, taps, inWindow, `sum += x[p.ox + u32(${place("rest", "h", dims, "x")})];`)}
  y[i] = sum / (${divisor(dims, "y")});`,
    }),
  );
  const values = [x.offset, g.countIncludePad ? 1 : 0, ...geometryValues(g)];
  rt.dispatch(made, [blockOf(x), blockOf(y)], values, sizeOf(y.shape));
}

export function avgPoolGrad(rt: GpuRuntime, g: View, dx: View, geometry: PoolGeometry): void {
  const dims = geometry.kernel.length;
  const made = program(`wgsl/pool/avgGrad/${dims}`, (key) =>
    wgsl({
      key,
      inputs: { g: "f32" },
      outputs: { y: "f32" },
      params: { og: "u32", padded: "i32", ...paramsFor(NAMES, dims) },
      threads: "linear",
      body: `  ${split(dims, "h", "x")}
  var sum = 0.0;
  ${loops(
    dims,
    taps,
    (d) =>
      `let t${d} = x${d} + p.p${d} - i${d}; let o${d} = t${d} / p.s${d}; if (t${d} < 0 || o${d} * p.s${d} != t${d} || o${d} >= p.q${d}) { continue; }`,
    `sum += g[p.og + u32(${place("rest", "q", dims, "o")})] / (${divisor(dims, "o")});`,
  )}
  y[i] = sum;`,
    }),
  );
  const values = [g.offset, geometry.countIncludePad ? 1 : 0, ...geometryValues(geometry)];
  rt.dispatch(made, [blockOf(g), blockOf(dx)], values, sizeOf(dx.shape));
}

// ---- adaptive -----------------------------------------------------------------------------------------------

const SIZES = ["h", "q"] as const;
const sizeValues = (x: Shape, y: Shape): number[] =>
  x.slice(2).flatMap((n, d) => [n, y[d + 2] as number]);
/** Where the window of output o<d> begins and ends. */
const start = (o: string, d: number): string => `${o}${d} * p.h${d} / p.q${d}`;
const end = (o: string, d: number): string => `((${o}${d} + 1) * p.h${d} + p.q${d} - 1) / p.q${d}`;
const windowSize = (dims: number, o: string): string =>
  range(dims)
    .map((d) => `f32(${end(o, d)} - ${start(o, d)})`)
    .join(" * ");

export function adaptiveAvgPool(rt: GpuRuntime, x: View, y: View): void {
  const dims = x.shape.length - 2;
  const made = program(`wgsl/pool/adaptive/${dims}`, (key) =>
    wgsl({
      key,
      inputs: { x: "f32" },
      outputs: { y: "f32" },
      params: { ox: "u32", ...paramsFor(SIZES, dims) },
      threads: "linear",
      body: `  ${split(dims, "q", "y")}
  var sum = 0.0;
  ${loops(
    dims,
    (d) => [start("y", d), end("y", d)],
    () => "",
    `sum += x[p.ox + u32(${place("rest", "h", dims, "i")})];`,
  )}
  y[i] = sum / (${windowSize(dims, "y")});`,
    }),
  );
  const values = [x.offset, ...sizeValues(x.shape, y.shape)];
  rt.dispatch(made, [blockOf(x), blockOf(y)], values, sizeOf(y.shape));
}

export function adaptiveAvgPoolGrad(rt: GpuRuntime, g: View, dx: View): void {
  const dims = dx.shape.length - 2;
  const made = program(`wgsl/pool/adaptiveGrad/${dims}`, (key) =>
    wgsl({
      key,
      inputs: { g: "f32" },
      outputs: { y: "f32" },
      params: { og: "u32", ...paramsFor(SIZES, dims) },
      threads: "linear",
      // Windows that hold x are neighbours: the first is about x · q / h.
      body: `  ${split(dims, "h", "x")}
  var sum = 0.0;
  ${loops(
    dims,
    (d) => [
      `max(0, x${d} * p.q${d} / p.h${d} - 1)`,
      `min(p.q${d}, ((x${d} + 1) * p.q${d}) / p.h${d} + 2)`,
    ],
    (d) => `if (x${d} < ${start("i", d)} || x${d} >= ${end("i", d)}) { continue; }`,
    `sum += g[p.og + u32(${place("rest", "q", dims, "i")})] / (${windowSize(dims, "i")});`,
  )}
  y[i] = sum;`,
    }),
  );
  const values = [g.offset, ...sizeValues(dx.shape, g.shape)];
  rt.dispatch(made, [blockOf(g), blockOf(dx)], values, sizeOf(dx.shape));
}
