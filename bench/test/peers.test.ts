// Peers: the ONNX bytes, who is found, who refuses what, and how a process that misbehaves is dealt with.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { select } from "../options.ts";
import { PeerRunner } from "../peer-runner.ts";
import { OnnxGraph, varint } from "../peers/onnx.ts";
import { findPeers } from "../peers.ts";
import { EFFORTS } from "../timing.ts";

/** Splits a protobuf message into its fields; enough for what the writer uses. */
function fields(bytes: Uint8Array): Map<number, (number | Uint8Array)[]> {
  const found = new Map<number, (number | Uint8Array)[]>();
  let at = 0;
  const integer = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = integer();
    const kind = key & 7;
    const value = integer();
    const content = kind === 2 ? bytes.subarray(at, at + value) : value;
    if (kind === 2) at += value;
    found.set(key >> 3, [...(found.get(key >> 3) ?? []), content]);
  }
  return found;
}
const text = (value: unknown): string => new TextDecoder().decode(value as Uint8Array);

describe("bench: ONNX", () => {
  it("varints", () => {
    expect([...varint(0)]).to.deep.equal([0]);
    expect([...varint(300)]).to.deep.equal([0xac, 2]);
    expect([...varint(2 ** 35)]).to.deep.equal([128, 128, 128, 128, 128, 1]);
  });

  it("a convolution comes out as it went in", () => {
    const graph = new OnnxGraph();
    const weight = Float32Array.of(1, 2, 3);
    const w = graph.constant([3, 1, 1, 1], weight);
    const y = graph.node("Conv", [graph.input("x", [1, 3, 300, 5]), w], {
      strides: [2, 2],
      group: 3,
    });
    graph.output(y, [1, 3, 150, 3]);
    const model = fields(graph.bytes());
    expect(model.get(1)).to.deep.equal([8]);
    expect(fields(model.get(8)?.[0] as Uint8Array).get(2)).to.deep.equal([13]);

    const parts = fields(model.get(7)?.[0] as Uint8Array);
    const node = fields(parts.get(1)?.[0] as Uint8Array);
    expect(text(node.get(4)?.[0])).to.equal("Conv");
    expect(node.get(1)?.map(text)).to.deep.equal(["x", w]);
    const [strides, group] = (node.get(5) ?? []).map((a) => fields(a as Uint8Array));
    expect(strides?.get(8)).to.deep.equal([2, 2]);
    expect(strides?.get(20)).to.deep.equal([7]);
    expect(group?.get(3)).to.deep.equal([3]);

    const tensor = fields(parts.get(5)?.[0] as Uint8Array);
    expect(tensor.get(1)).to.deep.equal([3, 1, 1, 1]);
    const raw = tensor.get(9)?.[0] as Uint8Array;
    expect([...new Float32Array(raw.slice().buffer)]).to.deep.equal([...weight]);

    const input = fields(parts.get(11)?.[0] as Uint8Array);
    const type = fields(fields(input.get(2)?.[0] as Uint8Array).get(1)?.[0] as Uint8Array);
    const dims = fields(type.get(2)?.[0] as Uint8Array).get(1) ?? [];
    expect(dims.map((d) => fields(d as Uint8Array).get(1)?.[0])).to.deep.equal([1, 3, 300, 5]);
  });
});

