// Writes IDX bytes for the tests of the reader.

export type IdxType = "uint8" | "int8" | "int16" | "int32" | "float32" | "float64";

const TYPES = {
  uint8: [0x08, 1, "setUint8"],
  int8: [0x09, 1, "setInt8"],
  int16: [0x0b, 2, "setInt16"],
  int32: [0x0c, 4, "setInt32"],
  float32: [0x0d, 4, "setFloat32"],
  float64: [0x0e, 8, "setFloat64"],
} as const;

export function writeIdx(
  type: IdxType,
  shape: readonly number[],
  values: ArrayLike<number>,
): Uint8Array {
  const [code, size, set] = TYPES[type];
  const start = 4 + 4 * shape.length;
  const bytes = new Uint8Array(start + size * values.length);
  const view = new DataView(bytes.buffer);
  bytes[2] = code;
  bytes[3] = shape.length;
  shape.forEach((n, d) => {
    view.setUint32(4 + 4 * d, n);
  });
  for (let i = 0; i < values.length; i++) view[set](start + size * i, values[i] as number);
  return bytes;
}
