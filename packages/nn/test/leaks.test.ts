// Layers let go of what they make on the way: after a call whose result is released, nothing is left.
import { noGrad, type Tensor } from "@tapegrad/core";
import { expect } from "chai";
import {
  build,
  type Described,
  fixture,
  left,
  type ModuleSpec,
  made,
  moduleFamilies,
  placed,
} from "./kit.ts";

interface Case extends ModuleSpec {
  readonly name: string;
  readonly training: boolean;
  readonly inputs: readonly Described[];
  readonly outputs: readonly Described[];
  readonly call?: readonly unknown[];
}

/** The first case of each module and kind of call: enough to meet each way through a forward. */
const cases = moduleFamilies
  .filter((family) => family !== "models")
  .flatMap((family) => fixture<Case>(`modules-${family}`).map((c) => ({ ...c, family })));

describe("a call leaves nothing behind but its result", () => {
  for (const c of cases) {
    it(`${c.family}: ${c.name}`, () => {
      const dtype = c.inputs.find((x) => x.dtype.startsWith("float"))?.dtype ?? "float32";
      const net = build(c).to(dtype).train(c.training);
      const inputs = c.inputs.map((d) => made({ ...d, grad: false }));
      const args = c.call === undefined ? inputs : placed(c.call, inputs);
      const once = () => {
        const result = [noGrad(() => net.call(...args))].flat(2) as (Tensor | null)[];
        for (const t of result) if (t !== null && !inputs.includes(t)) t.release();
      };
      once(); // lazy modules become what they are
      expect(left(once)).to.equal(0);
    });
  }
});
