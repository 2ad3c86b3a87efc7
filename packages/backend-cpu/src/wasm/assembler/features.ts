// What the engine can do: SIMD128 is required, relaxed SIMD (fused multiply-add) is used where found.
// Node 20 has it behind a V8 flag that can be set at run time, before the first module is compiled;
// newer engines and Chromium need none.
import { environmentSwitch, environmentWord } from "@tapegrad/core";
import { assemble, type Expr, f32x4, func, v128 } from "./assembler.ts";

interface V8Module {
  setFlagsFromString(flags: string): void;
}

const accepts = (value: Expr<"v128">): boolean =>
  WebAssembly.validate(
    assemble([func("probe", {}, () => v128.store(0, value))], { shared: false }),
  );

export const hasSimd = (): boolean => accepts(v128.zero());

const hasRelaxed = (): boolean => accepts(f32x4.relaxedMadd(v128.zero(), v128.zero(), v128.zero()));

let relaxed: boolean | undefined;

/** Whether kernels may use relaxed SIMD. TAPEGRAD_SIMD=plain in the environment says no. */
export function relaxedSimd(): boolean {
  relaxed ??= detect();
  return relaxed;
}

function detect(): boolean {
  if (environmentWord("TAPEGRAD_SIMD", ["plain", "relaxed"]) === "plain") return false;
  if (hasRelaxed()) return true;
  const v8 = globalThis.process?.getBuiltinModule?.("node:v8") as V8Module | undefined;
  if (v8 === undefined) return false;
  v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
  return hasRelaxed();
}

/**
 * Whether memory can be shared with worker threads: in Node always, in a browser where the page is
 * cross-origin isolated. TAPEGRAD_SHARED=0 in the environment says no.
 */
export function sharesMemory(): boolean {
  if (environmentSwitch("TAPEGRAD_SHARED") === false) return false;
  return typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated !== false;
}

/** Whether convolutions may use Winograd's algorithm. TAPEGRAD_WINOGRAD=off in the environment says no. */
export const usesWinograd = (): boolean =>
  environmentWord("TAPEGRAD_WINOGRAD", ["on", "off"]) !== "off";
