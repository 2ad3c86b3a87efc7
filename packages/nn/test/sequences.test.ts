// Packed and padded sequences: what PyTorch documents of them, and recurrent layers over packed ones against the same
// layers over each sequence alone.
import { ArgumentError, manualSeed, randn, type Tensor, tensor, withBackend } from "@tapegrad/core";
import { expect } from "chai";
import * as nn from "../src/index.ts";
import { close } from "./kit.ts";

const onReference = (f: () => void) => () => withBackend("reference", f);
const numbers = (t: Tensor): number[] => Array.from(t.dataSync(), Number);

describe("sequences of several lengths", () => {
  it(
    "the example of torch.nn.utils.rnn.pack_padded_sequence, and back",
    onReference(() => {
      const x = tensor([
        [1, 2, 0],
        [3, 0, 0],
        [4, 5, 6],
      ]);
      const packed = nn.packPaddedSequence(x, [2, 1, 3], {
        batchFirst: true,
        enforceSorted: false,
      });
      expect(numbers(packed.data)).to.deep.equal([4, 1, 3, 5, 2, 6]);
      expect(packed.batchSizes).to.deep.equal([3, 2, 1]);
      expect(numbers(packed.sortedIndices as Tensor)).to.deep.equal([2, 0, 1]);
      expect(numbers(packed.unsortedIndices as Tensor)).to.deep.equal([1, 2, 0]);
      const [padded, lengths] = nn.padPackedSequence(packed, {
        batchFirst: true,
        totalLength: 4,
        paddingValue: -1,
      });
      expect(padded.tolist()).to.deep.equal([
        [1, 2, -1, -1],
        [3, -1, -1, -1],
        [4, 5, 6, -1],
      ]);
      expect(numbers(lengths)).to.deep.equal([2, 1, 3]);
    }),
  );

  it(
    "padSequence, unpadSequence and packSequence",
    onReference(() => {
      const list = [tensor([1, 2, 3]), tensor([4, 5]), tensor([6])];
      expect(nn.padSequence(list, { paddingValue: 9 }).tolist()).to.deep.equal([
        [1, 4, 6],
        [2, 5, 9],
        [3, 9, 9],
      ]);
      const left = nn.padSequence(list, { batchFirst: true, paddingSide: "left" });
      expect(left.tolist()).to.deep.equal([
        [1, 2, 3],
        [0, 4, 5],
        [0, 0, 6],
      ]);
      const back = nn.unpadSequence(nn.padSequence(list), [3, 2, 1]);
      expect(back.map(numbers)).to.deep.equal(list.map(numbers));
      expect(numbers(nn.packSequence(list).data)).to.deep.equal([1, 4, 6, 2, 5, 3]);
    }),
  );

  it(
    "refuses lengths that do not fit",
    onReference(() => {
      const x = randn([3, 2]);
      for (const [lengths, message] of [
        [[3], /packPaddedSequence: lengths must be 2 whole numbers from 1 to 3; got \[3\]/],
        [[4, 1], /from 1 to 3; got \[4, 1\]/],
        [[1, 3], /lengths must fall; sort the batch, or set enforceSorted: false/],
      ] as const) {
        expect(() => nn.packPaddedSequence(x, lengths)).to.throw(ArgumentError, message);
      }
    }),
  );

  for (const [name, make] of [
    ["LSTM", () => new nn.LSTM(3, 2, { numLayers: 2, bidirectional: true, dtype: "float64" })],
    ["LSTM with a projection", () => new nn.LSTM(3, 4, { projSize: 2, dtype: "float64" })],
    ["GRU", () => new nn.GRU(3, 2, { bidirectional: true, dtype: "float64" })],
    ["RNN", () => new nn.RNN(3, 2, { dtype: "float64" })],
  ] as const) {
    it(
      `${name}: packed as each alone, with gradients`,
      onReference(() => {
        manualSeed(3);
        const net = make();
        const lengths = [2, 4, 1, 4];
        const list = lengths.map((n) => randn([n, 3], { dtype: "float64" }).requiresGrad_());
        const packed = nn.packSequence(list, { enforceSorted: false });
        const [output, state] = net.callPacked(packed);
        const [padded] = nn.padPackedSequence(output);
        const ends = [state].flat() as Tensor[];
        const weights = list.map((x) =>
          randn([x.shape[0] as number, padded.shape[2] as number], { dtype: "float64" }),
        );
        const losses = weights.map((w, i) =>
          padded
            .select(1, i)
            .narrow(0, 0, lengths[i] as number)
            .mul(w)
            .sum(),
        );
        [...losses, ...ends.map((e) => e.sum())].reduce((a, b) => a.add(b)).backward();
        const together = [...list, ...net.parameters()].map((p) => numbers(p.grad as Tensor));
        for (const p of [...list, ...net.parameters()]) p.grad = null;
        list.forEach((x, i) => {
          const [y, last] = net.call(x);
          const alone = [last].flat() as Tensor[];
          close(
            `output ${i}`,
            padded.select(1, i).narrow(0, 0, lengths[i] as number),
            numbers(y),
            "float64",
          );
          alone.forEach((t, k) => {
            close(`state ${k} of ${i}`, (ends[k] as Tensor).select(1, i), numbers(t), "float64");
          });
          [y.mul(weights[i] as Tensor).sum(), ...alone.map((e) => e.sum())]
            .reduce((a, b) => a.add(b))
            .backward();
        });
        [...list, ...net.parameters()].forEach((p, k) => {
          close(`gradient ${k}`, p.grad as Tensor, together[k] as number[], "float64");
        });
      }),
    );
  }

  it(
    "as many rows and steps as weights are transposed for give what each row gives alone",
    onReference(() => {
      manualSeed(4);
      const x = randn([5, 4, 3], { dtype: "float64" });
      for (const net of [
        new nn.LSTM(3, 2, { dtype: "float64" }),
        new nn.GRU(3, 2, { dtype: "float64" }),
      ]) {
        const [y] = net.call(x);
        for (let i = 0; i < 4; i++) {
          const [alone] = net.call(x.narrow(1, i, 1));
          close(`row ${i}`, y.narrow(1, i, 1), numbers(alone), "float64");
        }
      }
    }),
  );
});
