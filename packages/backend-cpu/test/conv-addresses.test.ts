// Products and convolutions on operands beyond 3 GiB, where an address as a signed number is negative.
import { Arena } from "@tapegrad/core";
import { WasmContext } from "../src/wasm/context.ts";
import { gemm } from "../src/wasm/gemm/gemm.ts";
import { addressOf } from "../src/wasm/view.ts";
import { check } from "./conv-check.ts";
import { geometry } from "./conv-reference.ts";
import { expectClose, numbers, read, viewOf } from "./wasm-support.ts";

describe("addresses beyond 3 GiB", () => {
  /** Memory that is never touched costs nothing; engines that cannot reserve it skip. */
  function highContext(): WasmContext | undefined {
    try {
      const arena = new Arena();
      arena.take(3 * 2 ** 30);
      return new WasmContext(arena);
    } catch {
      return undefined;
    }
  }

  it("matrix products and all paths of convolution", function () {
    const ctx = highContext();
    if (ctx === undefined) return this.skip();
    const [m, n, k] = [7, 9, 5];
    const [a, b] = [numbers(m * k, 1), numbers(k * n, 2)];
    const y = viewOf(ctx, [m, n]);
    gemm(ctx, {
      m,
      n,
      k,
      a: addressOf(viewOf(ctx, [m, k], a)),
      aRowStride: k,
      aColStride: 1,
      b: addressOf(viewOf(ctx, [k, n], b)),
      bRowStride: n,
      bColStride: 1,
      c: addressOf(y),
      cRowStride: n,
    });
    const wanted = Array.from({ length: m * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let sum = 0;
      for (let l = 0; l < k; l++) sum += (a[i * k + l] as number) * (b[l * n + j] as number);
      return sum;
    });
    expectClose(read(ctx, y), wanted, "gemm");
    const base = { n: 2, size: [6, 7], padding: [1, 1] };
    const paths = [
      { c: 2, o: 26, kernel: [3, 3] },
      { c: 26, o: 2, kernel: [3, 3], stride: [2, 1] },
      { c: 2, o: 26, kernel: [1, 1], padding: [0, 0] },
      { c: 3, o: 6, groups: 3, kernel: [3, 3] },
      { c: 4, o: 4, groups: 2, kernel: [3, 3], stride: [2, 2] },
      { c: 2, o: 2, groups: 2, kernel: [8, 8], padding: [4, 4] },
    ];
    for (const path of paths) {
      check(ctx, { name: JSON.stringify(path), g: geometry({ ...base, ...path }) });
    }
  });
});
