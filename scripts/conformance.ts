// npm run conformance: every function of tensors × backend × (values, gradient, second order) against
// PyTorch's numbers, and every op against its own oracles (opSuite). Writes docs/conformance.md; a failing
// cell is printed in full and ends the command with 1.
//
//   npm run conformance                        all of it
//   npm run conformance -- --only 'conv|pool'  functions and ops whose names match; writes nothing
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { fallbacks, ops, scope, setFallback, withBackend } from "@tapegrad/core";
import { opSuite } from "@tapegrad/core/testing";
import * as tapegrad from "tapegrad";
import {
  type FunctionCase,
  functionFiles,
  readFixture,
  type Stage,
  settle,
  stagesOf,
} from "../packages/core/test/fixture-runner.ts";
import { type GpuRecord, readGpuRecord } from "./conformance-gpu.ts";
import { reasonsFor } from "./not-offered.ts";

const BACKENDS = ["reference", "wasm"] as const;
const COLUMNS = ["values", "gradient", "second order"] as const satisfies readonly Stage[];
type Column = (typeof COLUMNS)[number];
const columnOf = (stage: Stage): Column => (stage === "third order" ? "second order" : stage);

/** What became of the cases of one cell. */
interface Cell {
  passed: number;
  readonly failed: string[];
}

class Table {
  readonly rows = new Map<string, Map<string, Cell>>();

  cell(row: string, column: string): Cell {
    const cells = this.rows.get(row) ?? new Map<string, Cell>();
    this.rows.set(row, cells);
    const cell = cells.get(column) ?? { passed: 0, failed: [] };
    cells.set(column, cell);
    return cell;
  }

  /** Runs f into a cell; false where it failed. */
  count(row: string, column: string, name: string, f: () => void): boolean {
    const cell = this.cell(row, column);
    try {
      f();
      cell.passed++;
      return true;
    } catch (error) {
      cell.failed.push(`${row}, ${column}: ${name}\n    ${String(error)}`);
      return false;
    }
  }

  get failures(): string[] {
    return [...this.rows.values()].flatMap((cells) => [...cells.values()].flatMap((c) => c.failed));
  }

  get passed(): number {
    let sum = 0;
    for (const cells of this.rows.values()) for (const { passed } of cells.values()) sum += passed;
    return sum;
  }

  markdown(first: string, columns: readonly string[]): string {
    const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
    const show = (cell?: Cell) =>
      cell === undefined
        ? ""
        : cell.failed.length > 0
          ? `✘ ${cell.failed.length}`
          : `${cell.passed}`;
    const names = [...this.rows.keys()].sort((a, b) => a.localeCompare(b, "en"));
    return [
      line([first, ...columns]),
      line([":--", ...columns.map(() => "--:")]),
      ...names.map((name) =>
        line([`\`${name}\``, ...columns.map((c) => show(this.rows.get(name)?.get(c)))]),
      ),
    ].join("\n");
  }
}

const options = parseArgs({ options: { only: { type: "string" } } }).values;
const only = new RegExp(options.only ?? "");

setFallback("allow");
const functions = functionTable();
const onGpu = readGpuRecord();
if (onGpu !== undefined) gpuColumns(functions, onGpu);
const suite = opTable();
const slow = slowWays();
const absent = missing();
const failures = [
  ...functions.failures,
  ...suite.failures,
  ...absent.unexplained.map(
    (name) => `${name}: missing, and scripts/not-offered.ts says no reason`,
  ),
];
for (const failure of failures) console.error(failure);
console.log(
  `${functions.rows.size} functions: ${functions.passed} stages of cases agree with PyTorch; ` +
    `${suite.rows.size} ops: ${suite.passed} checks passed; ${failures.length} failed`,
);
if (options.only === undefined) {
  writeFileSync(new URL("../docs/conformance.md", import.meta.url), page());
  console.log("wrote docs/conformance.md");
}
process.exitCode = failures.length > 0 ? 1 : 0;

function functionTable(): Table {
  const table = new Table();
  for (const file of functionFiles) {
    for (const c of readFixture<FunctionCase>(file)) {
      if (!only.test(c.fn)) continue;
      for (const backend of BACKENDS) {
        withBackend(backend, () => scope(() => runStages(table, backend, c)));
      }
    }
  }
  return table;
}

/** Adds what webgpu gave when it was last asked. */
function gpuColumns(table: Table, record: GpuRecord): void {
  for (const [fn, stages] of Object.entries(record.functions)) {
    if (!only.test(fn)) continue;
    for (const [stage, [passed, failed]] of Object.entries(stages)) {
      const column = `webgpu: ${columnOf(stage as Stage)}`;
      const cell = table.cell(fn, column);
      cell.passed += passed;
      if (failed > 0) cell.failed.push(`${fn}, ${column}: ${failed}, on ${record.date}`);
    }
  }
}

