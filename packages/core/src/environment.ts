/** An environment variable; undefined where there is no environment (a browser) or it is empty. */
export function environment(name: string): string | undefined {
  return globalThis.process?.env?.[name] || undefined;
}
