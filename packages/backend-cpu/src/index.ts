// @tapegrad/backend-cpu: importing it registers the `wasm` backend and makes it the CPU's default.
import { registerBackend } from "@tapegrad/core";
import { NAME, wasmBackend } from "./backend.ts";
import { hasSimd } from "./wasm/assembler/features.ts";

export { type WasmOptions, wasmBackend } from "./backend.ts";
export { hasSimd, relaxedSimd } from "./wasm/assembler/features.ts";
export { measureRoofs, RoofMeter, type RoofOptions, type Roofs, roofMs } from "./wasm/roofs.ts";

// An engine without SIMD has the reference backend.
if (hasSimd()) registerBackend(NAME, () => wasmBackend(), { priority: 10 });
