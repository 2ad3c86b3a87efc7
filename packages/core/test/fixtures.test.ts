// Every function against PyTorch's numbers, on the reference backend.
import { readdirSync } from "node:fs";
import { describeFixtures } from "./fixture-runner.ts";

/** Files whose cases are not calls of functions; other tests read them. */
export const OTHERS =
  /^(modules-.*|init|optim|schedules|clip-grad-norm|training|printing|philox)\.json$/;

export const functionFiles = readdirSync(new URL("../../../fixtures/", import.meta.url))
  .filter((name) => name.endsWith(".json") && !OTHERS.test(name))
  .sort();

describe("fixtures on reference", () => describeFixtures("reference", functionFiles));