describe("bench: peers", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tapegrad-bench-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("are found where they are installed; what is missing is said", () => {
    const module = join(folder, "node_modules", "onnxruntime-web");
    mkdirSync(module, { recursive: true });
    writeFileSync(join(module, "package.json"), `{"version": "9.8.7"}`);
    const environment = { TAPEGRAD_PEERS: folder, TAPEGRAD_PYTHON: join(folder, "no-python") };
    const { runners, missing } = findPeers(1, /./, environment);
    expect(runners.map(({ name, version }) => `${name} ${version}`)).to.deep.equal([
      "ort-web 9.8.7",
    ]);
    expect(missing.join("\n")).to.match(/torch: no .*no-python.*TAPEGRAD_PYTHON/);
    expect(missing.join("\n")).to.match(/jax-js: @jax-js\/jax is not in/);
  });

  const row = (id: string, pass: string) => {
    const [first] = select(`^${id}$`, pass);
    if (first === undefined) throw new Error(`no row ${id}`);
    return first;
  };

  it("refuse the rows that they do not have", () => {
    for (const name of ["@tensorflow/tfjs-backend-wasm", "@jax-js/jax"]) {
      const module = join(folder, "node_modules", name);
      mkdirSync(module, { recursive: true });
      writeFileSync(join(module, "package.json"), `{"version": "1.0.0"}`);
    }
    const environment = { TAPEGRAD_PEERS: folder, TAPEGRAD_PYTHON: join(folder, "no-python") };
    const why = (name: string, id: string, pass: string, threads = 1) =>
      findPeers(threads, /./, environment)
        .runners.find((runner) => runner.name === name)
        ?.refuses(row(id, pass));
    expect(findPeers(1, /ort|tfjs/, environment).runners.map(({ name }) => name)).to.deep.equal([
      "tfjs-wasm",
      "ort-web",
    ]);
    expect(why("ort-web", "W2a", "fwd")).to.equal(undefined);
    expect(why("ort-web", "W2a", "fwdbwd")).to.match(/inference only/);
    expect(why("ort-web", "W2a", "fwd", 2)).to.equal(undefined);
    expect(why("tfjs-wasm", "W2a", "fwd", 2)).to.match(/one thread/);
    expect(why("tfjs-wasm", "W2a", "fwdbwd")).to.match(/gradients/);
    expect(why("jax-js", "W1a-g1", "fwd")).to.match(/minutes/);
    expect(why("ort-web", "M-add", "fwd")).to.match(/not a shared workload/);
  });

  /** A peer whose answers are these lines of JavaScript, one a request. */
  const fake = (name: string, ...answers: string[]) => {
    const file = join(folder, `${name}.mjs`);
    const program = `
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
const say = (m) => writeSync(3, JSON.stringify(m) + "\\n");
say({ ready: true });
const answers = [${answers.map((a) => `(request) => { ${a} }`).join(", ")}];
for await (const line of createInterface({ input: process.stdin })) answers.shift()(JSON.parse(line));`;
    writeFileSync(file, program);
    const command = () => [process.execPath, file];
    return new PeerRunner({ name, version: "1", command, refuses: () => undefined }, 1);
  };

  it("are asked and answer; an error of theirs is a message", async () => {
    const runner = fake(
      "good",
      "say({ probe: [request.spec.size] })",
      "say({ samples: [1, 2] })",
      `say({ error: "no such op" })`,
      "say({ done: true })",
    );
    try {
      const ready = await runner.prepare(row("W6-512", "fwd"), EFFORTS.least);
      expect(ready.probe).to.deep.equal([512]);
      expect(await runner.turn()).to.deep.equal([1, 2]);
      expect(await failure(runner.turn())).to.equal("no such op");
      await runner.finish();
    } finally {
      runner.stop();
    }
  });

  it("that die say why, and are started again for the next row", async () => {
    const runner = fake("mortal", `throw new TypeError("out of wasm")`);
    try {
      for (let i = 0; i < 2; i++) {
        const why = await failure(runner.prepare(row("W6-512", "fwd"), EFFORTS.least));
        expect(why).to.match(/the process ended: TypeError: out of wasm/);
      }
    } finally {
      runner.stop();
    }
  });

  it("that do not start are not asked again", async () => {
    const command = () => [join(folder, "no-such-program")];
    const plan = { name: "absent", version: "1", command, refuses: () => undefined };
    const runner = new PeerRunner(plan, 1);
    for (let i = 0; i < 2; i++) {
      expect(await failure(runner.prepare(row("W6-512", "fwd"), EFFORTS.least))).to.match(/ENOENT/);
    }
  });
});

async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("expected it to fail");
}
