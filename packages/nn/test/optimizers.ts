// Optimizers by the names that fixtures give them.
import * as nn from "../src/index.ts";
import { type Described, made } from "./kit.ts";

const OPTIMIZERS = {
  ...{ sgd: nn.SGD, adam: nn.Adam, adamw: nn.AdamW, adamax: nn.Adamax, nadam: nn.NAdam },
  ...{ radam: nn.RAdam, rmsprop: nn.RMSprop, adagrad: nn.Adagrad, adadelta: nn.Adadelta },
  ...{ asgd: nn.ASGD, rprop: nn.Rprop, lbfgs: nn.LBFGS, adafactor: nn.Adafactor },
} as const;
export type Kind = keyof typeof OPTIMIZERS;

export function optimizer(kind: Kind, params: nn.Params<never>, options: object): nn.AnyOptimizer {
  const type = OPTIMIZERS[kind] as unknown as new (
    params: nn.Params<never>,
    options: object,
  ) => nn.AnyOptimizer;
  return new type(params, options);
}

export const leaf = (d: Described): nn.Parameter => new nn.Parameter(made(d));
