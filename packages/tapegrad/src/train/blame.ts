// When the loss is no number: which layer was the first to make one.
import { noGrad, scope, TapegradError, Tensor } from "@tapegrad/core";
import type { nn } from "@tapegrad/nn";
import type { Classifier } from "../models.ts";

/** A loss that is NaN or infinite; the run stops where it was. */
export class DivergedError extends TapegradError {}

const isFinite = (t: Tensor): boolean => (t.dataSync() as Float32Array).every(Number.isFinite);

/**
 * Runs the model once more on the batch and names the first module whose output is not finite although
 * its inputs are, with the parameter that is not finite itself, if there is one.
 */
export function firstBadLayer(model: Classifier, images: Tensor): string {
  if (!isFinite(images)) return "the batch of images itself";
  let found: string | undefined;
  const removers = model.namedModules().map(([path, module]) =>
    module.registerForwardHook((m: nn.Module, args: unknown[], output: unknown) => {
      if (found !== undefined || !(output instanceof Tensor) || isFinite(output)) return;
      if (args.some((a) => a instanceof Tensor && !isFinite(a))) return;
      const bad = m.namedParameters().find(([, p]) => !isFinite(p));
      const type = m.constructor.name;
      const where = path === "" ? `the model (${type})` : `layer '${path}' (${type})`;
      found = bad === undefined ? where : `${where}, whose parameter '${bad[0]}' is not finite`;
    }),
  );
  try {
    noGrad(() => scope(() => void model.call(images)));
  } finally {
    for (const remove of removers) remove();
  }
  return found ?? "the loss itself (every layer's output is finite)";
}
