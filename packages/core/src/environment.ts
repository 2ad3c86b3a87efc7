// Settings from outside: environment variables, where there is an environment.
import { ArgumentError } from "./errors.ts";

/** An environment variable; undefined where there is no environment (a browser) or it is empty. */
export function environment(name: string): string | undefined {
  return globalThis.process?.env?.[name] || undefined;
}

/**
 * An environment variable that knows these words alone.
 * @throws ArgumentError naming them, for any other
 */
export function environmentWord<W extends string>(
  name: string,
  words: readonly W[],
): W | undefined {
  const value = environment(name);
  if (value === undefined || words.includes(value as W)) return value as W | undefined;
  const known = words.map((word) => `'${word}'`).join(" or ");
  throw new ArgumentError(name, `expected ${known}, got '${value}'; set one of them, or unset it`);
}
/** As environmentWord(): a switch, "1" or "0". */
export const environmentSwitch = (name: string): boolean | undefined => {
  const word = environmentWord(name, ["1", "0"]);
  return word === undefined ? undefined : word === "1";
};
