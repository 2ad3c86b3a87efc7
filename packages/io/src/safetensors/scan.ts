// What JSON.parse hides: it keeps the last of two equal keys, rounds big integers, takes 1e2 for an
// integer, and builds whatever nesting it is given. This walk over the header's text, made before
// anything is parsed, sees all four. It does not judge the JSON itself; JSON.parse does.

/** Where in the header: the keys from the top, "" for a place in an array. */
export type Path = readonly string[];

export type Flaw =
  | { readonly kind: "depth" }
  | { readonly kind: "duplicate"; readonly path: Path }
  | { readonly kind: "number"; readonly path: Path; readonly literal: string };

/** The header's object, a tensor's object, an array of numbers. */
const MAX_DEPTH = 3;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;

/** The index behind the string that starts at `start`. */
function stringEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) return i + 1;
    if (c === BACKSLASH) i++;
  }
  return text.length;
}

/** Escapes resolved, so that "a" and "\u0061" are one key. */
function keyOf(literal: string): string {
  try {
    return String(JSON.parse(literal));
  } catch {
    return literal; // Not JSON; JSON.parse of the whole will say so.
  }
}

/** The first thing in a header's text that JSON.parse would let pass. */
export function findFlaw(text: string): Flaw | undefined {
  const open: { readonly keys: Set<string> | undefined; key: string }[] = [];
  const path = () => open.map(({ key }) => key);
  const number = /[-+.\w]*/y;
  /** Nothing but space since the last bracket or comma: in an object, a string here is a key. */
  let expectsKey = false;
  let i = 0;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    const top = open.at(-1);
    if (c === QUOTE) {
      const end = stringEnd(text, i);
      if (expectsKey && top?.keys !== undefined) {
        top.key = keyOf(text.slice(i, end));
        if (top.keys.has(top.key)) return { kind: "duplicate", path: path() };
        top.keys.add(top.key);
      }
      expectsKey = false;
      i = end;
    } else if (c === MINUS || isDigit(c)) {
      number.lastIndex = i;
      const literal = number.exec(text)?.[0] ?? "";
      const field = open[1]?.key;
      const counts = field === "shape" || field === "data_offsets";
      if (counts && !/^(0|[1-9]\d*)$/.test(literal)) {
        return { kind: "number", path: path(), literal };
      }
      i += literal.length;
    } else {
      if (c === OPEN_BRACE || c === OPEN_BRACKET) {
        if (open.length === MAX_DEPTH) return { kind: "depth" };
        open.push({ keys: c === OPEN_BRACE ? new Set() : undefined, key: "" });
        expectsKey = true;
      } else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
        open.pop();
      } else if (c === COMMA) {
        expectsKey = true;
      }
      i++;
    }
  }
  return undefined;
}
