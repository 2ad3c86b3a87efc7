// npm run mutate: does a test notice when a gradient rule is wrong? Every rule of every op is broken in turn,
// one input's gradient at a time, in four ways, and the checks that CI runs for that op (opSuite's gradient
// checks on reference, and the fixtures in which the op runs) are run until one fails. An op that needs two
// backends has no samples: what stands in for them is in ELSEWHERE.
//
//   npm run mutate                      all rules; some minutes
//   npm run mutate -- --only '^conv'    ops whose names match
//
// Prints the mutants that nobody noticed and the score; ends with 1 where one survived.
import { parseArgs } from "node:util";
import "tapegrad"; // registers the backends
import {
  gradcheck,
  gradgradcheck,
  onRun,
  ops,
  scope,
  Tensor,
  tensor,
  withBackend,
} from "@tapegrad/core";
import { opSuite, sampleRng } from "@tapegrad/core/testing";
import {
  type FunctionCase,
  functionFiles,
  readFixture,
  runCase,
} from "../packages/core/test/fixture-runner.ts";

type Gradient = Tensor | undefined;
/** What a node of the tape runs; its `backward` is what is broken here. */
interface Rule {
  readonly name: string;
  backward(node: unknown, gradients: readonly Gradient[], need: readonly boolean[]): Gradient[];
}

/** Ways to break a gradient. Those marked do nothing to a gradient of zeros. */
const WAYS: Readonly<Record<string, { needsValue: boolean; change(g: Tensor): Tensor }>> = {
  negated: { needsValue: true, change: (g) => g.neg() },
  "one too much": { needsValue: false, change: (g) => g.add(1) },
  "last element lost": { needsValue: true, change: withoutLast },
  detached: { needsValue: true, change: (g) => g.detach().clone() },
};

function withoutLast(g: Tensor): Tensor {
  if (g.numel === 0) return g;
  const kept = g.flatten().narrow(0, 0, g.numel - 1);
  return kept.pad([0, 1]).reshape(g.shape);
}

/** Ops whose samples cannot stand beside them, as functions of one tensor; move.test.ts checks them in the same way. */
const ELSEWHERE: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  move: (x) => x.to("wasm"),
};
const elsewhere = (): Tensor => tensor([0.5, -1.5, 2], { dtype: "float64", requiresGrad: true });

const options = parseArgs({ options: { only: { type: "string" } } }).values;
const only = new RegExp(options.only ?? "");

const survivors: string[] = [];
const rules = findRules();
const checks = checksByOp();
let killed = 0;
let equivalent = 0;
for (const [name, rule] of rules) {
  const list = checks.get(name) ?? [];
  const healthy = rule.backward;
  const seen = observe(rule, list);
  for (const [input, nonzero] of seen) {
    for (const [way, { needsValue, change }] of Object.entries(WAYS)) {
      if (needsValue && !nonzero) {
        equivalent++;
        continue;
      }
      rule.backward = function (node, gradients, need) {
        const result = [...healthy.call(this, node, gradients, need)];
        const g = result[input];
        if (g !== undefined) result[input] = change(g);
        return result;
      };
      const noticed = list.some(fails);
      rule.backward = healthy;
      if (noticed) killed++;
      else survivors.push(`${name}: gradient of input ${input} ${way}`);
    }
  }
  if (seen.size === 0) survivors.push(`${name}: its rule never runs in a check`);
}

for (const survivor of survivors) console.log(`survived  ${survivor}`);
const total = killed + survivors.length;
console.log(
  `${rules.size} rules, ${total} mutants: ${killed} noticed, ${survivors.length} survived ` +
    `(${((100 * killed) / total).toFixed(1)} %); ${equivalent} more do nothing to gradients that are zero`,
);
process.exitCode = survivors.length > 0 ? 1 : 0;

/** Op name to the rule object that all of its nodes share. */
function findRules(): Map<string, Rule> {
  const found = new Map<string, Rule>();
  for (const [name, op] of ops()) {
    if (op.spec.vjp === undefined || !only.test(name)) continue;
    withBackend("reference", () =>
      scope(() => {
        const samples = op.spec.samples?.(sampleRng("reference", "float64", 0)) ?? [];
        const own = ELSEWHERE[name];
        const results = own
          ? [() => own(elsewhere())]
          : [...samples].map((args) => () => op(...recorded(op.spec.kind === "inplace", args)));
        for (const result of results) {
          const rule = ruleOf(result());
          if (rule !== undefined && rule.name === (op.spec.label ?? name)) found.set(name, rule);
          if (found.has(name)) return;
        }
      }),
    );
    if (!found.has(name)) survivors.push(`${name}: no sample runs its rule`);
  }
  return found;
}

/** The arguments with floating tensors that record; what is written in place is no leaf. */
function recorded(inplace: boolean, args: readonly unknown[]): unknown[] {
  const leaf = (a: unknown): unknown =>
    Array.isArray(a)
      ? a.map(leaf)
      : a instanceof Tensor && a.dtype.startsWith("float")
        ? a.requiresGrad_()
        : a;
  return args.map((a, i) => {
    const x = leaf(a);
    return inplace && i === 0 ? (x as Tensor).clone() : x;
  });
}

function ruleOf(
  result: Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>,
): Rule | undefined {
  const [y] = result instanceof Tensor ? [result] : Object.values(result);
  const source = y?.source;
  return source && "rule" in source ? (source.rule as Rule) : undefined;
}

/** The checks of each op: its own gradient checks, then the fixtures with gradients in which it ran. */
function checksByOp(): Map<string, (() => void)[]> {
  const byOp = new Map<string, (() => void)[]>();
  const add = (name: string, run: () => void) => byOp.set(name, [...(byOp.get(name) ?? []), run]);
  for (const { op, name, run } of opSuite("reference", { only: (n) => rules.has(n) })) {
    if (name.includes("gradient")) add(op, run);
  }
  for (const [name, f] of Object.entries(ELSEWHERE)) {
    if (!rules.has(name)) continue;
    const checked = () => gradcheck(f, [elsewhere()]) && gradgradcheck(f, [elsewhere()]);
    add(name, () => void withBackend("reference", () => scope(checked)));
  }
  for (const file of functionFiles) {
    for (const c of readFixture<FunctionCase>(file)) {
      if (!c.grads) continue;
      const run = () => withBackend("reference", () => scope(() => runCase(c)));
      for (const name of opsIn(run)) if (rules.has(name)) add(name, run);
    }
  }
  return byOp;
}

function opsIn(run: () => void): ReadonlySet<string> {
  const names = new Set<string>();
  const stop = onRun(({ op }) => names.add(op));
  try {
    run();
  } finally {
    stop();
  }
  return names;
}

/** Which inputs the rule gives a gradient in these checks, and whether one of them was not all zeros. */
function observe(rule: Rule, list: readonly (() => void)[]): Map<number, boolean> {
  const healthy = rule.backward;
  const seen = new Map<number, boolean>();
  rule.backward = function (node, gradients, need) {
    const result = healthy.call(this, node, gradients, need);
    result.forEach((g, input) => {
      if (g === undefined || seen.get(input)) return;
      seen.set(
        input,
        g.dataSync().some((v) => Number(v) !== 0),
      );
    });
    return result;
  };
  for (const run of list) fails(run);
  rule.backward = healthy;
  return seen;
}

function fails(run: () => void): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}
