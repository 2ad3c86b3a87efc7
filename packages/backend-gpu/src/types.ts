// How dtypes lie in GPU memory: all as words of 32 bits. float32 is f32; int32 and int64 are i32 (what an int64
// holds must fit, which uploads check; sums wrap at 32 bits); uint8 and bool are u32 that hold 0 to 255, or 0 and 1.
// Words keep every element apart: no two threads write one word, and any element may begin a view.
import { type DType, DTypeError, newArray, type TypedArray } from "@tapegrad/core";
import type { WgslType } from "./program/wgsl.ts";

const TYPES: Readonly<Partial<Record<DType, WgslType>>> = {
  float32: "f32",
  int32: "i32",
  int64: "i32",
  uint8: "u32",
  bool: "u32",
};

export function wgslType(dtype: DType): WgslType {
  const type = TYPES[dtype];
  if (type === undefined) throw refused(dtype);
  return type;
}

const refused = (dtype: DType): DTypeError =>
  new DTypeError(
    "webgpu",
    `GPUs have no ${dtype} here; cast to float32 (x.to("float32")), or compute on the CPU (x.to("cpu") before)`,
  );

/** Bytes of an element: four, whatever the dtype. */
export function bytesPerWord(dtype: DType): number {
  wgslType(dtype);
  return 4;
}

/** An expression of one dtype's type as one of another's: float → integer cuts off, anything → bool asks for ≠ 0. */
export function castExpression(from: DType, to: DType, x: string): string {
  if (from === to) return x;
  const source = wgslType(from);
  const target = wgslType(to);
  if (to === "bool") {
    return source === "f32"
      ? `select(0u, 1u, !(${x} == 0.0))`
      : `select(0u, 1u, ${x} != ${source}(0))`;
  }
  if (to === "uint8" && from !== "bool") {
    return source === "u32" ? `(${x} & 255u)` : `(u32(i32(${x})) & 255u)`;
  }
  return source === target ? x : `${target}(${x})`;
}

const LOWEST = -(2 ** 31);
const HIGHEST = 2 ** 31 - 1;

/** Host data as the words of a dtype. @throws DTypeError where an int64 does not fit into 32 bits */
export function toWords(data: TypedArray, dtype: DType): Float32Array | Int32Array | Uint32Array {
  switch (wgslType(dtype)) {
    case "f32":
      return data instanceof Float32Array
        ? data
        : Float32Array.from(data as ArrayLike<number>, Number);
    case "u32": {
      const out = new Uint32Array(data.length);
      const mask = dtype === "bool" ? 1 : 255;
      for (let i = 0; i < out.length; i++) {
        const v = Number(data[i]);
        out[i] = mask === 1 ? Number(v !== 0) : v & mask;
      }
      return out;
    }
    default: {
      if (data instanceof Int32Array) return data;
      const out = new Int32Array(data.length);
      for (let i = 0; i < out.length; i++) {
        const v = Number(data[i]);
        if (v < LOWEST || v > HIGHEST) {
          throw new DTypeError(
            "webgpu",
            `${dtype} values are stored in 32 bits on the GPU; ${v} (element ${i}) does not fit`,
          );
        }
        out[i] = v;
      }
      return out;
    }
  }
}

/** Words that were read back as the JS array of a dtype. */
export function fromWords(words: Uint32Array, dtype: DType): TypedArray {
  switch (dtype) {
    case "float32":
      return new Float32Array(words.buffer, words.byteOffset, words.length);
    case "int32":
      return new Int32Array(words.buffer, words.byteOffset, words.length);
    case "int64": {
      const signed = new Int32Array(words.buffer, words.byteOffset, words.length);
      return BigInt64Array.from(signed, BigInt);
    }
    default: {
      const out = newArray(dtype, words.length) as Uint8Array;
      out.set(words);
      return out;
    }
  }
}
