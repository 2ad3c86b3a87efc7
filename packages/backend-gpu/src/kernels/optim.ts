// Steps of optimizers, the common norm and the scaling of gradients: a dispatch for each parameter, all in one batch.
// gpu.js has one output and cannot write what it reads: there each new value goes through a temporary.
import { type AdamStep, adamFactors, type SGDStep, sizeOf, type View } from "@tapegrad/core";
import { gpuJs } from "../program/gpu-js.ts";
import { type WgslType, wgsl } from "../program/wgsl.ts";
import { program, slot } from "../registry.ts";
import { blockOf, type GpuRuntime } from "../runtime/runtime.ts";
import { COPY, dense, elementwise, temporaryLike } from "./elementwise-wgsl.ts";

type Lists = readonly (readonly View[] | undefined)[];
const allFloats = (...lists: Lists): boolean =>
  lists.every((list) => list?.every((v) => v.dtype === "float32") ?? true);

// ---- formulas: the same statements in both languages ----------------------------------------------------------

/** New values of arrays, one statement after another; numbers by name. */
interface Update {
  readonly key: string;
  /** Arrays that are read, the gradient g first; those in `statements` are also written. */
  readonly arrays: readonly string[];
  /** [array or local name, formula]: each statement sees the new values of those before. */
  readonly statements: readonly (readonly [string, string])[];
  readonly numbers: Readonly<Record<string, number>>;
}

function sgdUpdate(step: SGDStep, withBuffer: boolean): Update {
  const { lr, momentum, dampening, weightDecay, nesterov, maximize, first } = step;
  const statements: [string, string][] = [["h", maximize ? "-g" : "g"]];
  if (weightDecay !== 0) statements.push(["h", "param * weightDecay + h"]);
  if (withBuffer) {
    statements.push(["buffer", first ? "h" : "buffer * momentum + h * fresh"]);
    statements.push(["h", nesterov ? "buffer * momentum + h" : "buffer"]);
  }
  statements.push(["param", "param + h * rate"]);
  const key = `sgd/${[withBuffer, weightDecay !== 0, nesterov, maximize, first].map(Number).join("")}`;
  return {
    key,
    arrays: ["g", "param", ...(withBuffer ? ["buffer"] : [])],
    statements,
    numbers: { rate: -lr, momentum, fresh: 1 - dampening, weightDecay },
  };
}

function adamUpdate(step: AdamStep, withLargest: boolean): Update {
  const { beta2, eps, weightDecay, decoupled, maximize } = step;
  const statements: [string, string][] = [["h", maximize ? "-g" : "g"]];
  if (weightDecay !== 0 && decoupled) statements.push(["param", "param * shrink"]);
  else if (weightDecay !== 0) statements.push(["h", "param * weightDecay + h"]);
  statements.push(["mean", "mean + (h - mean) * newMean"]);
  statements.push(["square", "square * beta2 + h * h * newSquare"]);
  if (withLargest) statements.push(["largest", "max(largest, square)"]);
  const most = withLargest ? "largest" : "square";
  statements.push(["param", `param + mean / (sqrt(${most}) / correction + eps) * rate`]);
  const key = `adam/${[withLargest, weightDecay !== 0, decoupled, maximize].map(Number).join("")}`;
  return {
    key,
    arrays: ["g", "param", "mean", "square", ...(withLargest ? ["largest"] : [])],
    statements,
    numbers: { ...adamFactors(step), beta2, eps, weightDecay },
  };
}

const wordsIn = (text: string): Set<string> =>
  new Set([...text.matchAll(/[A-Za-z_]\w*/g)].map(([word]) => word));

