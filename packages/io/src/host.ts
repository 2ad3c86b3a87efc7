// What travels between files and tensors: plain arrays with a shape, no device, no graph.
import type { DType, TypedArray } from "@tapegrad/core";

/** Row-major elements in host memory; `data.length` is the product of `shape`. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/** Things by name, as a Map or as a plain object. */
export type Named<T> = ReadonlyMap<string, T> | Readonly<Record<string, T>>;

export const namedEntries = <T>(named: Named<T>): [string, T][] =>
  named instanceof Map ? [...named] : Object.entries(named);

/** A name as messages show it: quoted, control characters escaped, never longer than a line. */
export function quote(name: string): string {
  const shown = name.length > 100 ? `${name.slice(0, 97)}...` : name;
  return `'${JSON.stringify(shown).slice(1, -1).replaceAll('\\"', '"')}'`;
}

export const shapeText = (shape: readonly number[]): string =>
  shape.length > 16
    ? `[${shape.slice(0, 16).join(", ")}, ... ${shape.length} dims]`
    : `[${shape.join(", ")}]`;
