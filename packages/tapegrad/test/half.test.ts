// A model of 16-bit floats: moved there, trained, saved and loaded; and its file in a model of float32.
import { isFloating, type Tensor, withBackend } from "@tapegrad/core";
import "@tapegrad/backend-cpu";
import { fromSafetensors, toSafetensors } from "@tapegrad/io";
import * as nn from "@tapegrad/nn";
import { expect } from "chai";

const model = () =>
  new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Linear(4, 1));
const contents = (state: ReadonlyMap<string, Tensor>) =>
  [...state].map(([key, t]) => [key, [...t.dataSync()]]);

for (const dtype of ["float16", "bfloat16"] as const) {
  for (const backend of ["reference", "wasm"]) {
    it(`a model of ${dtype} on ${backend} is trained, saved and loaded`, () =>
      withBackend(backend, () => {
        const net = model();
        const state = net.stateDict();
        net.to(dtype);
        for (const t of net.stateDict().values()) {
          expect(t.dtype).to.equal(isFloating(t.dtype) ? dtype : "int64");
        }
        const before = contents(net.stateDict());
        const x = state.get("0.weight")?.to(dtype) as Tensor;
        for (const optimizer of [
          new nn.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 }),
          new nn.AdamW(net.parameters(), { lr: 0.01, eps: 1e-4 }),
        ]) {
          optimizer.zeroGrad();
          net.forward(x.detach()).pow(2).mean().backward();
          for (const p of net.parameters()) expect(p.grad?.dtype).to.equal(dtype);
          optimizer.step();
        }
        expect(contents(net.stateDict())).to.not.deep.equal(before);
      }));
  }

  it(`${dtype}: the file has two bytes an element, and comes back; into float32 too`, async () => {
    const net = model().to(dtype);
    const bytes = await toSafetensors(net.stateDict());
    expect(new TextDecoder().decode(bytes)).to.include(dtype === "float16" ? '"F16"' : '"BF16"');
    const read = fromSafetensors(bytes);
    const same = new nn.Sequential(
      new nn.Linear(3, 4, { dtype }),
      new nn.BatchNorm1d(4, { dtype }),
      new nn.Linear(4, 1, { dtype }),
    );
    same.loadStateDict(read);
    expect(contents(same.stateDict())).to.deep.equal(contents(net.stateDict()));
    const wide = model();
    wide.loadStateDict(read);
    expect(contents(wide.stateDict())).to.deep.equal(contents(net.stateDict()));
    expect([...wide.parameters()][0]?.dtype).to.equal("float32");
    expect(() => net.loadStateDict(model().stateDict())).to.throw(
      /expected (b?float16) .*got float32/,
    );
  });
}
