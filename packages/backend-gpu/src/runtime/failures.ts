// What went wrong on the device. It tells later than the call, through answers of error scopes and events; what it told is
// thrown by whoever asks next.
import { DeviceLostError, OutOfMemoryError, TapegradError } from "@tapegrad/core";

export class Failures {
  /** Why the device is gone. */
  lost: string | undefined;
  private readonly device: GPUDevice;
  private failure: TapegradError | undefined;
  private failureIsSource = false;
  /** Answers of error scopes that have not come yet. */
  private readonly asked = new Set<Promise<void>>();

  constructor(device: GPUDevice) {
    this.device = device;
    device.lost.then(({ reason, message }) => {
      this.lost ??= message || reason;
    });
    device.addEventListener("uncapturederror", (event) => {
      this.fail((event as GPUUncapturedErrorEvent).error, "a command");
    });
  }

  /** Throws what an earlier command came to, or that the device is gone. */
  check(): void {
    if (this.lost !== undefined) {
      throw new DeviceLostError(
        `the GPU was lost (${this.lost}); its tensors are gone. await gpu.init() starts it again`,
      );
    }
    // What only follows from another failure waits for that one's answer.
    if (this.failure !== undefined && (this.failureIsSource || this.asked.size === 0)) {
      const failure = this.failure;
      this.failure = undefined;
      throw failure;
    }
  }

  /** Makes something that may not fit, or be refused; that is reported under the name of its origin. */
  guarded<T>(origin: string, make: () => T, filter: GPUErrorFilter = "out-of-memory"): T {
    this.device.pushErrorScope(filter);
    const made = make();
    this.popScope(origin);
    return made;
  }

  /** Waits for the answers of all error scopes: which op failed is known then. */
  async settled(): Promise<void> {
    await Promise.all([...this.asked]);
  }

  private popScope(what: string): void {
    const answer = this.device.popErrorScope().then(
      (error) => {
        if (error !== null) this.fail(error, what, true);
      },
      () => undefined, // the device is gone: `lost` says so
    );
    this.asked.add(answer);
    answer.then(() => this.asked.delete(answer));
  }

  /** @param source it says what went wrong first; commands that fail are what follows from it */
  private fail(error: GPUError, what: string, source = false): void {
    const name = (error as { constructor: { name: string } }).constructor.name;
    if (this.failure !== undefined && !(source && !this.failureIsSource)) return;
    this.failureIsSource = source;
    this.failure =
      name === "GPUOutOfMemoryError"
        ? new OutOfMemoryError(`${what}: the GPU has no memory left (${error.message})`)
        : new GpuError(`${what}: the GPU refused it: ${error.message}`);
  }
}

/** The device refused a command: a defect of a kernel. */
export class GpuError extends TapegradError {}
