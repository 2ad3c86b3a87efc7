// A checkpoint: one safetensors file with all that a run needs to go on to the same bits. Tensors
// are named by group ("model.conv.weight", "optim.0.exp_avg"); everything else is JSON in the
// metadata. One file, written atomically, so weights and state can never be of different steps.
import { FormatError } from "@tapegrad/core";
import { type FileOptions, withFile } from "../files/read.ts";
import { writeFileAtomic } from "../files/write.ts";
import { type HostTensor, type Named, namedEntries, quote } from "../host.ts";
import {
  type DecodedSafetensors,
  decodeSafetensors,
  decodeSource,
  encodeSafetensors,
  safetensorsParts,
} from "../safetensors/codec.ts";
import { crc32 } from "./crc.ts";
import { type Json, stateToText, textToState } from "./state.ts";

/** The version that is written; raised when an older reader would misread the file. */
export const CHECKPOINT_VERSION = 1;

const FORMAT = "tapegrad-checkpoint";

export interface Checkpoint {
  /** Arrays by name, groups as prefixes; dtypes as saved. */
  readonly tensors: Map<string, HostTensor>;
  readonly state: Json;
}

export interface CheckpointInput {
  readonly tensors: Named<HostTensor>;
  readonly state: Json;
}

function metadataOf({ tensors, state }: CheckpointInput, op: string): Record<string, string> {
  const text = stateToText(state, op);
  return {
    format: FORMAT,
    version: String(CHECKPOINT_VERSION),
    state: text,
    crc32: checksum(tensors, text),
  };
}

/** Of the state and of all tensors in the order of their names. */
function checksum(tensors: Named<HostTensor>, state: string): string {
  let sum = crc32(new TextEncoder().encode(state));
  const entries = namedEntries(tensors).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, { data }] of entries) {
    sum = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum);
  }
  return sum.toString(16).padStart(8, "0");
}

function open(file: string, { tensors, metadata }: DecodedSafetensors): Checkpoint {
  const { format, version = "", state: text, crc32: written } = metadata;
  if (format !== FORMAT) {
    const got = format === undefined ? "none" : quote(format);
    throw new FormatError(
      `${file}: not a checkpoint: expected metadata format '${FORMAT}', got ${got}. ` +
        `It holds tensors without training state: load them with loadSafetensors.`,
    );
  }
  if (!/^[1-9]\d{0,8}$/.test(version)) {
    throw new FormatError(
      `${file}: checkpoint version must be a positive integer, got ${quote(version)}. ` +
        `The file is damaged: use an older checkpoint.`,
    );
  }
  if (Number(version) > CHECKPOINT_VERSION) {
    throw new FormatError(
      `${file}: checkpoint version ${version} is newer than this tapegrad, which reads up to ` +
        `${CHECKPOINT_VERSION}. Update tapegrad.`,
    );
  }
  if (text === undefined) {
    throw new FormatError(
      `${file}: the checkpoint has no state. The file is damaged: use an older checkpoint.`,
    );
  }
  // Checkpoints of before had no checksum.
  if (written !== undefined && written !== checksum(tensors, text)) {
    throw new FormatError(
      `${file}: the checkpoint's contents do not give its checksum ${quote(written)}. ` +
        `The file is damaged: use an older checkpoint.`,
    );
  }
  try {
    return { tensors, state: textToState(text) };
  } catch (cause) {
    throw new FormatError(
      `${file}: the checkpoint's state is not valid JSON. The file is damaged: use an older checkpoint.`,
      { cause },
    );
  }
}

/**
 * Writes tensors and state into one file, atomically: the path shows the whole old or the whole
 * new checkpoint at any time. Numbers come back exactly, NaN, infinities, -0 and bigints too.
 * @throws ArgumentError for state that JSON cannot hold (before anything is written), FileError
 */
export function saveCheckpoint(path: string, input: CheckpointInput, options?: FileOptions): void {
  const op = "saveCheckpoint";
  writeFileAtomic(path, safetensorsParts(input.tensors, metadataOf(input, op), op), options);
}

/** @throws FileError, or FormatError for a damaged file, one that is no checkpoint, or a newer version */
export const loadCheckpoint = (path: string, options?: FileOptions): Checkpoint =>
  withFile(path, (source) => open(path, decodeSource(source)), options);

/** The bytes of a checkpoint, where there is no file system. */
export const encodeCheckpoint = (input: CheckpointInput): Uint8Array<ArrayBuffer> =>
  encodeSafetensors(input.tensors, metadataOf(input, "encodeCheckpoint"));

/** @param name how errors call the bytes */
export const decodeCheckpoint = (bytes: Uint8Array, name = "checkpoint"): Checkpoint =>
  open(name, decodeSafetensors(bytes, name));

/** The same things under `prefix + name`: `withPrefix("model.", model.stateDict())`. */
export const withPrefix = <T>(prefix: string, named: ReadonlyMap<string, T>): Map<string, T> =>
  new Map(Array.from(named, ([name, value]) => [prefix + name, value]));

/** What `withPrefix` put in: those whose names start with `prefix`, without it. */
export const underPrefix = <T>(prefix: string, named: ReadonlyMap<string, T>): Map<string, T> =>
  new Map(
    Array.from(named)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
