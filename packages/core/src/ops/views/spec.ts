// Python's slices as strings: "1:3", ":", "::2"; a number is an index, "..." stands for the dims between.
import { ArgumentError } from "../../errors.ts";

/** A Python slice ("1:3", ":", "::2", "-2:"), "..." for all dimensions between, or an index, whose dimension goes. */
export type SliceSpec = number | `${string}:${string}` | "...";

export interface Bounds {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** "1:3", ":", "::2", "-3:-1" */
const PATTERN = /^\s*(-?\d+)?\s*:\s*(-?\d+)?\s*(?::\s*(-?\d+)?\s*)?$/;

/** @throws ArgumentError naming the place of a malformed spec; `more` says what else it may be */
export function parseSpec(op: string, spec: unknown, at: number, more = ""): Bounds | number {
  if (typeof spec === "number" && Number.isInteger(spec)) return spec;
  const match = typeof spec === "string" ? PATTERN.exec(spec) : null;
  if (match === null) {
    const hint =
      typeof spec === "string" && /^\s*-?\d+\s*$/.test(spec) ? " (an index is a number)" : "";
    throw new ArgumentError(
      op,
      `spec ${at} must be a whole number, "start:end:step"${more} or "..."; got ${shown(spec)}${hint}`,
    );
  }
  const number = (text: string | undefined, fallback: number) =>
    text === undefined ? fallback : Number(text);
  return {
    start: number(match[1], 0),
    end: number(match[2], Number.POSITIVE_INFINITY),
    step: number(match[3], 1),
  };
}

export const shown = (spec: unknown): string =>
  typeof spec === "object" && spec !== null
    ? (JSON.stringify(spec) ?? "an object")
    : typeof spec === "string"
      ? `"${spec}"`
      : String(spec);
