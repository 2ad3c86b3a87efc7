// CommonJS inside an ES module still calls require(): for Node, give it one. Without this the
// bundled gpu.js would find no built-in module; a browser gets undefined, as gpu.js expects.
export const REQUIRE = `const require = globalThis.process?.getBuiltinModule?.("node:module")?.createRequire(import.meta.url);`;
