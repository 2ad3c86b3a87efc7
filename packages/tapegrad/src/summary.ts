// What a model is made of, found by running it once: hooks say which module is at work, the record of
// dispatch says what was computed.
import { noGrad, onRun, scope, Tensor } from "@tapegrad/core";
import type { nn } from "@tapegrad/nn";

export interface LayerSummary {
  readonly path: string;
  readonly type: string;
  readonly output: readonly number[];
  readonly parameters: number;
  readonly multiplyAdds: number;
}
export interface Summary {
  /** Modules that compute something themselves, in the order of their calls. */
  readonly layers: readonly LayerSummary[];
  /** Of the whole model; a shared parameter counts once. */
  readonly parameters: number;
  readonly multiplyAdds: number;
}

/** Runs `model` on `input` in evaluation mode, without gradients, and adds up what each module does. */
export function summarize(model: nn.Module, input: Tensor): Summary {
  interface Open {
    multiplyAdds: number;
  }
  const stack: Open[] = [];
  const layers: LayerSummary[] = [];
  let total = 0;
  const removers = model.namedModules().flatMap(([path, module]) => [
    module.registerForwardPreHook(() => {
      stack.push({ multiplyAdds: 0 });
    }),
    module.registerForwardHook((m: nn.Module, _args: unknown[], output: unknown) => {
      const { multiplyAdds } = stack.pop() as Open;
      const own = m
        .members()
        .flatMap(([, p]) => (p instanceof Tensor && p.requiresGrad ? [p] : []));
      const parameters = own.reduce((n, p) => n + p.numel, 0);
      const isLeaf = m.children().length === 0;
      if (!isLeaf && multiplyAdds === 0 && parameters === 0) return;
      const shape = output instanceof Tensor ? output.shape : [];
      layers.push({ path, type: m.constructor.name, output: shape, parameters, multiplyAdds });
    }),
  ]);
  const stop = onRun(({ multiplyAdds }) => {
    total += multiplyAdds;
    const top = stack.at(-1);
    if (top !== undefined) top.multiplyAdds += multiplyAdds;
  });
  const { training } = model;
  model.eval();
  try {
    noGrad(() => scope(() => void model.call(input)));
  } finally {
    model.train(training);
    stop();
    for (const remove of removers) remove();
  }
  const parameters = model.parameters().reduce((n, p) => n + p.numel, 0);
  return { layers, parameters, multiplyAdds: total };
}