function updateInWgsl(rt: GpuRuntime, update: Update, views: readonly View[]): void {
  const { arrays, statements, numbers } = update;
  const [, ...written] = arrays;
  const made = program(`wgsl/optim/${update.key}`, (key) => {
    const params: Record<string, WgslType> = {};
    for (const name of arrays) params[`o_${name}`] = "u32";
    for (const name of Object.keys(numbers)) params[name] = "f32";
    const spelt = (formula: string): string =>
      Object.keys(numbers).reduce(
        (text, name) => text.replaceAll(new RegExp(`\\b${name}\\b`, "g"), `p.${name}`),
        formula,
      );
    return wgsl({
      key,
      inputs: { g_in: "f32" },
      outputs: Object.fromEntries(written.map((name) => [`${name}_io`, "f32" as const])),
      params,
      threads: "linear",
      body: `  let g = g_in[p.o_g + i];
  var h = 0.0;
  ${written.map((name) => `var ${name} = ${name}_io[p.o_${name} + i];`).join("\n  ")}
  ${statements.map(([name, formula]) => `${name} = ${spelt(formula)};`).join("\n  ")}
  ${written.map((name) => `${name}_io[p.o_${name} + i] = ${name};`).join("\n  ")}`,
    });
  });
  rt.dispatch(
    made,
    views.map(blockOf),
    [...views.map((v) => v.offset), ...Object.values(numbers)],
    sizeOf((views[0] as View).shape),
  );
}

