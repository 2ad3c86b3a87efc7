// Every module against PyTorch: outputs, gradients, state after training, printed form.
import { build, fixture } from "./kit.ts";
import { type Case, describeModules, expectPrinted } from "./module-runner.ts";

describeModules("reference");

describe("modules-repr: printed as PyTorch prints", () => {
  for (const c of [...fixture<Case>("modules-repr"), ...fixture<Case>("modules-repr-more")]) {
    it(c.name, () => expectPrinted(build(c), c.repr as string));
  }
});
