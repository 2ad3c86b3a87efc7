// Special functions where single precision would lose what the op's samples do not reach.
import { igamma, tensor } from "@tapegrad/core";
import { expect } from "chai";
import { describeGpu } from "./gpu.ts";

describeGpu("special functions of large arguments", () => {
  it("igamma near a large a", async () => {
    const got = await igamma(tensor([1e4, 1e5]), tensor([1e4, 99_900])).data();
    [0.50132981, 0.37627489].forEach((exact, i) => {
      expect(Number(got[i])).to.be.closeTo(exact, 1e-5 * exact);
    });
  });
});