function updateInGpuJs(rt: GpuRuntime, update: Update, views: readonly View[]): void {
  const { arrays, statements, numbers } = update;
  const count = sizeOf((views[0] as View).shape);
  const [, ...written] = arrays;
  const results = written.map((name) => {
    const made = program(`gpujs/optim/${update.key}/${name}`, (key) => {
      const text = statements.map(([, f]) => f).join(" ");
      const used = Object.keys(numbers).filter((n) => wordsIn(text).has(n));
      const spelt = (f: string) => f.replace(/\b(sqrt|max)\(/g, "Math.$1(");
      return gpuJs({
        key,
        inputs: arrays.map((a) => `${a}_in`),
        scalars: Object.fromEntries(used.map((n) => [n, "Number" as const])),
        rank: 1,
        source: `function (${[...arrays.map((a) => `${a}_in`), ...used].join(", ")}) {
  ${arrays.map((a) => `let ${a} = ${a}_in[this.thread.x];`).join(" ")}
  let h = 0.0;
  ${statements.map(([to, f]) => `${to} = ${spelt(f)};`).join("\n  ")}
  return ${name};
}`,
      });
    });
    const text = statements.map(([, f]) => f).join(" ");
    const values = Object.entries(numbers).flatMap(([n, v]) => (wordsIn(text).has(n) ? [v] : []));
    const shape = (views[0] as View).shape;
    const to = temporaryLike(rt, { shape, dtype: "float32" }, update.key);
    const places = views.map((v) => ({ offset: v.offset }));
    rt.dispatch(made, [...views, to].map(blockOf), values, count, places);
    return to;
  });
  written.forEach((name, k) => {
    const to = views[arrays.indexOf(name)] as View;
    elementwise(rt, COPY, [results[k] as View], to);
  });
}

type Way = (rt: GpuRuntime, update: Update, views: readonly View[]) => void;

/** One update for each parameter; lists that are not there are left out. */
function each(rt: GpuRuntime, way: Way, update: Update, lists: Lists): void {
  const present = lists.filter((list) => list !== undefined);
  const [gradients = []] = present;
  gradients.forEach((g, k) => {
    way(rt, update, [dense(rt, g), ...present.slice(1).map((list) => list[k] as View)]);
  });
}

const WAYS = [
  ["wgsl", updateInWgsl],
  ["gpujs", updateInGpuJs],
] as const;

type Sgd = [readonly View[], readonly View[], readonly View[] | undefined, SGDStep];
export const sgdStep = slot<Sgd>(
  "sgdStep",
  WAYS.map(([name, way]) => ({
    name: `${name} step`,
    takes: (params, gradients, buffers) => allFloats(params, gradients, buffers),
    run: (rt, params, gradients, buffers, step) =>
      each(rt, way, sgdUpdate(step, buffers !== undefined), [gradients, params, buffers]),
  })),
);

type List = readonly View[];
type Adam = [List, List, List, List, List | undefined, AdamStep];
export const adamStep = slot<Adam>(
  "adamStep",
  WAYS.map(([name, way]) => ({
    name: `${name} step`,
    takes: (params, gradients, means, squares, largest) =>
      allFloats(params, gradients, means, squares, largest),
    run: (rt, params, gradients, means, squares, largest, step) =>
      each(rt, way, adamUpdate(step, largest !== undefined), [
        ...[gradients, params, means, squares],
        largest,
      ]),
  })),
);

// ---- the common norm ------------------------------------------------------------------------------------------

const GROUP = 256;

export const powerSum = slot<[readonly View[], number, View]>("powerSum", [
  {
    // A workgroup for each tensor, then one thread for all of them: a fixed order.
    name: "wgsl sums",
    takes: (xs, _p, y) => allFloats(xs, [y]),
    run(rt, xs, power, y) {
      const largest = power === Number.POSITIVE_INFINITY;
      const kind = largest ? "max" : power === 2 ? "2" : power === 1 ? "1" : "p";
      const join = (a: string, b: string) =>
        largest
          ? `select(max(${a}, ${b}), ${a} + ${b}, ${a} != ${a} || ${b} != ${b})`
          : `${a} + ${b}`;
      const term = { max: "abs(v)", "1": "abs(v)", "2": "v * v", p: "pow(abs(v), p.power)" }[kind];
      const parts = rt.temporary(4 * Math.max(1, xs.length), "powerSum");
      const partly = program(`wgsl/optim/powerSum/${kind}`, (key) =>
        wgsl({
          key,
          inputs: { x: "f32" },
          outputs: { part: "f32" },
          params: { ox: "u32", size: "u32", to: "u32", power: "f32" },
          threads: "groups",
          workgroup: [GROUP, 1, 1],
          head: `var<workgroup> shared_part : array<f32, ${GROUP}>;`,
          body: `  var sum = 0.0;
  for (var j = lane; j < p.size; j += ${GROUP}u) { let v = x[p.ox + j]; let w = ${term}; sum = ${join("sum", "w")}; }
  shared_part[lane] = sum;
  for (var half = ${GROUP / 2}u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) { let a = shared_part[lane]; let b = shared_part[lane + half]; shared_part[lane] = ${join("a", "b")}; }
  }
  if (lane == 0u) { part[p.to] = shared_part[0]; }`,
        }),
      );
      xs.forEach((x, k) => {
        const from = dense(rt, x);
        const values = [from.offset, sizeOf(x.shape), k, Number.isFinite(power) ? power : 0];
        rt.dispatch(partly, [blockOf(from), parts], values, 1);
      });
      const whole = program(`wgsl/optim/powerSum/all/${largest ? "max" : "sum"}`, (key) =>
        wgsl({
          key,
          inputs: { part: "f32" },
          outputs: { y: "f32" },
          params: { oy: "u32", size: "u32" },
          threads: "linear",
          body: `  var sum = 0.0;
  for (var j = 0u; j < p.size; j++) { let w = part[j]; sum = ${join("sum", "w")}; }
  y[p.oy] = sum;`,
        }),
      );
      rt.dispatch(whole, [parts, blockOf(y)], [y.offset, xs.length], 1);
    },
  },
]);

export const scaleAll = slot<[readonly View[], number]>("scaleAll", [
  {
    name: "wgsl in place",
    takes: (xs) => allFloats(xs),
    run(rt, xs, factor) {
      const made = program("wgsl/optim/scaleAll", (key) =>
        wgsl({
          key,
          inputs: {},
          outputs: { y: "f32" },
          params: { oy: "u32", factor: "f32" },
          threads: "linear",
          body: "  y[p.oy + i] = y[p.oy + i] * p.factor;",
        }),
      );
      for (const x of xs) rt.dispatch(made, [blockOf(x)], [x.offset, factor], sizeOf(x.shape));
    },
  },
]);
