// Tensors to files and back.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ArgumentError,
  type DType,
  FormatError,
  memory,
  Tensor,
  tensor,
  UseAfterFreeError,
  zeros,
} from "@tapegrad/core";
import {
  decodeSafetensors,
  encodeSafetensors,
  FileError,
  fromHost,
  fromSafetensors,
  loadCheckpoint,
  loadSafetensors,
  readSafetensors,
  saveCheckpoint,
  saveSafetensors,
  toHost,
  toSafetensors,
} from "@tapegrad/io";
import { expect } from "chai";
import { expectError, rawFile } from "./make.ts";

/** What an async call throws. */
const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.fail("nothing was thrown"),
    (error: Error) => error,
  );

describe("tensors in files", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tapegrad-io-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const state = () =>
    new Map<string, Tensor>([
      [
        "conv.weight",
        tensor(
          [
            [1.5, -2, 3],
            [0, -0, Number.NaN],
          ],
          { requiresGrad: true },
        ),
      ],
      ["scale", tensor(2.5, { dtype: "float64" })],
      ["half", tensor([0.1, 65504, 6e-8, Number.NaN], { dtype: "float16" })],
      ["brain", tensor([0.1, -3e38, 1e-40, Number.POSITIVE_INFINITY], { dtype: "bfloat16" })],
      ["index", tensor([-1, 2 ** 31 - 1], { dtype: "int32" })],
      ["num_batches_tracked", tensor(2n ** 62n)],
      ["pixels", tensor(Uint8Array.of(0, 255))],
      ["mask", tensor([true, false, true])],
      ["empty", zeros([0, 3])],
    ]);

  function expectSame(read: ReadonlyMap<string, Tensor>, written: ReadonlyMap<string, Tensor>) {
    expect([...read.keys()].sort()).to.deep.equal([...written.keys()].sort());
    for (const [name, t] of written) {
      const got = read.get(name);
      expect(got, name).to.be.instanceOf(Tensor);
      expect(got?.dtype, name).to.equal(t.dtype);
      expect(got?.shape, name).to.deep.equal(t.shape);
      expect(got?.dataSync(), name).to.deep.equal(t.dataSync());
      expect(got?.requiresGrad, name).to.equal(false);
    }
  }

  it("come back with dtype, shape and every bit, from bytes and from a path", async () => {
    const path = join(folder, "model.safetensors");
    const written = state();
    const bytes = await toSafetensors(written, { made: "here" });
    await saveSafetensors(path, written, { made: "here" });
    expectSame(fromSafetensors(bytes), written);
    expectSame(loadSafetensors(path), written);
    expect(readSafetensors(path)).to.deep.equal(decodeSafetensors(bytes));
    expect(readSafetensors(path).metadata).to.deep.equal({ made: "here" });
    expect(readdirSync(folder)).to.deep.equal(["model.safetensors"]);
  });

  it("say what is no array of bytes, a promise above all", () => {
    const pending = toSafetensors({ x: zeros([2]) }) as never;
    expect(() => fromSafetensors(pending)).to.throw(FormatError, /got a promise: await it first/);
    expect(() => fromSafetensors(3 as never)).to.throw(FormatError, /a Uint8Array.*got number/);
  });

  it("may be named by a plain object, and live on a named backend", async () => {
    const bytes = await toSafetensors({ x: tensor([1, 2]) });
    const x = fromSafetensors(bytes, { device: "reference" }).get("x");
    expect(x?.backend).to.equal("reference");
    expect(x?.dataSync()).to.deep.equal(Float32Array.of(1, 2));
  });

  it("are saved row-major, whatever their strides", async () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const read = fromSafetensors(await toSafetensors({ t: x.permute(1, 0) })).get("t");
    expect(read?.shape).to.deep.equal([3, 2]);
    expect(read?.dataSync()).to.deep.equal(Float32Array.of(1, 4, 2, 5, 3, 6));
  });

  it("are saved as they were at the call, even if training goes on", async () => {
    const path = join(folder, "snapshot");
    const [a, b] = [tensor([1, 2]), tensor([3])];
    const saved = saveSafetensors(path, { a, b });
    a.add_(10);
    b.add_(10);
    await saved;
    const read = loadSafetensors(path);
    expect(read.get("a")?.dataSync()).to.deep.equal(Float32Array.of(1, 2));
    expect(read.get("b")?.dataSync()).to.deep.equal(Float32Array.of(3));
  });

  it("narrow integers arrive widened, 16-bit floats as they are", () => {
    const files: [string, number, DType, number | bigint][] = [
      ["F16", 0x3c00, "float16", 1],
      ["BF16", 0x3f80, "bfloat16", 1],
      ["I16", 0xffff, "int32", -1],
      ["U16", 0xffff, "int32", 65535],
    ];
    for (const [name, bits, dtype, value] of files) {
      const data = new Uint8Array(Uint16Array.of(bits).buffer);
      const file = rawFile({ x: { dtype: name, shape: [], data_offsets: [0, 2] } }, data);
      const x = fromSafetensors(file).get("x");
      expect([x?.dtype, x?.item()], name).to.deep.equal([dtype, value]);
    }
  });

  it("go through a checkpoint", async () => {
    const path = join(folder, "last");
    const written = state();
    saveCheckpoint(path, { tensors: await toHost(written), state: { epoch: 2 } });
    const read = loadCheckpoint(path);
    expectSame(fromHost(read.tensors), written);
    expect(read.state).to.deep.equal({ epoch: 2 });
  });

  it("a bad file makes no tensor, not even the first good ones", () => {
    const good = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
    const flag = { dtype: "BOOL", shape: [1], data_offsets: [8, 9] };
    const path = join(folder, "bad");
    writeFileSync(path, rawFile({ good, flag }, new Uint8Array(9).fill(2)));
    const before = memory();
    expectError(() => loadSafetensors(path), FormatError, [path, "'flag'", "0 or 1"]);
    const { storages, liveBytes } = memory();
    expect({ storages, liveBytes }).to.deep.equal({
      storages: before.storages,
      liveBytes: before.liveBytes,
    });
  });

  it("errors name the file or the tensor", async () => {
    const missing = join(folder, "missing.safetensors");
    expectError(() => loadSafetensors(missing), FileError, [missing, "ENOENT"]);
    expectError(() => fromSafetensors(new Uint8Array(3), { name: "m" }), FormatError, ["m: "]);
    const nothing = { w: undefined as unknown as Tensor };
    const path = join(folder, "never");
    const wrong = await rejection(saveSafetensors(path, nothing));
    expect(wrong).to.be.instanceOf(ArgumentError);
    expect(wrong.message).to.contain("saveSafetensors").and.contain("'w' must be a Tensor");
    const freed = tensor([1]);
    freed.release();
    const used = await rejection(toSafetensors({ freed }));
    expect(used).to.be.instanceOf(UseAfterFreeError);
    const nowhere = await rejection(saveSafetensors(join(path, "x"), { x: tensor([1]) }));
    expect(nowhere).to.be.instanceOf(FileError);
    expect(nowhere.message).to.contain("does not exist");
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it("take what PyTorch's own files hold: 'num_batches_tracked' is an int64 scalar", () => {
    const steps = { dtype: "int64", shape: [], data: BigInt64Array.of(5n) } as const;
    const read = fromSafetensors(encodeSafetensors({ "bn.num_batches_tracked": steps }));
    expect(read.get("bn.num_batches_tracked")?.item()).to.equal(5);
  });
});
