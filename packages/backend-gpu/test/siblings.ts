// Variants of one slot must agree: each is forced in turn on the same inputs.
import { enableGrad, grad, noGrad, onRun, type Tensor } from "@tapegrad/core";
import { compare, type Tolerance } from "@tapegrad/core/testing";
import { expect } from "chai";
import { gpu } from "../src/index.ts";
import { allSlots, withVariant } from "../src/registry.ts";

/**
 * Runs f once per variant of a slot and compares the results.
 * @param f calls the op, on inputs that were made before
 * @param expected how many variants take the case. Default: all
 */
export async function agree(
  slotName: string,
  f: () => Tensor,
  { tolerance = { rtol: 1e-5, atol: 1e-6 }, expected = undefined as number | undefined } = {} as {
    tolerance?: Tolerance;
    expected?: number;
  },
): Promise<void> {
  const { features } = gpu.info;
  const all = allSlots().find((s) => s.name === slotName)?.variants ?? [];
  const variants = all.filter(({ needs }) => needs === undefined || features.includes(needs));
  const ran: { name: string; result: Tensor }[] = [];
  for (const { name } of variants) {
    const seen = new Set<string>();
    const stop = onRun((event) => seen.add(event.variant));
    try {
      const result = withVariant(slotName, name, () => noGrad(f));
      if (seen.has(name)) ran.push({ name, result });
    } catch (error) {
      // A slot without a composition refuses what no variant takes.
      if (!/no kernel/.test((error as Error).message)) throw error;
    } finally {
      stop();
    }
  }
  expect(ran.map((r) => r.name)).to.have.length(expected ?? variants.length);
  const [first, ...others] = ran;
  for (const { name, result } of others) {
    await compare([result], [first?.result as Tensor], tolerance, `${slotName}: ${name}`);
  }
}

/** The gradient of f by x, made of fresh leaves each time: a rule runs once a variant. */
export function gradientOf(x: Tensor, g: Tensor, f: (x: Tensor) => Tensor): Tensor {
  const leaf = x.detach().requiresGrad_();
  return enableGrad(() => grad(f(leaf), leaf, { gradOutputs: [g] })[0]);
}
