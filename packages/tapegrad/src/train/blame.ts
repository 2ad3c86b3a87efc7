// When the loss is no number: which layer was the first to make one.
import { noGrad, scope, TapegradError, Tensor } from "@tapegrad/core";
import type { nn } from "@tapegrad/nn";
import type { Classifier } from "../models.ts";

/** A loss that is NaN or infinite; the run stops where it was. */
export class DivergedError extends TapegradError {}

const isFinite = async (t: Tensor): Promise<boolean> =>
  ((await t.data()) as Float32Array).every(Number.isFinite);

/** What a module made of what; read while it runs, judged when all have run. */
interface Pass {
  readonly path: string;
  readonly module: nn.Module;
  readonly inputs: Promise<readonly boolean[]>;
  readonly output: Promise<boolean>;
}

/**
 * Runs the model once more on the batch and names the first module whose output is not finite although
 * its inputs are, with the parameter that is not finite itself, if there is one.
 */
export async function firstBadLayer(model: Classifier, images: Tensor): Promise<string> {
  if (!(await isFinite(images))) return "the batch of images itself";
  const passes: Pass[] = [];
  const removers = model.namedModules().map(([path, module]) =>
    module.registerForwardHook((m: nn.Module, args: unknown[], output: unknown) => {
      if (!(output instanceof Tensor)) return;
      const inputs = Promise.all(args.filter((a) => a instanceof Tensor).map(isFinite));
      passes.push({ path, module: m, inputs, output: isFinite(output) });
    }),
  );
  try {
    noGrad(() => scope(() => void model.call(images)));
  } finally {
    for (const remove of removers) remove();
  }
  for (const { path, module, inputs, output } of passes) {
    if ((await output) || (await inputs).includes(false)) continue;
    const type = module.constructor.name;
    const where = path === "" ? `the model (${type})` : `layer '${path}' (${type})`;
    for (const [name, parameter] of module.namedParameters()) {
      if (!(await isFinite(parameter))) return `${where}, whose parameter '${name}' is not finite`;
    }
    return where;
  }
  return "the loss itself (every layer's output is finite)";
}
