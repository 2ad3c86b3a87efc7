// A 1-D separable network like SliceNet: which two words stand in a sequence, in which order?
//
// Each sequence is random letters with two words in it, some letters apart. There are two words, so there
// are four classes. A layer that sees only single words cannot tell "A then B" from "B then A": the
// dilated layers must carry one word to the other.
// Kaiser, Gomez and Chollet: "Depthwise Separable Convolutions for Neural Machine Translation",
// https://arxiv.org/abs/1706.03059
import {
  data,
  F,
  Generator,
  manualSeed,
  nn,
  noGrad,
  optim,
  randint,
  type Tensor,
  tensor,
} from "tapegrad";

const LETTERS = 4;
const LENGTH = 48;
const WORDS = [
  [0, 1, 2, 3, 0],
  [2, 2, 1, 0, 3],
];
/** From the start of the first word to the start of the second. */
const APART = 12;

/** Sequences [n, LENGTH] of letters and classes [n], both int64; the seed decides them. */
export function sequences(n: number, seed: number): data.TensorDataset<[Tensor, Tensor]> {
  const generator = new Generator(seed);
  const letters = randint(0, LETTERS, [n, LENGTH], { generator }).dataSync() as BigInt64Array;
  const draws = (below: number) => randint(0, below, [n], { generator, dtype: "int32" }).dataSync();
  const starts = draws(LENGTH - APART - 5 + 1);
  const classes = draws(4);
  for (let i = 0; i < n; i++) {
    const [first, second] = [WORDS[Number(classes[i]) >> 1], WORDS[Number(classes[i]) & 1]];
    const at = i * LENGTH + Number(starts[i]);
    first?.forEach((letter, k) => {
      letters[at + k] = BigInt(letter);
    });
    second?.forEach((letter, k) => {
      letters[at + APART + k] = BigInt(letter);
    });
  }
  return new data.TensorDataset(
    tensor(letters, { shape: [n, LENGTH] }),
    tensor(classes, { dtype: "int64" }),
  );
}

/** x + norm(separable convolution(relu(x))), as SliceNet's convolution steps. */
class Step extends nn.Module {
  readonly conv: nn.SeparableConv1d;
  readonly norm: nn.BatchNorm1d;
  constructor(channels: number, dilation: number) {
    super();
    const options = { dilation, padding: "same", bias: false } as const;
    this.conv = new nn.SeparableConv1d(channels, channels, 5, options);
    this.norm = new nn.BatchNorm1d(channels);
  }
  forward(x: Tensor): Tensor {
    return x.add(this.norm.call(this.conv.call(x.relu())));
  }
}

export class MotifNet extends nn.Module {
  readonly embedding: nn.Embedding;
  readonly steps: nn.Sequential;
  readonly classifier: nn.Linear;
  constructor(channels = 32) {
    super();
    this.embedding = new nn.Embedding(LETTERS, channels);
    this.steps = new nn.Sequential(...[1, 1, 2, 4].map((dilation) => new Step(channels, dilation)));
    this.classifier = new nn.Linear(channels, WORDS.length ** 2);
  }
  /** [N, L] letters → [N, 4] */
  forward(letters: Tensor): Tensor {
    const x = this.embedding.call(letters).transpose(1, 2); // [N, channels, L]
    return this.classifier.call(this.steps.call(x).amax(2));
  }
}

export interface Outcome {
  readonly firstLoss: number;
  readonly lastLoss: number;
  readonly accuracy: number;
}

/** Trains and tests. Guessing gets 25 %; knowing the words but not their order, 75 %. */
export async function run({ small = false } = {}): Promise<Outcome> {
  manualSeed(0);
  const epochs = small ? 3 : 8;
  const train = new data.DataLoader(sequences(2000, 1), { batchSize: 50, shuffle: true, seed: 0 });
  const net = new MotifNet();
  const optimizer = new optim.AdamW(net.parameters(), { lr: 0.005, weightDecay: 0.01 });
  const schedule = new optim.OneCycleLR(optimizer, 0.01, { totalSteps: epochs * train.length });
  let firstLoss = Number.NaN;
  let lastLoss = Number.NaN;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let sum = 0;
    for await (const [letters, classes] of train) {
      const loss = F.crossEntropy(net.call(letters), classes);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      schedule.step();
      sum += loss.item();
    }
    lastLoss = sum / train.length;
    if (epoch === 1) firstLoss = lastLoss;
    console.log(`epoch ${epoch}: loss ${lastLoss.toFixed(3)}`);
  }
  net.eval();
  const [letters, classes] = sequences(1000, 2).tensors;
  const right = noGrad(() => net.call(letters).argmax(1).eq(classes).sum().item());
  console.log(`${(right / 10).toFixed(1)} % of 1,000 unseen sequences are classified right`);
  return { firstLoss, lastLoss, accuracy: right / 1000 };
}
