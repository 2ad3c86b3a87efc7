// gpu.js as a compiler of GLSL: the same sources as for WebGPU (program/gpu-js.ts), for fragment shaders of WebGL2.
// What is changed in its text: arrays are read from textures of one channel, from an element on (the size that gpu.js
// hands over carries where an array begins); threads are counted by pixels, and those beyond the last write nothing.
import gpuJsModule from "gpu.js";
import type { GpuJsSpec } from "../program/gpu-js.ts";
import { INTEGER_FUNCTIONS } from "../program/integers.ts";

interface Codegen {
  initExtensions(): void;
  validateSettings(args: unknown): void;
  setupConstants(args: unknown): void;
  setupArguments(args: unknown): void;
  translateSource(): void;
  getFragmentShader(args: unknown): string;
  threadDim: readonly number[];
}
type CodegenClass = (new (
  source: string,
  settings: object,
) => Codegen) & { readonly isSupported: boolean };
const { WebGL2Kernel } = gpuJsModule as unknown as { readonly WebGL2Kernel: CodegenClass };

/** A context that gpu.js asks about textures; nothing is drawn on it. */
let scratch: { canvas: OffscreenCanvas; context: WebGL2RenderingContext } | undefined;

/** The fragment shader of a kernel. */
export function fragmentShader(spec: GpuJsSpec): string {
  const { key, inputs, scalars = {}, constants = {}, rank, source, functions = [] } = spec;
  if (scratch === undefined) {
    const canvas = new OffscreenCanvas(1, 1);
    scratch = { canvas, context: canvas.getContext("webgl2") as WebGL2RenderingContext };
  }
  if (!WebGL2Kernel.isSupported) throw new Error("gpu.js finds no WebGL2");
  const names = Object.keys(scalars);
  const kernel = new WebGL2Kernel(source, {
    ...scratch,
    output: Array.from({ length: rank }, () => 1),
    constants,
    constantTypes: Object.fromEntries(
      Object.entries(constants).map(([name, v]) => [
        name,
        Number.isInteger(v) ? "Integer" : "Float",
      ]),
    ),
    // What WebGPU calls a number is a float here.
    argumentTypes: [
      ...inputs.map(() => "Array"),
      ...Object.values(scalars).map((type) => (type === "Number" ? "Float" : type)),
    ],
    strictIntegers: true,
    loopMaxIterations: 0x7fffffff,
    precision: "single",
    tactic: "precision",
    dynamicOutput: true,
    dynamicArguments: true,
    functions: [...INTEGER_FUNCTIONS, ...functions],
  });
  // Its build() without the parts that compile and draw.
  const args = [...inputs.map(() => [0]), ...names.map(() => 1)];
  kernel.initExtensions();
  kernel.validateSettings(args);
  kernel.setupConstants(args);
  kernel.setupArguments(args);
  kernel.threadDim = [1, 1, 1];
  kernel.translateSource();
  return declared(adapted(kernel.getFragmentShader(args), key));
}

function adapted(text: string, key: string): string {
  let places = 0;
  const replaced = (pattern: RegExp, by: string) => (before: string) =>
    before.replace(pattern, () => {
      places++;
      return by;
    });
  const changed = [
    replaced(
      /float getMemoryOptimized32\([^)]*\) \{[\s\S]*?\n\}/,
      `float getMemoryOptimized32(highp sampler2D tex, ivec2 from, ivec3 texDim, int z, int y, int x) {
  int index = from.x + x + texDim.x * (y + texDim.y * z);
  int w = textureSize(tex, 0).x;
  return texelFetch(tex, ivec2(index % w, index / w), 0).r;
}`,
    ),
    replaced(
      /index = int\(vTexCoord\.s[^;]*;/,
      `index = int(gl_FragCoord.x) + int(gl_FragCoord.y) * uTexSize.x;
  if (index >= uOutputDim.x * uOutputDim.y * uOutputDim.z) discard;`,
    ),
    replaced(/in vec2 vTexCoord;/, ""),
  ].reduce((t, change) => change(t), text);
  if (places !== 3) {
    throw new Error(`${key}: the GLSL that gpu.js generates has changed its form:\n${text}`);
  }
  return changed;
}

/** GLSL wants a function declared before it is called; gpu.js writes them as it finds them. */
function declared(text: string): string {
  const head = /^(?:highp )?(?:int|float) \w+\([^)]*\)(?= ?\{)/gm;
  // The kernel's own functions come after the uniforms.
  const from = text.lastIndexOf("uniform ");
  const heads = [...text.slice(from).matchAll(head)].map(([one]) => `${one};`);
  const at = text.indexOf("\n", from) + 1;
  return `${text.slice(0, at)}${heads.join("\n")}\n${text.slice(at)}`;
}
