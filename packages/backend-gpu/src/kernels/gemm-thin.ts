// The product of matrices of which one is a vector, or nearly: a thread per element of y. For adapters that are
// processors: a tile in shared memory would be mostly margin, and they pay for its barriers.
import type { Program } from "../program/program.ts";
import { wgsl } from "../program/wgsl.ts";
import { activationCode, GEMM_PARAMS, type Gemm, type GemmForm } from "./gemm.ts";

/** Sides below this do not fill the smallest block of registers. */
const SIDE = 4;
export const isThin = ({ m, n }: Pick<Gemm, "m" | "n">): boolean => m < SIDE || n < SIDE;

/** Products of a turn: reading a number takes as long as some of them. */
const TURN = 4;

export function thinProgram(key: string, { bias, activation }: GemmForm): Program {
  const turn = Array.from(
    { length: TURN },
    (_, t) => `a[at_a + ${t}u * p.ac] * b[at_b + ${t}u * p.br]`,
  );
  const added = bias === "none" ? "" : ` + bias[p.obias + ${bias}]`;
  return wgsl({
    key,
    inputs: { a: "f32", b: "f32", ...(bias === "none" ? {} : { bias: "f32" as const }) },
    outputs: { y: "f32" },
    params: GEMM_PARAMS,
    threads: "linear",
    body: `  let column = i % p.n;
  var rest = i / p.n;
  let row = rest % p.m;
  rest = rest / p.m;
  let part = rest % p.parts;
  let batch = rest / p.parts;
  let c2 = batch % p.n2;
  let c1 = (batch / p.n2) % p.n1;
  let c0 = batch / p.n2 / p.n1;
  let begin = part * p.part;
  let last = min(begin + p.part, p.k);
  var at_a = p.oa + c0 * p.as0 + c1 * p.as1 + c2 * p.as2 + begin * p.ac + row * p.ar;
  var at_b = p.ob + c0 * p.bs0 + c1 * p.bs1 + c2 * p.bs2 + begin * p.br + column * p.bc;
  var sum = 0.0;
  var q = begin;
  for (; q + ${TURN}u <= last; q += ${TURN}u) {
    sum += ${turn.join(" + ")};
    at_a += ${TURN}u * p.ac;
    at_b += ${TURN}u * p.br;
  }
  for (; q < last; q++) {
    sum += a[at_a] * b[at_b];
    at_a += p.ac;
    at_b += p.br;
  }
  let v = sum${added};
  y[p.oy + i] = ${activationCode[activation]};`,
  });
}
