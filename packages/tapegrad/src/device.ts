// Where new tensors go.
import { backendNames, currentBackend, type Device, DeviceError, setBackend } from "@tapegrad/core";

/**
 * The device of new tensors; with an argument, chooses it. "auto" takes the GPU where one was started
 * (`gpu.init()` of tapegrad/gpu), else the CPU.
 * @throws DeviceError when no backend of that device is there; never falls back quietly
 */
export function device(choice?: Device | "auto"): Device {
  if (choice === undefined) return currentBackend().device;
  const wanted = choice === "auto" ? (backendNames("gpu").length > 0 ? "gpu" : "cpu") : choice;
  if (wanted !== "cpu" && wanted !== "gpu") {
    throw new DeviceError(`device: expected "cpu", "gpu" or "auto", got ${JSON.stringify(choice)}`);
  }
  if (currentBackend().device === wanted) return wanted;
  const [name] = backendNames(wanted);
  if (name === undefined) {
    throw new DeviceError(
      `device: no backend for the ${wanted} is registered (there are: ${backendNames().join(", ")}); ` +
        (wanted === "gpu"
          ? 'start it first: import { gpu } from "tapegrad/gpu"; await gpu.init()'
          : `use "gpu", or import a package that registers one`),
    );
  }
  setBackend(name);
  return wanted;
}
