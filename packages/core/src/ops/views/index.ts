// The list of views, and of what joins and moves elements about.
export * from "./broadcast.ts";
export * from "./cat.ts";
export * from "./diagonal.ts";
export * from "./embed.ts";
export * from "./expand.ts";
export * from "./flatten.ts";
export * from "./flip.ts";
export * from "./fold-windows.ts";
export {
  atleast1d,
  atleast2d,
  atleast3d,
  blockDiag,
  columnStack,
  dstack,
  hstack,
  vstack,
} from "./join.ts";
export * from "./meshgrid.ts";
export * from "./pad.ts";
export type { PadMode } from "./pad-modes.ts";
export * from "./permute.ts";
export * from "./repeat.ts";
export * from "./roll.ts";
export * from "./select.ts";
export * from "./slice.ts";
export * from "./slice-backward.ts";
export * from "./slice-dim.ts";
export * from "./split.ts";
export * from "./squeeze.ts";
export * from "./stack.ts";
export * from "./tensor-split.ts";
export * from "./unbind.ts";
export * from "./unfold-dim.ts";
export * from "./unfold-windows.ts";
export * from "./unsqueeze.ts";
export { reshape, reshapeAs, type Sizes, view, viewAs } from "./view.ts";
export type { WindowOptions } from "./window.ts";
