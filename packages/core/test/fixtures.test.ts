// Every function against PyTorch's numbers, on the reference backend.
import { describeFixtures, functionFiles } from "./fixture-runner.ts";

describe("fixtures on reference", () => describeFixtures("reference", functionFiles));
