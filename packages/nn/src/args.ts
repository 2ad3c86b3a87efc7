// Checks of constructor arguments: the error names module, argument, what was got, and what would do.
import {
  ArgumentError,
  type HalfDType,
  type OptionNames,
  type TensorOptions,
} from "@tapegrad/core";

/** One number for all spatial dims, or one for each. */
export type Sizes = number | readonly number[];

/** Where and how a layer makes its parameters. */
export interface FactoryOptions {
  /** Default: float32. */
  readonly dtype?: "float32" | "float64" | HalfDType | undefined;
  /** "cpu", "gpu", or the name of a backend. Default: the current backend. */
  readonly device?: NonNullable<TensorOptions["device"]> | undefined;
}
export const FACTORY_OPTIONS: OptionNames<FactoryOptions> = { dtype: true, device: true };

export const factory = ({ dtype, device }: FactoryOptions): TensorOptions => ({
  ...(dtype === undefined ? {} : { dtype }),
  ...(device === undefined ? {} : { device }),
});

/** A whole number ≥ least. */
export function whole(module: string, name: string, value: number, least = 1): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new ArgumentError(
    module,
    `${name} must be a whole number ≥ ${least}; got ${JSON.stringify(value)}`,
  );
}

/** One whole number ≥ least for each of `dims` spatial dims. */
export function perDim(
  module: string,
  name: string,
  value: Sizes,
  dims: number,
  least: number,
): readonly number[] {
  const list = Array.isArray(value) ? [...value] : new Array<number>(dims).fill(value as number);
  if (list.length === dims && list.every((v) => Number.isInteger(v) && v >= least)) return list;
  throw new ArgumentError(
    module,
    `${name} must be a whole number ≥ ${least}, or ${dims} of them; got ${JSON.stringify(value)}`,
  );
}

/** One whole number for `count` places, or one for each; negative ones too. */
export function wholes(
  module: string,
  name: string,
  value: Sizes,
  count: number,
): readonly number[] {
  const list = typeof value === "number" ? new Array<number>(count).fill(value) : [...value];
  if (list.length === count && list.every(Number.isInteger)) return list;
  throw new ArgumentError(
    module,
    `${name} must be a whole number, or ${count} of them; got ${JSON.stringify(value)}`,
  );
}

/** A number in [low, high]. */
export function within(
  module: string,
  name: string,
  value: number,
  low: number,
  high: number,
): number {
  if (value >= low && value <= high) return value;
  throw new ArgumentError(module, `${name} must be in [${low}, ${high}]; got ${value}`);
}

/** channels, if they divide into groups. */
export function divisible(module: string, name: string, channels: number, groups: number): number {
  if (channels % groups === 0) return channels;
  const below = Math.max(groups, channels - (channels % groups));
  throw new ArgumentError(
    module,
    `${name}=${channels} must be divisible by groups=${groups}; use ${below}, or other groups`,
  );
}

/** One of a few words. */
export function oneOf<T extends string>(
  module: string,
  name: string,
  value: T,
  allowed: readonly T[],
): T {
  if (allowed.includes(value)) return value;
  const words = allowed.map((w) => `"${w}"`).join(", ");
  throw new ArgumentError(module, `${name} must be one of ${words}; got ${JSON.stringify(value)}`);
}

/** Leaves out what is undefined, which spread over defaults would hide them. */
export function defined<T extends object>(
  options: T,
): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** Leaves out what is null or undefined, so that a function's own default holds. */
export function given<T extends object>(
  options: T,
): { [K in keyof T]: Exclude<T[K], null | undefined> } {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== null && value !== undefined),
  ) as { [K in keyof T]: Exclude<T[K], null | undefined> };
}
