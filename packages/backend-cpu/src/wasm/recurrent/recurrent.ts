// Steps of LSTM and GRU on float32: which of the kernels runs, and its rows shared out.
import type { FusedKernels, View } from "@tapegrad/core";
import type { Func } from "../assembler/assembler.ts";
import type { WasmContext } from "../context.ts";
import { pieces } from "../threads/launch.ts";
import { addressOf } from "../view.ts";
import { gruCell, gruCellGrad, lstmCell, lstmCellGrad } from "./kernels.ts";

/** Nanoseconds of one thread for one unit. */
const UNIT = 5;

type RecurrentKernels = Pick<FusedKernels, "lstmCell" | "lstmCellGrad" | "gruCell" | "gruCellGrad">;

export function recurrentKernels(ctx: WasmContext): RecurrentKernels {
  /** `like` has the shape [rows, size]; views of one dimension are the same for all rows. */
  function run(
    key: string,
    make: () => Func,
    like: View,
    given: readonly (View | undefined)[],
  ): string | undefined {
    const views = given.filter((v) => v !== undefined);
    if (!views.every((v) => v.dtype === "float32" && v.contiguous)) return undefined;
    const [rows, size] = like.shape as [number, number];
    const { run } = ctx.get<"run">(key, () => [make()]);
    const places = views.map((v) => ({
      at: addressOf(v),
      step: v.shape.length === 1 ? 0 : (v.shape[1] as number) * 4,
    }));
    const cost = rows * size * UNIT;
    ctx.launch(cost, (tasks) => {
      pieces(rows, cost, (first, count) => {
        tasks.add(run, count, size, ...places.map(({ at, step }) => at + first * step));
      });
    });
    return "simd";
  }
  const { relaxed } = ctx;
  return {
    lstmCell: (given, gates, c, next, h) =>
      run("lstm cell", () => lstmCell(relaxed), h, [given, gates, c, next, h]),
    lstmCellGrad(gates, c, next, g, carry, dc, dgates) {
      const carried = carry !== undefined;
      const views = [gates, c, next, g, carry, dc, dgates];
      return run(`lstm grad/${carried}`, () => lstmCellGrad(relaxed, carried), c, views);
    },
    gruCell(given, gates, bias, own, h, next) {
      const biased = bias !== undefined;
      const views = [given, gates, bias, own, h, next];
      return run(`gru cell/${biased}`, () => gruCell(relaxed, biased), h, views);
    },
    gruCellGrad(gates, own, h, g, carry, direct, dgiven, down) {
      const carried = carry !== undefined;
      const views = [gates, own, h, g, carry, direct, dgiven, down];
      return run(`gru grad/${carried}`, () => gruCellGrad(relaxed, carried), h, views);
    },
  };
}
