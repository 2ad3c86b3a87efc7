// The library in 15 lines: a small separable convolution net learns to read digits.
import { data, F, manualSeed, nn, noGrad, optim } from "tapegrad";

manualSeed(0);
const conv = new nn.SeparableConv2d(1, 32, 7, { depthMultiplier: 16, stride: 2 });
const net = new nn.Sequential(conv, new nn.ReLU(), new nn.Flatten(), new nn.Linear(3872, 10));
const optimizer = new optim.AdamW(net.parameters(), { lr: 0.005 });
for await (const batch of new data.DataLoader(data.glyphs({ size: 4000 }), { batchSize: 32 })) {
  const loss = F.crossEntropy(net.call(batch.images), batch.labels);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
}
const { images, labels } = data.glyphs({ split: "test" }).batch([...Array(1000).keys()]);
const right = noGrad(() => net.call(images).argmax(1).eq(labels).sum().item());
console.log(`${right / 10} % of 1,000 unseen digits read right`);
