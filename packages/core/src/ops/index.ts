// The list of ops. Adding one touches its own file and this list.
export * from "./creation.ts";
export * from "./elementwise/add.ts";
export * from "./elementwise/clone.ts";
export * from "./elementwise/exp.ts";
export * from "./elementwise/mul.ts";
export * from "./elementwise/to.ts";
export * from "./inplace/add_.ts";
export * from "./reduce/sum.ts";
export * from "./views/expand.ts";
export * from "./views/permute.ts";
export * from "./views/view.ts";
