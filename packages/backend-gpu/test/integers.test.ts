// Exact index arithmetic beyond what float32 can count, on whatever adapter there is.
import { arange, type Tensor, type View, zeros } from "@tapegrad/core";
import { expect } from "chai";
import { runtime } from "../src/index.ts";
import { gpuJs } from "../src/program/gpu-js.ts";
import { blockOf, type GpuRuntime } from "../src/runtime/runtime.ts";
import { describeGpu } from "./gpu.ts";

/** Quotient or remainder of start + step·i by b, as two halves that float32 holds. */
function divide(
  rt: GpuRuntime,
  what: "idiv" | "imod",
  start: number,
  step: number,
  b: number,
  y: View,
): void {
  const program = gpuJs({
    key: `test/${what}`,
    inputs: [],
    scalars: { start: "Integer", step: "Integer", b: "Integer" },
    rank: 2,
    source: `function (start, step, b) {
  if (this.thread.y === 0) { return ${what}(start + step * this.thread.x, b) >> 12; }
  return ${what}(start + step * this.thread.x, b) & 4095;
}`,
  });
  rt.dispatch(program, [blockOf(y)], [start, step, b], [y.shape[1] as number, 2, 1]);
}

const list = async (t: Tensor): Promise<number[]> => Array.from(await t.data(), Number);

describeGpu("exact integers in gpu.js kernels", () => {
  const N = 64;
  for (const b of [1, 2, 3, 7, 10, 255, 1000, 4097, 65_535, 1_000_003, 2 ** 30 - 1, 2 ** 31 - 1]) {
    it(`divides by ${b}`, async () => {
      const rt = runtime();
      for (const [start, step] of [
        [0, 1],
        [2 ** 24 - 20, 1],
        [2 ** 31 - 1 - N * 5, 5],
        [b > 2 ** 24 ? b - 30 : b * Math.floor(2 ** 30 / b) - 30, 1],
      ] as const) {
        const first = Math.min(Math.max(0, start), 2 ** 31 - 1 - N * step);
        for (const what of ["idiv", "imod"] as const) {
          const y = zeros([2, N]);
          divide(rt, what, first, step, b, y);
          const out = await y.data();
          for (let i = 0; i < N; i++) {
            const a = first + step * i;
            const got = Number(out[i]) * 4096 + Number(out[N + i]);
            expect(got, `${what}(${a}, ${b})`).to.equal(
              what === "idiv" ? Math.floor(a / b) : a % b,
            );
          }
        }
      }
    });
  }

  it("elements beyond 2^24 are found: broadcast, transposed, reduced", async () => {
    const n = 4100; // n² > 2^24
    const rows = arange(0, n, 1, { dtype: "float32" });
    const difference = rows.unsqueeze(1).sub(rows.unsqueeze(0));
    const turned = difference.t().mul(2);
    const corner = ["4097:", "4096:"] as const;
    expect(await list(difference.slice(corner))).to.deep.equal([
      1, 0, -1, -2, 2, 1, 0, -1, 3, 2, 1, 0,
    ]);
    expect(await list(turned.slice(corner))).to.deep.equal([
      -2, 0, 2, 4, -4, -2, 0, 2, -6, -4, -2, 0,
    ]);
    const largest = await difference.amax(1).data();
    expect(largest[n - 1]).to.equal(n - 1);
    expect(largest[0]).to.equal(0);
    for (const t of [difference, turned]) t.release();
  });
});
