// The assembler: encodings, control flow, calls, and every instruction accepted by the engine.
import { expect } from "chai";
import * as asm from "../src/wasm/assembler/assembler.ts";
import {
  assemble,
  type Code,
  call,
  countdown,
  countdownOrSkip,
  type Expr,
  type Func,
  f32,
  f32x4,
  func,
  i32,
  range,
  signed,
  unsigned,
  v128,
  when,
} from "../src/wasm/assembler/assembler.ts";

type Fn = (...args: number[]) => number;

function load(funcs: readonly Func[], memory = new WebAssembly.Memory({ initial: 1 })) {
  const module = new WebAssembly.Module(assemble(funcs, { shared: false }));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { f: exports as Record<string, Fn>, heap: new Float32Array(memory.buffer) };
}

/** All lists of `length` of these. */
const listsOf = (items: readonly unknown[], length: number): unknown[][] =>
  length === 0 ? [[]] : listsOf(items, length - 1).flatMap((l) => items.map((i) => [...l, i]));

describe("assembler", () => {
  it("names module and functions where traps and profiles look for them", () => {
    const trap = func("outside", { p: "i32" }, (_, { p }) => f32.store(p, f32.const(1)));
    const bytes = assemble([trap], { shared: false, name: "the key" });
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory },
    });
    const { stack } = ((): Error => {
      try {
        (exports.outside as Fn)(-4);
      } catch (error) {
        return error as Error;
      }
      throw new Error("no trap");
    })();
    expect(stack).to.match(/outside \(wasm:\/\/wasm\/the key/);
  });

  it("encodes LEB128", () => {
    expect(unsigned(0)).to.deep.equal([0]);
    expect(unsigned(624485)).to.deep.equal([0xe5, 0x8e, 0x26]);
    expect(unsigned(2 ** 32 - 1)).to.deep.equal([0xff, 0xff, 0xff, 0xff, 0x0f]);
    expect(signed(-123456)).to.deep.equal([0xc0, 0xbb, 0x78]);
    expect(signed(63)).to.deep.equal([63]);
    expect(signed(64)).to.deep.equal([0xc0, 0]);
    expect(signed(2 ** 31)).to.deep.equal(signed(-(2 ** 31)));
  });

  it("runs arithmetic, conditions and calls", () => {
    const square = func("square", { x: "i32" }, (_, { x }) => i32.mul(x, x), "i32");
    const both = func(
      "both",
      { a: "i32", b: "i32" },
      (f, { a, b }) => {
        const r = f.local("i32");
        return [
          when(i32.ltU(a, b), r.set(1000), r.set(2000)),
          i32.add(r, i32.add(call(square, a), call(square, b))),
        ];
      },
      "i32",
    );
    const { f } = load([both, square]);
    expect(f.both?.(3, 4)).to.equal(1025);
    expect(f.both?.(-1, 4)).to.equal(2017); // −1 is the largest address
  });

  it("loops: countdown at least once, countdownOrSkip and range down to never", () => {
    const count = (body: (n: asm.IntLocal, r: asm.IntLocal, i: asm.IntLocal) => Code) =>
      func(
        "f",
        { n: "i32" },
        (f, { n }) => {
          const [r, i] = [f.local("i32"), f.local("i32")];
          return [body(n, r, i), r];
        },
        "i32",
      );
    const down = load([count((n, r) => countdown(n, r.add(1)))]).f;
    expect(down.f?.(5)).to.equal(5);
    const skip = load([count((n, r) => countdownOrSkip(n, r.add(1)))]).f;
    expect([skip.f?.(0), skip.f?.(1), skip.f?.(9)]).to.deep.equal([0, 1, 9]);
    const sum = load([count((n, r, i) => range(i, 2, n, r.add(i), 3))]).f;
    expect([sum.f?.(0), sum.f?.(2), sum.f?.(9)]).to.deep.equal([0, 0, 15]);
    const fixed = load([count((_, r, i) => [range(i, 0, 4, r.add(i)), range(i, 4, 4, r.add(99))])]);
    expect(fixed.f.f?.(0)).to.equal(6);
  });

  it("takes shared memory and refuses what it is not", () => {
    const f = func("f", {}, () => v128.store(0, v128.zero()));
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 100, shared: true });
    const instantiate = (shared: boolean) =>
      new WebAssembly.Instance(new WebAssembly.Module(assemble([f], { shared })), {
        env: { memory },
      });
    expect(() => instantiate(true)).not.to.throw();
    expect(() => instantiate(false)).to.throw(WebAssembly.LinkError);
  });

  it("sums and shuffles lanes", () => {
    const sum = func(
      "sum",
      { x: "i32" },
      (f, { x }) => {
        const s = f.local("v128");
        return asm.sumLanes(f32x4.shuffle(v128.load(x), v128.load(x, 16), [3, 4, 5, 0]), s);
      },
      "f32",
    );
    const { f, heap } = load([sum]);
    heap.set([1, 2, 3, 4, 10, 20, 30, 40], 4);
    expect(f.sum?.(16)).to.equal(4 + 10 + 20 + 1);
  });

  it("the engine accepts every instruction with some list of operands", () => {
    const I: Expr<"i32"> = i32.const(16);
    const V: Expr<"v128"> = v128.zero();
    const F: Expr<"f32"> = f32.const(1.5);
    const D: Expr<"f64"> = asm.f64.const(1.5);
    const L: Expr<"i64"> = asm.i64.const(3);
    // Each is tried with all lists of operands of its length; the engine has to take one of them.
    const families: Record<string, Record<string, (...a: never[]) => Code>> = {
      i32,
      i64: asm.i64,
      f32,
      f64: asm.f64,
      v128: { ...v128 },
      i32x4: asm.i32x4,
      f32x4: { ...f32x4 },
      f64x2: asm.f64x2,
    };
    const relaxed = new Set(["relaxedMadd", "relaxedNmadd"]);
    let tried = 0;
    for (const [family, instructions] of Object.entries(families)) {
      for (const [name, make] of Object.entries(instructions)) {
        if (relaxed.has(name) || name.startsWith("const")) continue;
        const candidates = listsOf([I, L, F, D, V, 1, [0, 5, 2, 7]], make.length);
        const valid = candidates.some((args) => {
          try {
            const code = (make as (...a: unknown[]) => Code)(...args);
            return [[], [0x1a]].some((drop) =>
              WebAssembly.validate(
                assemble([func("f", {}, () => [code, drop])], { shared: false }),
              ),
            );
          } catch {
            return false; // the wrong kind of argument
          }
        });
        expect(valid, `${family}.${name}`).to.equal(true);
        tried++;
      }
    }
    expect(tried).to.be.greaterThan(100);
  });
});
