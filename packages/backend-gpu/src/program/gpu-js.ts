// gpu.js as a compiler: JavaScript in, WGSL out, at once and without an adapter. Its dispatch is not used, as that
// uploads and waits. What is read here are internals of gpu.js, so its version is pinned and the WGSL of each
// kernel is in a snapshot.
//
// What is changed in the text it generates:
// - an array begins at an element of its buffer (the unused word of its dims), so that views need no copy;
// - a helper function that is named lets NaN through;
// - a third dimension beyond 65,535 groups runs in several dispatches (dispatchWidth, unused there, is where one
//   begins).
import gpuJsModule from "gpu.js";
import { INTEGER_FUNCTIONS } from "./integers.ts";
import type { Program } from "./program.ts";

/** What is used of gpu.js' kernel class; its own declarations leave this class out. */
interface Codegen {
  build(...args: unknown[]): unknown;
  readonly compiledSource: string;
  readonly workgroupSize: readonly [number, number, number];
  readonly paramsLayout: {
    readonly arrayArgs: readonly { readonly name: string; readonly dimsOffset: number }[];
    readonly scalarArgs: readonly { readonly type: string; readonly offset: number }[];
    readonly byteLength: number;
  };
}
type CodegenClass = new (source: string, settings: object) => Codegen;
const { WebGPUKernel } = gpuJsModule as unknown as { readonly WebGPUKernel: CodegenClass };

/** The base class would go on and acquire a device of its own. */
class Compiler extends WebGPUKernel {
  protected _buildAsync(): Promise<void> {
    return Promise.resolve();
  }
}

export type ScalarType = "Integer" | "Number";

/** A helper function that kernels may call, with the types of its arguments and its result. */
export interface HelperFunction {
  readonly source: string;
  readonly settings: {
    readonly argumentTypes: Readonly<Record<string, ScalarType>>;
    readonly returnType: ScalarType;
  };
}

export interface GpuJsSpec {
  /** Unique among all kernels; holds what the source and the constants were specialised for. */
  readonly key: string;
  /** Names of the arrays of float32, in the order of the call: the first parameters of the function. */
  readonly inputs: readonly string[];
  /** The function's further parameters. */
  readonly scalars?: Readonly<Record<string, ScalarType>>;
  /** Baked in, as this.constants.name. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Dimensions of the output: 1, 2 or 3, the innermost first (this.thread.x). */
  readonly rank: 1 | 2 | 3;
  /** A function expression; see KERNELS.md for what gpu.js takes. */
  readonly source: string;
  /** A helper function of one number x that gives a NaN back as it is: built-in functions may lose it. */
  readonly keepsNaN?: string;
  /** Beside those of integers.ts, which every kernel has. */
  readonly functions?: readonly HelperFunction[];
}

export function gpuJs(spec: GpuJsSpec): Program {
  const { key, inputs, scalars = {}, constants = {}, rank, source, functions = [] } = spec;
  const names = Object.keys(scalars);
  const types = [...inputs.map(() => "Array"), ...Object.values(scalars)];
  const kernel = new Compiler(source, {
    // Not baked: the kernel reads its size from the parameters (this.output is out of bounds for kernels).
    output: Array.from({ length: rank }, () => 1),
    constants,
    constantTypes: Object.fromEntries(
      Object.entries(constants).map(([name, v]) => [
        name,
        Number.isInteger(v) ? "Integer" : "Float",
      ]),
    ),
    argumentTypes: types,
    strictIntegers: true,
    loopMaxIterations: 0x7fffffff,
    precision: "single",
    functions: [...INTEGER_FUNCTIONS, ...functions],
  });
  kernel.build(...inputs.map(() => [0]), ...names.map(() => 1));
  const { scalarArgs, byteLength } = kernel.paramsLayout;
  return {
    key,
    wgsl: adapted(kernel.compiledSource, spec),
    entry: "main",
    inputs: inputs.length,
    outputs: 1,
    workgroup: kernel.workgroupSize,
    threads: rank === 1 ? "linear" : "grid",
    paramBytes: byteLength,
    gpuJs: true,
    spec,
    types: scalarArgs.map((s) => (s.type === "Integer" ? "i" : "f")).join(""),
    compiled: undefined,
  };
}

/** The changes that the head of this file names. Each must find its place: gpu.js may not drift unseen. */
function adapted(text: string, { key, inputs, rank, keepsNaN }: GpuJsSpec): string {
  const wanted = inputs.length + (rank > 1 ? 1 : 0) + (keepsNaN === undefined ? 0 : 1);
  let places = 0;
  let changed = text.replace(
    /return (user_\w+)\[u32\((x \+ i32\(params\.(user_\w+)_dims\.x\))/g,
    (_all, array: string, rest: string, name: string) => {
      places++;
      return `return ${array}[params.${name}_dims.w + u32(${rest}`;
    },
  );
  if (rank > 1) {
    changed = changed.replace("(@builtin(global_invocation_id) gid : vec3<u32>) {\n", () => {
      places++;
      return "(@builtin(global_invocation_id) group_gid : vec3<u32>) {\n  let gid = group_gid + vec3<u32>(0u, 0u, params.dispatchWidth);\n";
    });
  }
  if (keepsNaN !== undefined) {
    changed = changed.replace(`fn fn_${keepsNaN}(user_x : f32) -> f32 {\n`, (found) => {
      places++;
      return `${found}if ((bitcast<u32>(user_x) & 0x7fffffffu) > 0x7f800000u) { return user_x; }\n`;
    });
  }
  if (places !== wanted) {
    throw new Error(`${key}: the WGSL that gpu.js generates has changed its form:\n${text}`);
  }
  return changed;
}
