// Optimizer steps, the common norm and dropout: as the reference backend does them.
import {
  type AdamStep,
  adamStep,
  dropout,
  manualSeed,
  noGrad,
  powerSum,
  randn,
  type SGDStep,
  scaleAll,
  setBackend,
  sgdStep,
  type Tensor,
  tensor,
  withBackend,
} from "@tapegrad/core";
import { compare } from "@tapegrad/core/testing";
import { expect } from "chai";
import { NAME } from "../src/index.ts";
import { withVariant } from "../src/registry.ts";
import { describeGpu } from "./gpu.ts";

const SHAPES = [[300], [4, 5, 7], [1]];
const tolerance = { rtol: 1e-5, atol: 1e-6 };

/** The same numbers on either backend: normal draws of their own differ in the last bits. */
function lists(count: number): Tensor[][] {
  manualSeed(1);
  return Array.from({ length: count }, () =>
    SHAPES.map((shape) =>
      tensor(
        withBackend("reference", () => randn(shape).dataSync()),
        { shape },
      ),
    ),
  );
}

/** Runs three steps on the reference and on each variant of the slot. */
async function compareSteps(
  slotName: string,
  count: number,
  step: (all: Tensor[][], k: number) => boolean,
) {
  const run = (): Tensor[] => {
    const all = lists(count);
    for (let k = 1; k <= 3; k++) expect(noGrad(() => step(all, k))).to.equal(true);
    return all.flat();
  };
  setBackend("reference");
  const expected = run();
  setBackend(NAME);
  for (const variant of ["wgsl step", "gpujs step"]) {
    await compare(
      withVariant(slotName, variant, run),
      expected,
      tolerance,
      `${slotName}: ${variant}`,
    );
  }
}

describeGpu("what training does to parameters", () => {
  const sgd: SGDStep = {
    ...{ lr: 0.1, momentum: 0.9, dampening: 0.1, weightDecay: 0.01 },
    ...{ nesterov: false, maximize: false, first: false },
  };
  for (const change of [{}, { nesterov: true, dampening: 0 }, { first: true, maximize: true }]) {
    it(`SGD ${JSON.stringify(change)}`, () =>
      compareSteps("sgdStep", 3, ([p, g, v], k) =>
        sgdStep(p as Tensor[], g as Tensor[], v, {
          ...sgd,
          ...change,
          first: k === 1 && "first" in change,
        }),
      ));
  }
  it("SGD without momentum", () =>
    compareSteps("sgdStep", 2, ([p, g]) => sgdStep(p as Tensor[], g as Tensor[], undefined, sgd)));

  const adam: Omit<AdamStep, "step"> = {
    ...{ lr: 0.01, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1 },
    ...{ decoupled: true, maximize: false },
  };
  for (const change of [{}, { decoupled: false }, { maximize: true, weightDecay: 0 }]) {
    it(`Adam ${JSON.stringify(change)}`, () =>
      compareSteps("adamStep", 4, ([p, g, m, s], step) => {
        // Running means of squares are not negative.
        if (step === 1) for (const t of s as Tensor[]) t.square_();
        const settings = { ...adam, ...change, step };
        return adamStep(
          p as Tensor[],
          g as Tensor[],
          m as Tensor[],
          s as Tensor[],
          undefined,
          settings,
        );
      }));
  }

  it("the common norm, and scaling", async () => {
    for (const power of [1, 2, 3, Number.POSITIVE_INFINITY]) {
      const results: (Tensor | undefined)[] = [];
      for (const backend of ["reference", NAME]) {
        setBackend(backend);
        const [xs] = lists(1) as [Tensor[]];
        noGrad(() => scaleAll(xs, 0.25));
        results.push(powerSum(xs, power));
      }
      const [expected, actual] = results as [Tensor, Tensor];
      await compare([actual], [expected], tolerance, `power ${power}`);
    }
  });

  it("dropout lets the same elements live as the CPU", async () => {
    const results: Tensor[] = [];
    for (const backend of ["reference", NAME]) {
      setBackend(backend);
      manualSeed(5);
      results.push(dropout(randn([3, 7, 11]), { p: 0.3 }));
    }
    const [expected, actual] = results as [Tensor, Tensor];
    await compare([actual], [expected], tolerance, "dropout");
  });
});
