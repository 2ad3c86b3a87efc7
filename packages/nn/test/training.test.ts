// Whole training runs against PyTorch: forward, loss, backward, clipping, optimizer, schedule.
import { crossEntropy, scope, type Tensor } from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";
import { build, close, type Described, fixture, left, type ModuleSpec, made } from "./kit.ts";

interface Case extends ModuleSpec {
  readonly name: string;
  readonly state: Readonly<Record<string, Described>>;
  readonly loss: "crossEntropy";
  readonly optim: "sgd" | "adamw";
  readonly options: object;
  readonly schedule: "OneCycleLR";
  readonly scheduleOptions: { readonly maxLr: number; readonly totalSteps: number };
  readonly batches: readonly (readonly [Described, Described])[];
  readonly clipGradNorm: number;
  readonly losses: readonly number[];
  readonly gradNorms: readonly number[];
  readonly stateAfter: Readonly<Record<string, Described>>;
}

function train(c: Case): nn.Module {
  const dtype = c.batches[0]?.[0].dtype as "float64";
  const net = build(c).to(dtype);
  net.loadStateDict(new Map(Object.entries(c.state).map(([k, d]) => [k, made(d)])));
  const opt = c.optim === "sgd" ? nn.SGD : nn.AdamW;
  const optimizer: nn.AnyOptimizer = new opt(net.parameters(), c.options);
  const { maxLr, ...options } = c.scheduleOptions;
  const schedule = new nn.OneCycleLR(optimizer, maxLr, options);
  c.batches.forEach(([x, target], i) => {
    optimizer.zeroGrad();
    const loss: Tensor = crossEntropy(net.call(made(x)), made(target));
    loss.backward();
    close(`loss ${i}`, loss, [c.losses[i] as number], dtype);
    const norm = nn.clipGradNorm(net.parameters(), c.clipGradNorm);
    close(`norm ${i}`, [norm], [c.gradNorms[i] as number], dtype);
    optimizer.step();
    schedule.step();
  });
  return net;
}

describe("training: as PyTorch", () => {
  for (const c of fixture<Case>("training")) {
    it(c.name, () => {
      const net = train(c);
      const after = net.stateDict();
      expect([...after.keys()]).to.deep.equal(Object.keys(c.stateAfter));
      for (const [key, d] of Object.entries(c.stateAfter)) {
        close(key, after.get(key) as Tensor, d.data, d.dtype);
      }
    });
    it(`${c.name}: in scope() all but the network comes back`, () => {
      const kept = left(() => scope(() => train(c)));
      const params = build(c).parameters().length;
      const tensors = build(c).stateDict().size;
      const perParameter = c.optim === "sgd" ? 1 : 2;
      expect(kept).to.equal(tensors + params * (1 + perParameter));
    });
  }
});
