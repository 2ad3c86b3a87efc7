// Every module, loss, optimizer, schedule and initialisation that is exported has PyTorch's numbers.
import { expect } from "chai";
import * as nn from "../src/index.ts";
import { fixture, moduleFamilies } from "./kit.ts";

const MODULE_FILES = moduleFamilies.map((f) => `modules-${f}`);
/** They have no forward; their printed form is there. */
const CONTAINERS = ["ModuleList", "ModuleDict", "ParameterList", "ParameterDict"];
/** Custom cases derive from Module. */
const BASES = new Set(["Module", "Optimizer", "LRScheduler"]);

interface AnyCase {
  readonly module?: string;
  readonly fn?: string;
  readonly optim?: string;
  readonly schedule?: string;
  readonly grads?: readonly unknown[];
  readonly paramGrads?: Readonly<Record<string, unknown>>;
}

const extending = (base: abstract new (...args: never[]) => unknown): string[] =>
  Object.entries(nn).flatMap(([name, value]) =>
    typeof value === "function" && value.prototype instanceof base && !BASES.has(name)
      ? [name]
      : [],
  );
const named = (files: readonly string[], key: keyof AnyCase): Set<unknown> =>
  new Set(files.flatMap((file) => fixture<AnyCase>(file).map((c) => c[key])));

describe("every export has PyTorch's numbers", () => {
  const cases = MODULE_FILES.flatMap((file) => fixture<AnyCase>(file));
  for (const name of extending(nn.Module)) {
    if (CONTAINERS.includes(name)) continue;
    it(`module ${name}, with gradients`, () => {
      const own = cases.filter((c) => c.module === name);
      const all = own.flatMap((c) => [...(c.grads ?? []), ...Object.values(c.paramGrads ?? {})]);
      expect(all.filter((g) => g !== null).length, "gradients").to.be.above(0);
    });
  }
  for (const name of CONTAINERS) {
    it(name, () => {
      const printed = named(["modules-repr", "modules-repr-more"], "module");
      expect(printed).to.include(name);
    });
  }
  it("optimizers", () => {
    const recorded = named(["optim", "optim-more", "optim-closure"], "optim");
    expect(extending(nn.Optimizer).map((n) => n.toLowerCase())).to.have.members([...recorded]);
  });
  it("schedules", () => {
    expect(extending(nn.LRScheduler)).to.have.members([...named(["schedules"], "schedule")]);
  });
  it("functions of init", () => {
    const recorded = named(["init"], "fn");
    for (const name of Object.keys(nn.init)) {
      // Helpers: the fans are in every case, the default is what the modules of init.json begin with.
      if (name === "calculateFans" || name === "defaultInit") continue;
      expect(recorded, name).to.include(name);
    }
  });
});
