// Digits from the command line: trains, tests, and reads three PNG files that it draws.
// It prints each command before it runs it; after the set-up you can type the same ones.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import { data } from "tapegrad";

const COMMAND = fileURLToPath(new URL("../packages/tapegrad/bin/tapegrad.js", import.meta.url));

/** Runs `npx tapegrad …`; progress goes to the terminal, the result comes back. */
function tapegrad(...args: readonly string[]): string {
  console.log(`$ npx tapegrad ${args.join(" ")}`);
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const result = execFileSync(process.execPath, [COMMAND, ...args], {
    encoding: "utf8",
    stdio: [...stdio],
  });
  console.log(result.trimEnd());
  return result;
}

/** A grey PNG of 8 bits a pixel: three chunks, each with length, type, data, checksum. */
function png(pixels: Uint8Array, width: number, height: number): Uint8Array {
  const chunk = (type: string, content: Uint8Array) => {
    const out = Buffer.alloc(12 + content.length);
    out.writeUInt32BE(content.length, 0);
    out.write(type, 4, "latin1");
    out.set(content, 8);
    out.writeUInt32BE(crc32(out.subarray(4, 8 + content.length)), 8 + content.length);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8; // bits; the zeros after it say grey, deflate, no interlacing
  const rows = Buffer.alloc((width + 1) * height); // each row begins with its filter: 0, none
  for (let y = 0; y < height; y++) {
    rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  }
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks = [
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...chunks]);
}

/** Draws the digits 2, 5 and 8 of a split that no training saw. @returns the files */
function drawDigits(folder: string): readonly { readonly path: string; readonly label: number }[] {
  const { pixels, labels, shape } = data.glyphs({ split: "test", seed: 1, size: 10 });
  const [, height, width] = shape;
  return [2, 5, 8].map((label) => {
    const start = labels.indexOf(label) * height * width;
    const path = join(folder, `digit-${label}.png`);
    writeFileSync(path, png(pixels.subarray(start, start + height * width), width, height));
    return { path, label };
  });
}

export interface Outcome {
  readonly trained: { readonly testAccuracy: number; readonly trainLoss: number };
  readonly tested: { readonly testAccuracy: number };
  readonly read: readonly { readonly label: number; readonly predicted: number }[];
}

/** Everything is written into runs/digits. small: a linear model, 100 steps, a folder that goes. */
export function run({ small = false } = {}): Outcome {
  const folder = small ? mkdtempSync(join(tmpdir(), "tapegrad-digits-")) : "runs/digits";
  try {
    const out = join(folder, "model");
    const budget = small ? ["--model", "linear", "--max-steps", "100", "--no-progress"] : [];
    const trained = tapegrad("train", "glyphs", "--epochs", "1", ...budget, "--out", out, "--json");
    const tested = tapegrad("eval", "--model", out, "--json");
    const drawn = drawDigits(folder);
    const lines = tapegrad("predict", ...drawn.map((d) => d.path), "--model", out, "--json");
    const read = lines
      .trim()
      .split("\n")
      .map((line, i) => ({
        label: drawn[i]?.label ?? Number.NaN,
        predicted: JSON.parse(line).top[0].label as number,
      }));
    return { trained: JSON.parse(trained), tested: JSON.parse(tested), read };
  } finally {
    if (small) rmSync(folder, { recursive: true, force: true });
  }
}
