// Accuracy of a classifier.
import { argmax, eq, noGrad, scope, sum } from "@tapegrad/core";
import { DataLoader, type ImageDataset } from "@tapegrad/data";
import type { Classifier } from "../models.ts";

/** Images at a time, unless something else is asked for. */
export const EVALUATED = 250;

/** The share of images whose largest logit is that of their label. Leaves the model in the mode it had. */
export async function accuracy(
  model: Classifier,
  images: ImageDataset,
  batchSize = EVALUATED,
): Promise<number> {
  const { training } = model;
  model.eval();
  let correct = 0;
  try {
    for await (const batch of new DataLoader(images, { batchSize })) {
      const right = scope(() =>
        noGrad(() => sum(eq(argmax(model.call(batch.images), 1), batch.labels))),
      );
      correct += await right.itemAsync();
      right.release();
      batch.images.release();
      batch.labels.release();
    }
  } finally {
    model.train(training);
  }
  return correct / images.length;
}
