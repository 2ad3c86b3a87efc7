// @tapegrad/data: data sets, the loader that makes batches of them, IDX files, and the glyphs that the
// program draws itself.
export { type Collated, collate } from "./collate.ts";
export {
  type Dataset,
  MappedDataset,
  type RandomSplitOptions,
  randomSplit,
  Subset,
  TensorDataset,
  type TensorRows,
} from "./dataset.ts";
export { MissingDataError } from "./errors.ts";
export { GLYPHS_MEAN, GLYPHS_STD, type GlyphsOptions, glyphs } from "./glyphs/glyphs.ts";
export { type IdxArray, readIdx, readIdxAsync } from "./idx.ts";
export {
  type ImageBatch,
  ImageDataset,
  type ImageDatasetOptions,
  type ImageSample,
  type ImageTransform,
} from "./images.ts";
export { DataLoader, type DataLoaderOptions, type DataLoaderState } from "./loader.ts";
export {
  fashionMnist,
  type IdxImagesOptions,
  idxImages,
  type MnistOptions,
  mnist,
} from "./mnist.ts";
export { compose, normalize, type Transform, toFloat } from "./transforms.ts";
