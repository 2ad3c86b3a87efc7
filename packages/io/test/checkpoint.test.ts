// Checkpoints: what comes back is what went in, to the bit; what is wrong is said.

import * as nodeFs from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArgumentError, FormatError } from "@tapegrad/core";
import {
  CHECKPOINT_VERSION,
  decodeCheckpoint,
  encodeCheckpoint,
  encodeSafetensors,
  FileError,
  type HostTensor,
  type Json,
  loadCheckpoint,
  saveCheckpoint,
  underPrefix,
  withPrefix,
} from "@tapegrad/io";
import { expect } from "chai";
import fc from "fast-check";
import { expectError } from "./make.ts";

const weight: HostTensor = { dtype: "float32", shape: [2], data: Float32Array.of(0.1, -0) };
const step: HostTensor = { dtype: "int64", shape: [], data: BigInt64Array.of(2n ** 62n) };

describe("checkpoint", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tapegrad-io-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("holds tensors by group and the state", () => {
    const path = join(folder, "checkpoint.safetensors");
    const model = new Map([["conv.weight", weight]]);
    const optim = new Map([["0.step", step]]);
    const tensors = new Map([...withPrefix("model.", model), ...withPrefix("optim.", optim)]);
    const state = {
      epoch: 3,
      seed: 2n ** 64n - 1n,
      best: Number.POSITIVE_INFINITY,
      losses: [0.1 + 0.2, Number.NaN, -0],
      optimizer: { name: "adamw", betas: [0.9, 0.999], $weird: { $number: 1, $$: null } },
      finished: false,
    };
    saveCheckpoint(path, { tensors, state });
    const read = loadCheckpoint(path);
    expect(read.state).to.deep.equal(state);
    expect([...read.tensors.keys()].sort()).to.deep.equal(["model.conv.weight", "optim.0.step"]);
    expect(underPrefix("model.", read.tensors)).to.deep.equal(model);
    expect(underPrefix("optim.", read.tensors)).to.deep.equal(optim);
    expect(Object.is(read.tensors.get("model.conv.weight")?.data[1], -0)).to.equal(true);
  });

  it("finds a byte that has changed, in the tensors and in the state; older ones had no checksum", () => {
    const whole = encodeCheckpoint({ tensors: { weight, step }, state: { epoch: 3 } });
    for (const at of [whole.length - 1, whole.length - 9]) {
      const damaged = whole.slice();
      damaged[at] = (damaged[at] as number) ^ 4;
      expect(() => decodeCheckpoint(damaged)).to.throw(FormatError, /do not give its checksum/);
    }
    const text = Buffer.from(whole).toString("latin1");
    const otherEpoch = Buffer.from(text.replace('epoch\\":3', 'epoch\\":4'), "latin1");
    expect(() => decodeCheckpoint(otherEpoch)).to.throw(FormatError, /checksum/);
    const metadata = { format: "tapegrad-checkpoint", version: "1", state: '{"epoch":3}' };
    const older = encodeSafetensors({ weight }, metadata);
    expect(decodeCheckpoint(older).state).to.deep.equal({ epoch: 3 });
  });

  it("gives back any state exactly", () => {
    const { json } = fc.letrec<{ json: Json; array: Json[]; object: { [key: string]: Json } }>(
      (tie) => ({
        json: fc.oneof(
          { depthSize: "small" },
          fc.constant(null),
          fc.boolean(),
          fc.double(),
          fc.bigInt(),
          fc.string({ unit: "binary" }),
          tie("array"),
          tie("object"),
        ),
        array: fc.array(tie("json"), { maxLength: 4 }),
        object: fc.dictionary(
          fc.oneof(fc.string(), fc.constantFrom("$number", "$bigint", "$$number", "__proto__")),
          tie("json"),
          { maxKeys: 4, noNullPrototype: true },
        ),
      }),
    );
    fc.assert(
      fc.property(json, (state) => {
        const read = decodeCheckpoint(encodeCheckpoint({ tensors: {}, state })).state;
        expect(fc.stringify(read)).to.equal(fc.stringify(state));
        expect(read).to.deep.equal(state);
      }),
      { numRuns: 300 },
    );
  });

  it("is the same bytes from the same state", () => {
    const state = { epoch: 1, nested: [1, { a: 2 }] };
    const one = encodeCheckpoint({ tensors: { weight, step }, state });
    const read = decodeCheckpoint(one);
    expect(encodeCheckpoint(read)).to.deep.equal(one);
    expect(encodeCheckpoint({ tensors: { step, weight }, state })).to.deep.equal(one);
  });

  it("stays as it was if the disk is full", () => {
    const path = join(folder, "last");
    saveCheckpoint(path, { tensors: { weight }, state: { epoch: 1 } });
    const writeSync = () => {
      throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    };
    const fs = { ...nodeFs, writeSync };
    const save = () => saveCheckpoint(path, { tensors: { step }, state: { epoch: 2 } }, { fs });
    expectError(save, FileError, [path, "ENOSPC", "unchanged"]);
    expect(loadCheckpoint(path).state).to.deep.equal({ epoch: 1 });
    expect(nodeFs.readdirSync(folder)).to.deep.equal(["last"]);
  });

  describe("refuses state that would not come back, before anything is written", () => {
    const loop: { self?: unknown } = {};
    loop.self = { loop };
    const cases: [string, unknown, string[]][] = [
      ["undefined", { a: { b: undefined } }, ["state.a.b", "undefined"]],
      ["a function", { f: () => 1 }, ["state.f", "function"]],
      ["a symbol", [Symbol("s")], ["state[0]", "symbol"]],
      ["a Map", { m: new Map() }, ["state.m", "Map"]],
      ["a date", { d: new Date(0) }, ["state.d", "Date"]],
      ["a typed array", { t: new Float32Array(1) }, ["state.t", "Float32Array", "tensors"]],
      ["a hole in an array", { h: Array(1) }, ["state.h[0]", "undefined"]],
      ["a cycle", loop, ["state.self.loop", "contains itself"]],
    ];
    for (const [what, state, words] of cases) {
      it(what, () => {
        const path = join(folder, "never");
        const save = () => saveCheckpoint(path, { tensors: {}, state: state as Json });
        expectError(save, ArgumentError, ["saveCheckpoint", ...words]);
        expect(nodeFs.existsSync(path)).to.equal(false);
      });
    }
  });

  describe("bad files", () => {
    const good = { format: "tapegrad-checkpoint", version: "1", state: "{}" };
    const { state: _, ...noState } = good;
    const { version: __, ...noVersion } = good;
    const newer = String(CHECKPOINT_VERSION + 1);
    const cases: [string, Record<string, string> | undefined, string[]][] = [
      ["no metadata", undefined, ["not a checkpoint", "got none", "loadSafetensors"]],
      ["another format", { format: "pt" }, ["not a checkpoint", "'pt'", "loadSafetensors"]],
      ["a newer version", { ...good, version: newer }, [newer, "newer", "Update tapegrad"]],
      ["a version that is no number", { ...good, version: "1.5" }, ["version", "'1.5'"]],
      ["version 0", { ...good, version: "0" }, ["version", "'0'"]],
      ["no version", noVersion, ["version", "''"]],
      ["no state", noState, ["no state", "older checkpoint"]],
      ["a state that is not JSON", { ...good, state: "{" }, ["state is not valid JSON"]],
      ["a bigint that is none", { ...good, state: '{"$bigint":"x"}' }, ["not valid JSON"]],
    ];
    for (const [what, metadata, words] of cases) {
      it(what, () => {
        const bytes = encodeSafetensors({ weight }, metadata);
        expectError(() => decodeCheckpoint(bytes, "run/last"), FormatError, ["run/last", ...words]);
      });
    }

    it("a file cut short, and none at all", () => {
      const path = join(folder, "cut");
      const bytes = encodeCheckpoint({ tensors: { weight }, state: { epoch: 1 } });
      nodeFs.writeFileSync(path, bytes.subarray(0, -1));
      expectError(() => loadCheckpoint(path), FormatError, [path, "'weight'", "out of range"]);
      const missing = join(folder, "missing");
      expectError(() => loadCheckpoint(missing), FileError, [missing, "ENOENT"]);
    });
  });
});
