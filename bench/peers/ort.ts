// ONNX Runtime, native (onnxruntime-node) and WebAssembly (onnxruntime-web): inference only.
import { uniform } from "../data.ts";
import {
  type Chain,
  type Gemm,
  type Inference,
  type Layer,
  layersOf,
  product,
  type Spec,
} from "../workloads.ts";
import { OnnxGraph } from "./onnx.ts";
import { type Job, meanAbs, type Start } from "./peer.ts";

interface Model {
  readonly graph: OnnxGraph;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
}

function convNode(
  graph: OnnxGraph,
  x: string,
  layer: Layer,
  index: number,
  gain: number,
  bias: boolean,
) {
  const { w, out, kernel, stride, padding, groups } = layer;
  const inputs = [
    x,
    graph.constant(w, uniform(product(w), index + 1, Math.sqrt(gain / product(w.slice(1))))),
    ...(bias ? [graph.constant([out], uniform(out, 100 + index, 0.01))] : []),
  ];
  return graph.node("Conv", inputs, {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
    group: groups,
  });
}

function chain({ input, convs }: Chain): Model {
  const graph = new OnnxGraph();
  const layers = layersOf(input, convs);
  let y = graph.input("x", input);
  layers.forEach((layer, i) => {
    y = convNode(graph, y, layer, i, 1, false);
  });
  graph.output(y, layers.at(-1)?.y ?? []);
  return { graph, inputs: { x: input } };
}

function inference({ input, convs, classes }: Inference): Model {
  const graph = new OnnxGraph();
  const layers = layersOf(input, convs);
  let y = graph.input("x", input);
  layers.forEach((layer, i) => {
    y = graph.node("Relu", [convNode(graph, y, layer, i, 2, true)]);
  });
  const width = layers.at(-1)?.out ?? 0;
  const pooled = graph.node("Flatten", [graph.node("GlobalAveragePool", [y])], { axis: 1 });
  const weight = uniform(classes * width, 201, 1 / Math.sqrt(width));
  const parameters = [
    graph.constant([classes, width], weight),
    graph.constant([classes], uniform(classes, 202, 0.01)),
  ];
  graph.output(graph.node("Gemm", [pooled, ...parameters], { transB: 1 }), [input[0], classes]);
  return { graph, inputs: { x: input } };
}

function gemm({ size }: Gemm): Model {
  const graph = new OnnxGraph();
  const shape = [size, size];
  graph.output(graph.node("MatMul", [graph.input("a", shape), graph.input("b", shape)]), shape);
  return { graph, inputs: { a: shape, b: shape } };
}

function modelOf(spec: Spec): Model {
  if (spec.kind === "chain") return chain(spec);
  if (spec.kind === "inference") return inference(spec);
  if (spec.kind === "gemm") return gemm(spec);
  throw new Error(`no model for ${spec.kind}`);
}

export default (name: string): Start =>
  async (load, threads) => {
    const isWeb = name === "ort-web";
    const ort = load(isWeb ? "onnxruntime-web" : "onnxruntime-node");
    if (isWeb) ort.env.wasm.numThreads = threads;
    const options = {
      executionProviders: [isWeb ? "wasm" : "cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
    };
    return {
      async prepare(spec): Promise<Job> {
        const { graph, inputs } = modelOf(spec);
        const session = await ort.InferenceSession.create(graph.bytes(), options);
        const feeds = Object.fromEntries(
          Object.entries(inputs).map(([key, shape], seed) => [
            key,
            new ort.Tensor("float32", uniform(product(shape), seed), shape),
          ]),
        );
        return {
          run: async () => {
            await session.run(feeds);
          },
          probe: async () => {
            const results = await session.run(feeds);
            return [meanAbs(results[session.outputNames[0]].data)];
          },
          dispose: () => session.release(),
        };
      },
    };
  };
