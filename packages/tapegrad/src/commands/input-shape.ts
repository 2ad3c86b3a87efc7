// The shape of an input on the command line.
import { ArgumentError } from "@tapegrad/core";

/** "1,1,28,28" or "1x1x28x28" → [1, 1, 28, 28]. */
export function inputShape(text: string): number[] {
  const sizes = text.split(/[,x×]/).map(Number);
  if (sizes.length !== 4 || sizes.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new ArgumentError("--input", `expected N,C,H,W such as 1,1,28,28; got '${text}'`);
  }
  return sizes;
}
