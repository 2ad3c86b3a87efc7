// biome-ignore-all format: a directive reaches one line, so each misuse stands on one
// biome-ignore-all lint/complexity/noCommaOperator: see above
// Misuse of defineOp that must not compile: tsc has to find an error under each @ts-expect-error, or it
// complains that there is none. Run by `npm run typecheck`; mocha only loads the file.
import { add, defineOp, type Tensor } from "@tapegrad/core";
import { expect } from "chai";

const base = { doc: "", outputs: ["y"] } as const;

export function misuse(t: Tensor): unknown {
  // @ts-expect-error saves a name that is neither input nor output
  defineOp()({ ...base, name: "a", inputs: ["x"], saves: ["z"], shape: (x) => x, vjp: (gs) => ({ x: gs.y }) });

  // @ts-expect-error reads what was not saved
  defineOp()({ ...base, name: "b", inputs: ["x", "w"], saves: ["x"], shape: (x) => x, vjp: (gs, s) => ({ x: add(gs.y, s.w) }) });

  // @ts-expect-error a gradient for an input that does not exist
  defineOp()({ ...base, name: "c", inputs: ["x"], shape: (x) => x, vjp: (gs) => ({ q: gs.y }) });

  // @ts-expect-error a kernel that nobody declared
  defineOp()({ ...base, name: "d", inputs: ["x"], shape: (x) => x, kernel: (k, x, y) => k.conv9d?.(x, y), vjp: (gs) => ({ x: gs.y }) });

  // @ts-expect-error a kernel with the wrong arguments
  defineOp()({ ...base, name: "e", inputs: ["x"], shape: (x) => x, kernel: (k, x) => k.copy(x), vjp: (gs) => ({ x: gs.y }) });

  // @ts-expect-error a hidden output may be absent when nothing records
  defineOp()({ ...base, name: "f", inputs: ["x"], hidden: ["m"], shape: (x) => ({ y: x, m: x }), kernel: (k, x, _y, m) => k.copy(x, m), vjp: (gs) => ({ x: gs.y }) });

  // @ts-expect-error the shape of the hidden output is missing
  defineOp()({ ...base, name: "g", inputs: ["x"], hidden: ["m"], shape: (x) => ({ y: x }), vjp: (gs) => ({ x: gs.y }) });

  // @ts-expect-error an optional input may be undefined in a composition
  defineOp()({ ...base, name: "h", inputs: ["x", "b?"], shape: (x) => x, compose: (x, b) => add(x, b) });

  // @ts-expect-error a gradient may not have arrived where there are two outputs
  defineOp()({ name: "i", doc: "", inputs: ["x"], outputs: ["y", "z"], shape: (x) => ({ y: x, z: x }), vjp: (gs) => ({ x: add(gs.y, gs.z) }) });

  // @ts-expect-error a constant output has no gradient
  defineOp()({ name: "j", doc: "", inputs: ["x"], outputs: ["y", "z"], constant: ["z"], shape: (x) => ({ y: x, z: x }), vjp: (gs) => ({ x: gs.z }) });

  // @ts-expect-error an attribute that does not exist
  defineOp<{ p: number }>()({ ...base, name: "k", inputs: ["x"], shape: (x, a) => (a.q, x), vjp: (gs) => ({ x: gs.y }) });

  // @ts-expect-error a composition that forgets an output
  defineOp()({ name: "l", doc: "", inputs: ["x"], outputs: ["y", "z"], shape: (x) => ({ y: x, z: x }), compose: (x) => ({ y: x }) });

  const two = defineOp<{ p: number }>()({
    name: "m",
    doc: "",
    inputs: ["xs[]", "w?"],
    outputs: ["y", "z"],
    shape: ([x]) => ({ y: x as Tensor, z: x as Tensor }),
    compose: ([x]) => ({ y: x as Tensor, z: x as Tensor }),
  });
  const fine: [Tensor, Tensor] = two([t], undefined, { p: 1 });
  // @ts-expect-error the list is a list
  two(t, undefined, { p: 1 });
  // @ts-expect-error attributes are missing
  two([t], undefined);
  // @ts-expect-error two outputs, not one
  const one: Tensor = two([t], t, { p: 1 });
  return [fine, one];
}

describe("types", () => {
  it("are checked by tsc, under each @ts-expect-error", () => expect(misuse).to.be.a("function"));
});
