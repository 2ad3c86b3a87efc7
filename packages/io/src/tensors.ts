// Tensors to files and back. What is saved is the state at the moment of the call: all tensors are
// read before anything is awaited, so training may go on while a save is on its way.
import { ArgumentError, Tensor, type TensorOptions, tensor } from "@tapegrad/core";
import { type FileOptions, withFile } from "./files/read.ts";
import { writeFileAtomic } from "./files/write.ts";
import { type HostTensor, type Named, namedEntries, quote } from "./host.ts";
import {
  type DecodedSafetensors,
  decodeSource,
  encodeSafetensors,
  readEntryData,
  safetensorsParts,
} from "./safetensors/codec.ts";
import { readHeader } from "./safetensors/header.ts";
import { type ByteSource, bytesSource } from "./source.ts";

/** Where loaded tensors are made. */
export interface LoadOptions {
  /** "cpu", "gpu", or the name of a backend. Default: the current backend. */
  readonly device?: NonNullable<TensorOptions["device"]> | undefined;
}

/**
 * Copies of tensors as host arrays, by name, row-major; from every device. All are read at the
 * moment of the call.
 */
export async function toHost(
  tensors: Named<Tensor>,
  op = "toHost",
): Promise<Map<string, HostTensor>> {
  const reads = namedEntries(tensors).map(async ([name, t]): Promise<[string, HostTensor]> => {
    if (!(t instanceof Tensor)) {
      throw new ArgumentError(op, `${quote(name)} must be a Tensor, got ${typeof t}`);
    }
    const { dtype, shape } = t;
    return [name, { dtype, shape, data: await t.data() }];
  });
  return new Map(await Promise.all(reads));
}

const make = ({ dtype, shape, data }: HostTensor, options: LoadOptions): Tensor =>
  tensor(data, { ...options, dtype, shape });

/** Makes tensors one after the other; if one fails, none is left. */
function makeAll<T>(
  items: Iterable<T>,
  read: (item: T) => [string, HostTensor],
  options: LoadOptions,
): Map<string, Tensor> {
  const made = new Map<string, Tensor>();
  try {
    for (const item of items) {
      const [name, host] = read(item);
      made.set(name, make(host, options));
    }
  } catch (error) {
    for (const t of made.values()) t.release();
    throw error;
  }
  return made;
}

/** Tensors of host arrays, by name: the way back from `toHost`, and from a checkpoint's tensors. */
export const fromHost = (
  tensors: Named<HostTensor>,
  options: LoadOptions = {},
): Map<string, Tensor> => makeAll(namedEntries(tensors), (entry) => entry, options);

/** One tensor after the other, so that the file's data is never held twice. */
const load = (source: ByteSource, options: LoadOptions): Map<string, Tensor> =>
  makeAll(
    readHeader(source).entries,
    (entry) => [entry.name, readEntryData(source, entry)],
    options,
  );

/**
 * The bytes of a safetensors file of these tensors, as the reference implementation writes it.
 * @see https://github.com/huggingface/safetensors#format
 */
export async function toSafetensors(
  tensors: Named<Tensor>,
  metadata?: Readonly<Record<string, string>>,
): Promise<Uint8Array<ArrayBuffer>> {
  return encodeSafetensors(await toHost(tensors, "toSafetensors"), metadata);
}

/**
 * The tensors in the bytes of a safetensors file. I8, I16 and U16 become int32, U32 int64, all
 * exactly.
 * @param options `name` is how errors call the bytes
 * @throws FormatError naming the tensor, what was expected and got; then nothing was made
 */
export const fromSafetensors = (
  bytes: Uint8Array,
  { name = "safetensors", ...options }: LoadOptions & { readonly name?: string | undefined } = {},
): Map<string, Tensor> => load(bytesSource(bytes, name), options);

/**
 * Writes tensors (a `stateDict()`) to a safetensors file, atomically.
 * @throws FileError naming path and reason; the old file is then as it was
 */
export async function saveSafetensors(
  path: string,
  tensors: Named<Tensor>,
  metadata?: Readonly<Record<string, string>>,
  options?: FileOptions,
): Promise<void> {
  const host = await toHost(tensors, "saveSafetensors");
  writeFileAtomic(path, safetensorsParts(host, metadata, "saveSafetensors"), options);
}

/**
 * The tensors of a safetensors file, for `loadStateDict()`; dtypes as in `fromSafetensors`.
 * @throws FileError, or FormatError naming file and tensor; then nothing was made
 */
export const loadSafetensors = (
  path: string,
  { fs, ...options }: LoadOptions & FileOptions = {},
): Map<string, Tensor> => withFile(path, (source) => load(source, options), fs && { fs });

/**
 * The arrays and the metadata of a safetensors file, without tensors or a backend.
 * @throws FileError, FormatError
 */
export const readSafetensors = (path: string, options?: FileOptions): DecodedSafetensors =>
  withFile(path, decodeSource, options);
