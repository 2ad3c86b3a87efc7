// The product of matrices without shared memory: each thread multiplies a block of rows with a block of columns out of
// registers. For adapters that are processors: a barrier costs them more than reading again from their caches.
import type { Program } from "../program/program.ts";
import { wgsl } from "../program/wgsl.ts";
import { activationCode, GEMM_PARAMS, type GemmForm } from "./gemm.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Threads of a workgroup lie 8 by 8. */
const SIDE = 8;

/**
 * `tile` is the side of the block: 4 or 8, at most m and n. At the margins blocks overlap: two threads write the same
 * numbers, which is cheaper than asking at each load.
 */
export function registerProgram(key: string, form: GemmForm): Program {
  const { tile, bias, split, activation } = form;
  const sides = range(tile);
  const quads = range(tile / 4);
  const lines = (of: readonly number[], line: (t: number) => string): string =>
    of.map(line).join("\n");
  const quad = (u: number): string =>
    `vec4<f32>(${range(4)
      .map((j) => `b[at_b + cb${4 * u + j}]`)
      .join(", ")})`;
  const store = (t: number, u: number, j: number): string => {
    const column = `column0 + ${4 * u + j}u`;
    const added =
      bias === "none" ? "" : ` + bias[p.obias + ${bias === "row" ? `row0 + ${t}u` : column}]`;
    return `  { let v = acc${t}_${u}[${j}]${added}; y[out_at + ${t}u * p.n + ${4 * u + j}u] = ${activationCode[activation]}; }`;
  };
  const body = `  let groups_n = (p.tiles_n + ${SIDE - 1}u) / ${SIDE}u;
  let groups_m = (p.tiles_m + ${SIDE - 1}u) / ${SIDE}u;
  let block_n = item % groups_n * ${SIDE}u + lane % ${SIDE}u;
  var rest = item / groups_n;
  let block_m = rest % groups_m * ${SIDE}u + lane / ${SIDE}u;
  rest = rest / groups_m;
  if (block_n >= p.tiles_n || block_m >= p.tiles_m) { return; }
  let column0 = min(block_n * ${tile}u, p.n - ${tile}u);
  let row0 = min(block_m * ${tile}u, p.m - ${tile}u);
  let part = rest % p.parts;
  let batch = rest / p.parts;
  let c2 = batch % p.n2;
  let c1 = (batch / p.n2) % p.n1;
  let c0 = batch / p.n2 / p.n1;
  let begin = part * p.part;
  let last = min(begin + p.part, p.k);
  var at_a = p.oa + c0 * p.as0 + c1 * p.as1 + c2 * p.as2 + begin * p.ac + row0 * p.ar;
  var at_b = p.ob + c0 * p.bs0 + c1 * p.bs1 + c2 * p.bs2 + begin * p.br + column0 * p.bc;
${lines(sides, (t) => `  let ra${t} = ${t}u * p.ar; let cb${t} = ${t}u * p.bc;`)}
${lines(sides, (t) => quads.map((u) => `  var acc${t}_${u} = vec4<f32>();`).join(""))}
  for (var q = begin; q < last; q++) {
${lines(quads, (u) => `    let v${u} = ${quad(u)};`)}
${lines(sides, (t) => `    let x${t} = a[at_a + ra${t}]; ${quads.map((u) => `acc${t}_${u} += x${t} * v${u};`).join(" ")}`)}
    at_a += p.ac;
    at_b += p.br;
  }
  let out_at = p.oy + (${split ? "(batch * p.parts + part)" : "batch"} * p.m + row0) * p.n + column0;
${lines(sides, (t) => lines(quads, (u) => lines(range(4), (j) => store(t, u, j))))}`;
  return wgsl({
    key,
    inputs: { a: "f32", b: "f32", ...(bias === "none" ? {} : { bias: "f32" as const }) },
    outputs: { y: "f32" },
    params: GEMM_PARAMS,
    threads: "groups",
    workgroup: [SIDE * SIDE, 1, 1],
    body,
  });
}

/** Workgroups for so many blocks in each direction. */
export const registerGroups = (blocksM: number, blocksN: number): number =>
  Math.ceil(blocksM / SIDE) * Math.ceil(blocksN / SIDE);
