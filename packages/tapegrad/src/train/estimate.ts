// How much memory work on many images will take, from work on few: what a dry run tells.
import { memory, resetPeak } from "@tapegrad/core";
import { DataLoader, type ImageBatch, type ImageDataset } from "@tapegrad/data";

/** Images that show what a step takes; of fewer, a batch has no statistics. */
export const FEW = 4;

/** How far the live bytes rise while something is done with a batch of so many images. */
export async function riseOf(
  images: ImageDataset,
  batchSize: number,
  use: (batch: ImageBatch) => Promise<unknown>,
): Promise<number> {
  for await (const batch of new DataLoader(images, { batchSize })) {
    resetPeak();
    const before = memory().liveBytes;
    await use(batch);
    return memory().peakBytes - before;
  }
  return 0;
}
/** riseOf() many images, from few ones: a part grows with them, a part does not. */
export async function riseAt(...[images, count, use]: Parameters<typeof riseOf>): Promise<number> {
  const few = Math.min(FEW, images.length);
  const more = Math.min(2 * few, images.length);
  const [low, high] = [await riseOf(images, few, use), await riseOf(images, more, use)];
  return more > few ? low + ((count - few) * Math.max(0, high - low)) / (more - few) : low;
}
