// Files in and out: safetensors, checkpoints, atomic writes. Loads in browsers, where the calls
// that take a path throw a FileError and those that take bytes work.
export {
  CHECKPOINT_VERSION,
  type Checkpoint,
  type CheckpointInput,
  decodeCheckpoint,
  encodeCheckpoint,
  loadCheckpoint,
  saveCheckpoint,
  underPrefix,
  withPrefix,
} from "./checkpoint/checkpoint.ts";
export type { Json } from "./checkpoint/state.ts";
export { FileError } from "./files/error.ts";
export { type FileOptions, readFile } from "./files/read.ts";
export type { FileStatus, FileSystem } from "./files/system.ts";
export { writeFileAtomic } from "./files/write.ts";
export type { HostTensor, Named } from "./host.ts";
export {
  type DecodedSafetensors,
  decodeSafetensors,
  encodeSafetensors,
} from "./safetensors/codec.ts";
export {
  fromHost,
  fromSafetensors,
  type LoadOptions,
  loadSafetensors,
  readSafetensors,
  saveSafetensors,
  toHost,
  toSafetensors,
} from "./tensors.ts";
