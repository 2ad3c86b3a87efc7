// State as JSON text that gives back exactly what went in. JSON alone turns NaN and the infinities
// into null, -0 into 0, and has no bigint; these are written as objects with one key that starts
// with "$", and a user's own keys that start with "$" get one more.
import { ArgumentError } from "@tapegrad/core";

/** What state may hold: JSON, and bigints. */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

const TAG_NUMBER = "$number";
const TAG_BIGINT = "$bigint";

type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };

const typeText = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return typeof value;
  return value.constructor?.name ?? "an object without a prototype";
};

function toPlain(value: unknown, path: string, above: readonly unknown[], op: string): Plain {
  switch (typeof value) {
    case "boolean":
    case "string":
      return value;
    case "bigint":
      return { [TAG_BIGINT]: value.toString() };
    case "number":
      if (Number.isFinite(value) && !Object.is(value, -0)) return value;
      return { [TAG_NUMBER]: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (value === null) return null;
  if (above.includes(value)) {
    throw new ArgumentError(op, `${path} contains itself. Save a tree, without cycles.`);
  }
  const inside = [...above, value];
  if (Array.isArray(value)) {
    // Array.from visits holes too, which are then refused as undefined.
    return Array.from(value, (item, i) => toPlain(item, `${path}[${i}]`, inside, op));
  }
  const prototype: unknown = typeof value === "object" ? Object.getPrototypeOf(value) : undefined;
  if (typeof value !== "object" || (prototype !== Object.prototype && prototype !== null)) {
    throw new ArgumentError(
      op,
      `${path} cannot be saved: expected JSON (null, booleans, numbers, bigints, strings, arrays, ` +
        `plain objects), got ${typeText(value)}. Leave it out, or put numbers into tensors.`,
    );
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.startsWith("$") ? `$${key}` : key,
      toPlain(item, `${path}.${key}`, inside, op),
    ]),
  );
}

function fromPlain(value: Plain): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(fromPlain);
  const number = value[TAG_NUMBER];
  if (typeof number === "string") return Number(number);
  const bigint = value[TAG_BIGINT];
  if (typeof bigint === "string") return BigInt(bigint);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.startsWith("$") ? key.slice(1) : key,
      fromPlain(item),
    ]),
  );
}

/** @throws ArgumentError naming the place of what JSON cannot hold */
export const stateToText = (state: Json, op: string): string =>
  JSON.stringify(toPlain(state, "state", [], op));

/** @throws SyntaxError if the text was not written by `stateToText` */
export const textToState = (text: string): Json => fromPlain(JSON.parse(text));
