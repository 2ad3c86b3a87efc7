// npm run test:pack: builds and packs all packages, installs the tarballs in an empty folder, and is their user
// there: type-checks, runs, bundles for a browser, calls the command. --tarballs DIR takes packed ones.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { tarballs: { type: "string" } } });
const folder = mkdtempSync(join(tmpdir(), "tapegrad-consumer-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** @param {string} step */
const done = (step) => console.log(`test:pack: ${step}`);
/** Standard output of Node with these arguments. @param {string[]} args */
const node = (...args) =>
  execFileSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });

let tarballs = values.tarballs;
if (tarballs === undefined) {
  tarballs = join(folder, "tarballs");
  node(join(root, "scripts/build.mjs"));
  node(join(root, "scripts/pack.mjs"), "--out", tarballs);
  done("built and packed");
}

// ---- installed: everything a tarball must hold, and nothing of this machine -----------------------------
const files = readdirSync(tarballs).filter((file) => file.endsWith(".tgz"));
writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
const paths = files.map((file) => JSON.stringify(join(tarballs, file))).join(" ");
// One string through a shell, because on Windows npm is a .cmd file.
execFileSync(`npm install --no-audit --no-fund --prefer-offline --silent ${paths}`, {
  cwd: folder,
  shell: true,
  stdio: "inherit",
});
const modules = join(folder, "node_modules");
const packages = [
  "tapegrad",
  ...readdirSync(join(modules, "@tapegrad")).map((name) => `@tapegrad/${name}`),
];
assert.equal(packages.length, files.length);
for (const name of packages) {
  const at = join(modules, name);
  for (const file of ["LICENSE", "README.md", "dist/index.js", "dist/index.d.ts"]) {
    assert.ok(existsSync(join(at, file)), `${name} has no ${file}`);
  }
  assert.doesNotMatch(
    readFileSync(join(at, "package.json"), "utf8"),
    /workspace:|@tapegrad\/source/,
  );
  for (const file of readdirSync(at, { recursive: true, encoding: "utf8" })) {
    if (!/\.(?:js|ts|map|json)$/.test(file)) continue;
    const text = readFileSync(join(at, file), "utf8");
    for (const path of [root, folder]) {
      assert.ok(!text.includes(path), `${name}/${file} mentions ${path}`);
    }
  }
}
done(`${packages.length} tarballs installed`);

// ---- types: what op files declare by augmentation must reach a user -------------------------------------
writeFileSync(
  join(folder, "use.ts"),
  `import type { FusedKernels } from "@tapegrad/core";
import { opSuite } from "@tapegrad/core/testing";
import { data, F, io, manualSeed, nn, noGrad, optim, randn, type Tensor, tensor } from "tapegrad";

manualSeed(1);
const x: Tensor = tensor([[1, 2], [3, 4]], { requiresGrad: true });
const twenty = x.mul(2).sum().item();
const conv = new nn.Conv2d(1, 2, 3, { padding: 1 });
const y: Tensor = F.conv2d(randn([1, 1, 5, 5]), randn([2, 1, 3, 3]), { padding: 1 });
const optimizer = new optim.AdamW(conv.parameters(), { lr: 1e-3 });
conv.call(randn([1, 1, 5, 5])).square().mean().backward();
optimizer.step();
const kernel: keyof FusedKernels = "conv";
// @ts-expect-error there is no such kernel
const wrong: keyof FusedKernels = "nonsense";
// @ts-expect-error there is no such method
const missing = () => x.nonsense();
const { values, indices } = x.max(1);
noGrad(() => x.add_(1));
console.log(
  JSON.stringify([twenty, y.shape, values.shape, indices.dtype, kernel, wrong, typeof missing,
    typeof opSuite, typeof data.glyphs, typeof io.saveSafetensors, String(conv)]),
);
`,
);
const typescript = createRequire(import.meta.url).resolve("typescript/bin/tsc");
for (const [module, moduleResolution] of [
  ["nodenext", "nodenext"],
  ["esnext", "bundler"],
]) {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    target: "es2022",
    lib: ["es2022", "dom"],
    types: [],
    module,
    moduleResolution,
    outDir: "out",
  };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["use.ts"] }),
  );
  console.log(node(typescript, "-p", ".").trim() || `test:pack: types, ${moduleResolution}`);
}

// ---- running ------------------------------------------------------------------------------------------
assert.deepEqual(JSON.parse(node("out/use.js")), [
  20,
  [1, 2, 5, 5],
  [2],
  "int64",
  "conv",
  "nonsense",
  "function",
  "function",
  "function",
  "function",
  "Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))",
]);
assert.equal(
  node("-p", "require('tapegrad').tensor([1, 2]).sum().item()", "--input-type=commonjs").trim(),
  "3",
);
done("runs in Node, imported and required");

cpSync(join(root, "scripts/browser/page.ts"), join(folder, "page.ts"));
const { outputFiles } = await build({
  absWorkingDir: folder,
  entryPoints: ["page.ts"],
  bundle: true,
  minify: true,
  write: false,
  platform: "browser",
  format: "iife",
  globalName: "page",
});
const bundle = /** @type {{ text: string }} */ (outputFiles[0]).text;
const realm = createContext({ performance, setTimeout, MessageChannel, TextEncoder, TextDecoder });
runInContext(bundle, realm, { displayErrors: false });
const result = await runInContext("page.run()", realm);
assert.equal(result.backend, "wasm");
assert.match(result.printed, /^Sequential\(\n {2}\(0\): Conv2d\(/);
assert.ok(result.lastLoss < result.firstLoss / 2);
done(`trains in a browser bundle of ${Math.round(bundle.length / 1000)} kB`);

const command = join(modules, "tapegrad/bin/tapegrad.js");
assert.match(node(command, "summary"), /parameters/);
assert.match(node(command, "doctor"), /backend wasm/);
const train = [
  "train",
  "glyphs",
  "--model",
  "linear",
  "--max-steps",
  "2",
  "--no-progress",
  "--json",
];
const line =
  node(command, ...train)
    .trim()
    .split("\n")
    .at(-1) ?? "";
assert.equal(typeof JSON.parse(line).testAccuracy, "number");
done("the command trains");
