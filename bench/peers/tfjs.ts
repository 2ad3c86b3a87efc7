// TensorFlow.js on its WebAssembly backend: NHWC, one thread in Node, no gradients of convolutions.
import { uniform } from "../data.ts";
import { type Adds, type Layer, layersOf, type Pass, product, type Spec } from "../workloads.ts";
import { type Job, meanAbs, type Start } from "./peer.ts";

// The library is not installed where this is compiled, so it has no types here.
type Tf = ReturnType<NodeJS.Require>;
type TfTensor = ReturnType<NodeJS.Require>;

const isDepthwise = ({ groups, x }: Layer): boolean => groups === x[1] && groups > 1;

/** The same numbers as in NCHW, moved. */
function image(tf: Tf, shape: readonly number[], seed: number): TfTensor {
  return tf.tidy(() => tf.tensor(uniform(product(shape), seed), shape).transpose([0, 2, 3, 1]));
}

function weights(tf: Tf, layer: Layer, index: number, gain: number): TfTensor {
  const { w, x, out, kernel } = layer;
  const values = uniform(product(w), index + 1, Math.sqrt(gain / product(w.slice(1))));
  return tf.tidy(() => {
    if (!isDepthwise(layer)) return tf.tensor(values, w).transpose([2, 3, 1, 0]);
    // [channels, multiplier, k, k] → [k, k, channels, multiplier]
    return tf.tensor(values, [x[1], out / x[1], kernel, kernel]).transpose([2, 3, 0, 1]);
  });
}

function convolve(tf: Tf, x: TfTensor, w: TfTensor, layer: Layer): TfTensor {
  const { stride, padding, groups } = layer;
  const rest = [stride, padding, "NHWC", 1, "floor"];
  if (isDepthwise(layer)) return tf.depthwiseConv2d(x, w, ...rest);
  if (groups === 1) return tf.conv2d(x, w, ...rest);
  // conv2d has no groups.
  const xs = tf.split(x, groups, 3);
  const ws = tf.split(w, groups, 3);
  return tf.concat(
    xs.map((part: TfTensor, i: number) => tf.conv2d(part, ws[i], ...rest)),
    3,
  );
}

/** Runs f and throws its tensors away; the results of the kernels are there when it returns. */
function job(tf: Tf, f: () => TfTensor, owned: readonly TfTensor[]): Job {
  return {
    run: () => void tf.tidy(() => void f()),
    probe: () => tf.tidy(() => [meanAbs(f().dataSync())]),
    dispose: () => tf.dispose(owned),
  };
}

function convolutions(tf: Tf, spec: Extract<Spec, { kind: "chain" }>): Job {
  const layers = layersOf(spec.input, spec.convs);
  const x = image(tf, spec.input, 0);
  const ws = layers.map((layer, i) => weights(tf, layer, i, 1));
  const forward = () => layers.reduce((y, layer, i) => convolve(tf, y, ws[i], layer), x);
  return job(tf, forward, [x, ...ws]);
}

function network(tf: Tf, { input, convs, classes }: Extract<Spec, { kind: "inference" }>): Job {
  const layers = layersOf(input, convs);
  const x = image(tf, input, 0);
  const ws = layers.map((layer, i) => weights(tf, layer, i, 2));
  const bs = layers.map(({ out }, i) => tf.tensor(uniform(out, 100 + i, 0.01)));
  const width = layers.at(-1)?.out ?? 0;
  const head = tf.tidy(() =>
    tf.tensor(uniform(classes * width, 201, 1 / Math.sqrt(width)), [classes, width]).transpose(),
  );
  const bias = tf.tensor(uniform(classes, 202, 0.01));
  const forward = () => {
    const y = layers.reduce((value, layer, i) => {
      const fused = isDepthwise(layer) ? tf.fused.depthwiseConv2d : tf.fused.conv2d;
      return fused({
        x: value,
        filter: ws[i],
        strides: layer.stride,
        pad: layer.padding,
        dimRoundingMode: "floor",
        bias: bs[i],
        activation: "relu",
      });
    }, x);
    return tf.add(tf.matMul(tf.mean(y, [1, 2]), head), bias);
  };
  return job(tf, forward, [x, head, bias, ...ws, ...bs]);
}

function adds(tf: Tf, { size, count, length }: Adds, pass: Pass): Job {
  const [a, b] = [0, 1].map((seed) => tf.tensor(uniform(size, seed)));
  const chained = tf.grads((x: TfTensor, y: TfTensor) => {
    let sum = x;
    for (let i = 0; i < length; i++) sum = tf.add(sum, y);
    return tf.sum(sum);
  });
  const forward = () =>
    tf.tidy(() => {
      for (let i = 0; i < count; i++) tf.add(a, b);
    });
  const both = () => {
    for (let i = 0; i < count; i += length) tf.tidy(() => void chained([a, b]));
  };
  return {
    run: pass === "fwd" ? forward : both,
    probe: () => [],
    dispose: () => tf.dispose([a, b]),
  };
}

function gemm(tf: Tf, { size }: Extract<Spec, { kind: "gemm" }>): Job {
  const [a, b] = [0, 1].map((seed) => tf.tensor(uniform(size * size, seed), [size, size]));
  return job(tf, () => tf.matMul(a, b), [a, b]);
}

export default (): Start => async (load) => {
  process.env.TF_CPP_MIN_LOG_LEVEL = "3";
  const tf = load("@tensorflow/tfjs");
  load("@tensorflow/tfjs-backend-wasm").setThreadsCount(1);
  if (!(await tf.setBackend("wasm"))) throw new Error("the wasm backend does not start");
  await tf.ready();
  return {
    prepare(spec, pass) {
      if (spec.kind === "chain" && pass === "fwd") return convolutions(tf, spec);
      if (spec.kind === "inference") return network(tf, spec);
      if (spec.kind === "adds") return adds(tf, spec, pass);
      if (spec.kind === "gemm") return gemm(tf, spec);
      throw new Error(`no ${pass} of ${spec.kind}`);
    },
  };
};
