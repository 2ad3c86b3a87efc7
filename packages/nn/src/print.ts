// How modules print: PyTorch's repr, letter for letter, so that printed models can be compared.
import type { Module } from "./module.ts";

/** A Python float: 0.1, 1.0, 1e-05. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

export type Printable = number | string | boolean | null | readonly Printable[];

/** A Python literal: tuples for arrays, True and None; whole numbers as ints. */
export function python(value: Printable): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return `'${value}'`;
  if (typeof value === "number") return Number.isInteger(value) ? `${value}` : pythonFloat(value);
  return `(${value.map(python).join(", ")}${value.length === 1 ? "," : ""})`;
}

/** "kernel_size=2, stride=2" of { kernel_size: 2, stride: 2 }. */
export const keywords = (values: Readonly<Record<string, Printable>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${python(value)}`)
    .join(", ");

const indented = (text: string): string => text.replaceAll("\n", "\n  ");

/** `Name(extra)`, or one line for each child. */
export function printed(
  name: string,
  extra: string,
  children: readonly (readonly [key: string, text: string])[],
): string {
  const lines = children.map(([key, text]) => `(${key}): ${indented(text)}`);
  if (extra !== "") lines.unshift(...extra.split("\n"));
  if (children.length === 0 && lines.length < 2) return `${name}(${extra})`;
  return `${name}(\n  ${lines.join("\n  ")}\n)`;
}

/** Runs of equal texts as one line: `(0-2): 3 x Linear(…)`. */
export function folded(texts: readonly string[]): [key: string, text: string][] {
  const rows: [string, string][] = [];
  for (let start = 0; start < texts.length; ) {
    const text = texts[start] as string;
    let end = start;
    while (texts[end + 1] === text) end++;
    rows.push(
      end === start ? [`${start}`, text] : [`${start}-${end}`, `${end - start + 1} x ${text}`],
    );
    start = end + 1;
  }
  return rows;
}

/** The first line of a module's printed form, for messages. */
export const headline = (module: Module): string => {
  const [first = "", ...more] = module.toString().split("\n");
  return more.length > 0 ? `${first}…)` : first;
};
