// Writes ONNX models: as much of the protobuf format as a handful of float32 layers need.
// Field numbers are those of onnx.proto (IR version 8, operator set 13).
export type Attribute = number | readonly number[];

const MODEL = { irVersion: 1, graph: 7, opsetImport: 8 };
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 };
const NODE = { input: 1, output: 2, opType: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, i: 3, ints: 8, type: 20 };
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9 };
const VALUE = { name: 1, type: 2 };
const ATTRIBUTE_TYPE = { int: 2, ints: 7 };
const FLOAT = 1;

type Bytes = Uint8Array;

/** Little groups of seven bits; negative numbers do not occur here. */
export function varint(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.from([...bytes, rest]);
}

function join(...parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const integer = (field: number, value: number): Bytes => join(varint(field * 8), varint(value));
/** A string, a message, or raw bytes, with its length before it. */
function sized(field: number, content: Bytes | string): Bytes {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return join(varint(field * 8 + 2), varint(bytes.length), bytes);
}

function attribute(name: string, value: Attribute): Bytes {
  const content =
    typeof value === "number"
      ? [integer(ATTRIBUTE.i, value), integer(ATTRIBUTE.type, ATTRIBUTE_TYPE.int)]
      : [
          ...value.map((v) => integer(ATTRIBUTE.ints, v)),
          integer(ATTRIBUTE.type, ATTRIBUTE_TYPE.ints),
        ];
  return sized(NODE.attribute, join(sized(ATTRIBUTE.name, name), ...content));
}

/** ValueInfoProto: name, TypeProto.tensor_type with its element type and shape. */
function value(field: number, name: string, shape: readonly number[]): Bytes {
  const dims = shape.map((size) => sized(1, integer(1, size)));
  const type = sized(1, join(integer(1, FLOAT), sized(2, join(...dims))));
  return sized(field, join(sized(VALUE.name, name), sized(VALUE.type, type)));
}

/** A graph that is built node by node; values go by name. */
export class OnnxGraph {
  private readonly parts: Bytes[] = [];
  private count = 0;

  input(name: string, shape: readonly number[]): string {
    this.parts.push(value(GRAPH.input, name, shape));
    return name;
  }

  constant(shape: readonly number[], data: Float32Array): string {
    const name = `c${this.count++}`;
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const content = [
      ...shape.map((size) => integer(TENSOR.dims, size)),
      integer(TENSOR.dataType, FLOAT),
      sized(TENSOR.name, name),
      sized(TENSOR.rawData, raw),
    ];
    this.parts.push(sized(GRAPH.initializer, join(...content)));
    return name;
  }

  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const name = `v${this.count++}`;
    const content = [
      ...inputs.map((input) => sized(NODE.input, input)),
      sized(NODE.output, name),
      sized(NODE.opType, op),
      ...Object.entries(attributes).map(([key, v]) => attribute(key, v)),
    ];
    this.parts.push(sized(GRAPH.node, join(...content)));
    return name;
  }

  output(name: string, shape: readonly number[]): void {
    this.parts.push(value(GRAPH.output, name, shape));
  }

  /** The model's bytes. */
  bytes(): Bytes {
    const graph = join(...this.parts, sized(GRAPH.name, "bench"));
    return join(
      integer(MODEL.irVersion, 8),
      sized(MODEL.graph, graph),
      sized(MODEL.opsetImport, integer(2, 13)),
    );
  }
}
