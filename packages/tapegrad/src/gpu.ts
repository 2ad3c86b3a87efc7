// tapegrad/gpu: starting the GPU. Apart from the main entry, so that nothing of it is loaded before it is asked for.
//
//   import { gpu } from "tapegrad/gpu";
//   await gpu.init();
//   device("gpu");
export * from "@tapegrad/backend-gpu";
