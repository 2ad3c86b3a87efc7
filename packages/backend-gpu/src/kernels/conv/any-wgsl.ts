// Convolution of any number of spatial dims, hand-written: one thread per result, everything a parameter. It takes
// what the others do not (three dims) and is what they are checked against.
import type { Activation, ConvGeometry, View } from "@tapegrad/core";
import { sizeOf } from "@tapegrad/core";
import { wgsl } from "../../program/wgsl.ts";
import { program } from "../../registry.ts";
import { blockOf, type GpuRuntime } from "../../runtime/runtime.ts";
import { activationCode } from "../gemm.ts";

type Pass = "forward" | "inputGrad" | "weightGrad";
const range = (n: number): number[] => Array.from({ length: n }, (_, d) => d);

/** Per dim: input size, output size, kernel, stride, padding, dilation. */
const WINDOW = ["h", "q", "k", "s", "p", "d"] as const;
const windowParams = (dims: number): Record<string, "i32"> =>
  Object.fromEntries(range(dims).flatMap((d) => WINDOW.map((n) => [`${n}${d}`, "i32" as const])));
const windowValues = (g: ConvGeometry): number[] =>
  range(g.stride.length).flatMap((d) => [
    g.x[d + 2] as number,
    g.y[d + 2] as number,
    g.w[d + 2] as number,
    g.stride[d] as number,
    g.padding[d] as number,
    g.dilation[d] as number,
  ]);

/** Nested loops over one index per dim; `each` gives the checks of a dim, `body` what runs inside. */
function loops(dims: number, size: string, each: (d: number) => string, body: string): string {
  let text = body;
  for (let d = dims - 1; d >= 0; d--) {
    text = `for (var i${d} = 0; i${d} < p.${size}${d}; i${d}++) { ${each(d)}\n${text} }`;
  }
  return text;
}

/** [n, c] and positions c0 … → an index into a dense array whose sizes are p.<size>d. */
const at = (lead: string, size: string, dims: number, name: string): string =>
  range(dims).reduce((text, d) => `(${text}) * p.${size}${d} + ${name}${d}`, lead);

/** Splits `rest` into positions, innermost first. */
const split = (dims: number, size: string, name: string): string =>
  range(dims)
    .reverse()
    .map((d) => `let ${name}${d} = rest % p.${size}${d}; rest = rest / p.${size}${d};`)
    .join("\n  ");

function bodyOf(pass: Pass, dims: number, hasBias: boolean, activation: Activation): string {
  const head = "  var rest = i32(i);";
  if (pass === "forward") {
    const tap = loops(
      dims,
      "k",
      (d) =>
        `let x${d} = y${d} * p.s${d} + i${d} * p.d${d} - p.p${d}; if (x${d} < 0 || x${d} >= p.h${d}) { continue; }`,
      `sum += x[p.ox + u32(${at("n * p.c + first + c", "h", dims, "x")})] * w[p.ow + u32(${at("o * p.cg + c", "k", dims, "i")})];`,
    );
    return `${head}
  ${split(dims, "q", "y")}
  let o = rest % p.o; let n = rest / p.o; let first = o / p.og * p.cg;
  var sum = ${hasBias ? "bias[p.ob + u32(o)]" : "0.0"};
  for (var c = 0; c < p.cg; c++) { ${tap} }
  let v = sum;
  y[i] = ${activationCode[activation]};`;
  }
  if (pass === "inputGrad") {
    const tap = loops(
      dims,
      "k",
      (d) =>
        `let t${d} = x${d} + p.p${d} - i${d} * p.d${d}; let y${d} = t${d} / p.s${d}; if (t${d} < 0 || y${d} * p.s${d} != t${d} || y${d} >= p.q${d}) { continue; }`,
      `sum += x[p.ox + u32(${at("n * p.o + o", "q", dims, "y")})] * w[p.ow + u32(${at("o * p.cg + c % p.cg", "k", dims, "i")})];`,
    );
    return `${head}
  ${split(dims, "h", "x")}
  let c = rest % p.c; let n = rest / p.c; let group = c / p.cg;
  var sum = 0.0;
  for (var m = 0; m < p.og; m++) { let o = group * p.og + m; ${tap} }
  y[i] = sum;`;
  }
  const tap = loops(
    dims,
    "q",
    (d) =>
      `let x${d} = i${d} * p.s${d} + k${d} * p.d${d} - p.p${d}; if (x${d} < 0 || x${d} >= p.h${d}) { continue; }`,
    `sum += x[p.ox + u32(${at("n * p.o + o", "q", dims, "i")})] * w[p.ow + u32(${at("n * p.c + o / p.og * p.cg + c", "h", dims, "x")})];`,
  );
  return `${head}
  ${split(dims, "k", "k")}
  let c = rest % p.cg; let o = rest / p.cg;
  var sum = 0.0;
  for (var n = 0; n < p.n; n++) { ${tap} }
  y[i] = sum;`;
}

/**
 * forward: a = x, b = w; inputGrad: a = g, b = w; weightGrad: a = g, b = x. All dense, y fresh.
 */
export function direct(
  rt: GpuRuntime,
  pass: Pass,
  a: View,
  b: View,
  bias: View | undefined,
  y: View,
  g: ConvGeometry,
  activation: Activation = "none",
): void {
  const dims = g.stride.length;
  const key = `wgsl/conv/${pass}/${dims}/${bias ? "bias" : ""}${activation}`;
  const made = program(key, () =>
    wgsl({
      key,
      inputs: { x: "f32", w: "f32", ...(bias ? { bias: "f32" as const } : {}) },
      outputs: { y: "f32" },
      params: {
        ...{ ox: "u32", ow: "u32", ob: "u32" },
        ...{ n: "i32", c: "i32", o: "i32", cg: "i32", og: "i32" },
        ...windowParams(dims),
      },
      threads: "linear",
      body: bodyOf(pass, dims, bias !== undefined, activation),
    }),
  );
  const [n, c] = g.x as [number, number];
  const [o, cg] = g.w as [number, number];
  rt.dispatch(
    made,
    [a, b, ...(bias ? [bias] : []), y].map(blockOf),
    [a.offset, b.offset, bias?.offset ?? 0, n, c, o, cg, o / g.groups, ...windowValues(g)],
    sizeOf(y.shape),
  );
}
