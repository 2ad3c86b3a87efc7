// Hand-specialised WGSL that the GPU backend is measured against: every size is written into the text, and nothing but
// the one case works. Depthwise 3 × 3 with padding 1, and the product of two square matrices.
import { wgsl } from "../packages/backend-gpu/src/program/wgsl.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

export interface Depthwise {
  readonly n: number;
  readonly c: number;
  /** A multiple of 4. */
  readonly side: number;
}

/** Four outputs of a row a thread; the input gradient is the same with the kernel turned around. */
export function depthwise3({ n, c, side }: Depthwise, turned: boolean) {
  const lines: string[] = [];
  for (const r of range(3)) {
    lines.push(`  { let h = y0 + ${r} - 1; let ok = h >= 0 && h < ${side};`);
    lines.push(`    let at = plane + h * ${side} + x0 - 1;`);
    for (const k of range(6)) {
      const inside = k === 0 ? " && x0 > 0" : k === 5 ? ` && x0 < ${side - 4}` : "";
      lines.push(`    let v${k} = select(0.0, x[u32(at + ${k})], ok${inside});`);
    }
    const tap = (k: number): number => (turned ? 8 - 3 * r - k : 3 * r + k);
    for (const t of range(4)) {
      lines.push(
        `    s${t} += ${range(3)
          .map((k) => `w[c * 9u + ${tap(k)}u] * v${t + k}`)
          .join(" + ")};`,
      );
    }
    lines.push("  }");
  }
  const across = side / 4;
  return {
    program: wgsl({
      key: `bench/depthwise3/${turned}`,
      inputs: { x: "f32", w: "f32" },
      outputs: { y: "f32" },
      threads: "linear",
      body: `  let x0 = i32(i % ${across}u) * 4;
  let y0 = i32((i / ${across}u) % ${side}u);
  let z = i / ${across * side}u;
  let c = z % ${c}u;
  let plane = i32(z * ${side * side}u);
  var s0 = 0.0; var s1 = 0.0; var s2 = 0.0; var s3 = 0.0;
${lines.join("\n")}
  let to = u32(plane + y0 * ${side} + x0);
  y[to] = s0; y[to + 1u] = s1; y[to + 2u] = s2; y[to + 3u] = s3;`,
    }),
    threads: n * c * side * across,
  };
}

/** A thread per row of a plane's outputs holds nine sums; a second pass adds them up. */
export function depthwise3WeightGrad({ n, c, side }: Depthwise) {
  const parts = n * 4;
  const rows = side / 4;
  const taps = range(9);
  const body: string[] = [];
  for (const r of range(3)) {
    body.push(`    { let h = y0 + ${r} - 1; let ok = h >= 0 && h < ${side};`);
    body.push(`      let at = plane + h * ${side} + x0 - 1;`);
    for (const k of range(6)) {
      const inside = k === 0 ? " && x0 > 0" : k === 5 ? ` && x0 < ${side - 4}` : "";
      body.push(`      let v${k} = select(0.0, x[u32(at + ${k})], ok${inside});`);
    }
    for (const k of range(3)) {
      body.push(
        `      s${3 * r + k} += ${range(4)
          .map((t) => `g${t} * v${t + k}`)
          .join(" + ")};`,
      );
    }
    body.push("    }");
  }
  const sums = wgsl({
    key: "bench/depthwise3/weight",
    inputs: { g: "f32", x: "f32" },
    outputs: { y: "f32" },
    threads: "linear",
    body: `  let c = i % ${c}u; let part = i / ${c}u;
  let plane = i32((part / 4u * ${c}u + c) * ${side * side}u);
  let first = i32(part % 4u) * ${rows};
${taps.map((k) => `  var s${k} = 0.0;`).join("")}
  for (var y0 = first; y0 < first + ${rows}; y0++) {
    for (var x0 = 0; x0 < ${side}; x0 += 4) {
    let start = u32(plane + y0 * ${side} + x0);
    let g0 = g[start]; let g1 = g[start + 1u]; let g2 = g[start + 2u]; let g3 = g[start + 3u];
${body.join("\n")}
    }
  }
${taps.map((k) => `  y[(part * ${c}u + c) * 9u + ${k}u] = s${k};`).join("\n")}`,
  });
  const add = wgsl({
    key: "bench/depthwise3/weight/add",
    inputs: { part: "f32" },
    outputs: { y: "f32" },
    threads: "linear",
    body: `  var sum = 0.0;
  for (var k = 0u; k < ${parts}u; k++) { sum += part[k * ${c * 9}u + i]; }
  y[i] = sum;`,
  });
  return { sums, add, parts, threads: parts * c };
}

/** Blocks of 8 × 8 in registers. @param size a multiple of 8 */
export function squareProduct(size: number) {
  const eight = range(8);
  const b = (from: number): string =>
    `vec4<f32>(${range(4)
      .map((j) => `b[q * ${size}u + column + ${from + j}u]`)
      .join(", ")})`;
  return {
    program: wgsl({
      key: `bench/product/${size}`,
      inputs: { a: "f32", b: "f32" },
      outputs: { y: "f32" },
      threads: "linear",
      body: `  let column = i % ${size / 8}u * 8u; let row = i / ${size / 8}u * 8u;
${eight.map((t) => `  var l${t} = vec4<f32>(); var r${t} = vec4<f32>();`).join("\n")}
  for (var q = 0u; q < ${size}u; q++) {
    let left = ${b(0)}; let right = ${b(4)};
${eight.map((t) => `    let a${t} = a[(row + ${t}u) * ${size}u + q]; l${t} += a${t} * left; r${t} += a${t} * right;`).join("\n")}
  }
${eight
  .map((t) =>
    eight
      .map(
        (j) =>
          `  y[(row + ${t}u) * ${size}u + column + ${j}u] = ${j < 4 ? "l" : "r"}${t}[${j % 4}];`,
      )
      .join("\n"),
  )
  .join("\n")}`,
    }),
    threads: (size / 8) ** 2,
  };
}
