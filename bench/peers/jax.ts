// jax-js on its WebAssembly backend, everything under jit(); one thread, as Node has no global Worker.
// Its arrays are used up by what they are given to, but for `.ref`.
import { uniform } from "../data.ts";
import { type Adds, type Chain, type Layer, layersOf, type Pass, product } from "../workloads.ts";
import { type Job, meanAbs, type Start } from "./peer.ts";

// The library is not installed where this is compiled, so it has no types here.
type Jax = ReturnType<NodeJS.Require>;
type JaxArray = ReturnType<NodeJS.Require>;

interface Values {
  readonly x: JaxArray;
  readonly ws: readonly JaxArray[];
}

const filled = ({ numpy }: Jax, shape: readonly number[], seed: number, deviation?: number) =>
  numpy.array(uniform(product(shape), seed, deviation)).reshape(shape);

async function finished(jax: Jax, result: JaxArray): Promise<void> {
  await jax.blockUntilReady(result);
  jax.tree.dispose(result);
}

function chain(jax: Jax, { input, convs }: Chain, pass: Pass): Job {
  const { lax, numpy, jit, grad } = jax;
  const layers: readonly Layer[] = layersOf(input, convs);
  const values: Values = {
    x: filled(jax, input, 0),
    ws: layers.map(({ w }, i) => filled(jax, w, i + 1, Math.sqrt(1 / product(w.slice(1))))),
  };
  const dy = filled(jax, layers.at(-1)?.y ?? [], 300);
  const forward = ({ x, ws }: Values) =>
    layers.reduce((y, { stride, padding, groups }, i) => {
      const pads = [
        [padding, padding],
        [padding, padding],
      ];
      const options = { featureGroupCount: groups };
      return lax.convGeneralDilated(y, ws[i], [stride, stride], pads, options);
    }, x);
  const refs = (): Values => ({ x: values.x.ref, ws: values.ws.map((w) => w.ref) });
  const compiled = jit(forward);
  const gradients = jit(grad((v: Values, g: JaxArray) => numpy.sum(forward(v).mul(g))));
  const call = () => (pass === "fwd" ? compiled(refs()) : gradients(refs(), dy.ref));
  return {
    run: () => finished(jax, call()),
    async probe() {
      const result = call();
      if (pass === "fwd") return [meanAbs(await result.data())];
      const { x, ws }: Values = result;
      const dws = await Promise.all(ws.map((w) => w.data()));
      return [meanAbs(await x.data()), meanAbs(...dws)];
    },
    dispose: () => jax.tree.dispose([values, dy]),
  };
}

function adds(jax: Jax, { size, count, length }: Adds, pass: Pass): Job {
  const [a, b] = [filled(jax, [size], 0), filled(jax, [size], 1)];
  const chained = jax.grad(
    (x: JaxArray, y: JaxArray) => {
      let sum = x;
      for (let i = 1; i < length; i++) sum = sum.add(y.ref);
      return jax.numpy.sum(sum.add(y));
    },
    { argnums: [0, 1] },
  );
  const forward = async () => {
    for (let i = 0; i < count; i++) await finished(jax, a.ref.add(b.ref));
  };
  const both = async () => {
    for (let i = 0; i < count; i += length) await finished(jax, chained(a.ref, b.ref));
  };
  return {
    run: pass === "fwd" ? forward : both,
    probe: () => [],
    dispose: () => jax.tree.dispose([a, b]),
  };
}

function gemm(jax: Jax, size: number): Job {
  const [a, b] = [filled(jax, [size, size], 0), filled(jax, [size, size], 1)];
  const product2 = jax.jit((x: JaxArray, y: JaxArray) => jax.numpy.matmul(x, y));
  return {
    run: () => finished(jax, product2(a.ref, b.ref)),
    probe: async () => [meanAbs(await product2(a.ref, b.ref).data())],
    dispose: () => jax.tree.dispose([a, b]),
  };
}

export default (): Start => async (load) => {
  const jax = load("@jax-js/jax");
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  return {
    prepare(spec, pass) {
      if (spec.kind === "chain") return chain(jax, spec, pass);
      if (spec.kind === "adds") return adds(jax, spec, pass);
      if (spec.kind === "gemm") return gemm(jax, spec.size);
      throw new Error(`no ${pass} of ${spec.kind}`);
    },
  };
};