/** What has no number in the columns of webgpu. */
function notOnGpu({ adapter, date, unsupported }: GpuRecord): string {
  const reasons = new Map<string, string[]>();
  for (const [fn, why] of Object.entries(unsupported))
    reasons.set(why, [...(reasons.get(why) ?? []), fn]);
  const lines = [...reasons].map(
    ([why, names]) =>
      `- ${why}: ${names
        .sort()
        .map((n) => `\`${n}\``)
        .join(", ")}`,
  );
  return `

The columns of webgpu are float32 on ${adapter}, run on ${date} (\`scripts/conformance-gpu.ts --write\`): float64 of the fixtures is rounded to it, tolerances are float32's. What has cases that do not run there:

${lines.join("\n")}`;
}

/** A stage that fails leaves nothing to the next ones. */
function runStages(table: Table, backend: string, c: FunctionCase): void {
  for (const [stage, run] of stagesOf(c)) {
    const passed = table.count(c.fn, `${backend}: ${columnOf(stage)}`, c.name, () => {
      for (const comparison of run()) settle(comparison, comparison.actual?.dataSync() ?? []);
    });
    if (!passed) return;
  }
}

function opTable(): Table {
  const table = new Table();
  for (const backend of BACKENDS) {
    for (const check of opSuite(backend, { only: (name) => only.test(name) })) {
      table.count(check.op, backend, check.name, check.run);
    }
  }
  return table;
}

/** What wasm had no kernel of its own for, in float32: op and way, of all that was run. */
function slowWays(): string[] {
  const ours = fallbacks().filter((f) => f.backend === "wasm" && f.refusable);
  return [...new Set(ours.map(({ op, kind }) => `\`${op}\` (${kind})`))].sort();
}

/** Names that PyTorch has and tapegrad has not, per module of PyTorch, with the reasons. */
function missing(): { readonly text: string; readonly unexplained: readonly string[] } {
  const inventory = new URL("../fixtures/inventory.json", import.meta.url);
  const names: Record<string, string[]> = JSON.parse(readFileSync(inventory, "utf8")).names;
  const { F, nn, optim, Tensor } = tapegrad;
  const linalg = "linalg" in tapegrad ? (tapegrad.linalg as object) : {};
  const places: Record<string, readonly object[]> = {
    torch: [tapegrad, F, Tensor.prototype],
    "torch.Tensor": [Tensor.prototype],
    "torch.nn.functional": [F, tapegrad],
    "torch.linalg": [linalg, tapegrad],
    "torch.nn": [nn],
    "torch.optim": [optim],
    "torch.optim.lr_scheduler": [optim],
    "torch.optim.swa_utils": [optim],
    "torch.autograd.functional": [tapegrad],
  };
  const all = new Set<string>();
  const counts = Object.entries(names).map(([module, list]) => {
    const absent = list.filter((name) => !places[module]?.some((place) => name in place));
    for (const name of absent) all.add(name);
    return `- **${module}**: ${list.length - absent.length} of ${list.length} names are there`;
  });
  const reasons = reasonsFor([...all]);
  const quoted = (list: readonly string[]): string => list.map((name) => `\`${name}\``).join(", ");
  const rows = [...reasons].map(([reason, list]) => `| ${quoted(list)} | ${reason} |`);
  const table = ["| not offered | why |", "| :-- | :-- |", ...rows].join("\n");
  return { text: `${counts.join("\n")}\n\n${table}`, unexplained: reasons.get("") ?? [] };
}

function page(): string {
  const columns = [...BACKENDS, ...(onGpu ? ["webgpu"] : [])].flatMap((b) =>
    COLUMNS.map((c) => `${b}: ${c}`),
  );
  return `# Conformance

Written by \`npm run conformance\`; not edited by hand. A number counts what passed, ✘ what failed; an empty cell means that PyTorch has no such number (no gradient, or a second derivative that is zero everywhere).

## Functions against PyTorch 2.13

Cases of \`fixtures/*.json\`: values, shapes and dtypes, gradients, and gradients of those.

${functions.markdown("function", columns)}${onGpu ? notOnGpu(onGpu) : ""}

## Not offered

PyTorch's names in camelCase, without second names of the same thing and without what is not about dense real tensors on one machine (complex, sparse, quantized and symbolic tensors, autocasting, signals); from \`fixtures/inventory.json\`.

${absent.text}

## Ops against their oracles

Every op of the registry (${ops().size}) that has samples: values against the reference in float64, the kernel against its composition, strided and expanded inputs, gradients of first and second order against central differences, refusals of bad arguments. Where a function above has no second derivative in a fixture, the one here is tested.

${suite.markdown("op", BACKENDS)}

## Not fast on wasm

Dtypes other than float32 run on wasm in the plain loops of the reference backend, over the same memory. In float32 these had, in one of the cases above, no kernel of their own: they were composed of other ops, or run in plain loops. Each such run is counted by \`fallbacks()\`, and \`TAPEGRAD_FALLBACK=error\` refuses it.

${slow.length > 0 ? slow.map((s) => `- ${s}`).join("\n") : "None."}
`;
}
