// Typed errors. Each says which op, which argument, what was expected and got, and what to do.
type Shape = readonly number[];

const shapeText = (shape: Shape): string => `[${shape.join(", ")}]`;

/** The base of every error that tapegrad throws on purpose. */
export class TapegradError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    // Ten frames, the engine's default, can all be ours: the caller's own line must be among them.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = Math.max(limit ?? 0, 40);
    super(message, options);
    Error.stackTraceLimit = limit;
    this.name = new.target.name;
  }
}

/** Shapes, ranks, dims or sizes that an op cannot take. `shapes` holds them by argument name. */
export class ShapeError extends TapegradError {
  readonly op: string;
  readonly shapes: Readonly<Record<string, Shape>>;
  constructor(op: string, message: string, shapes: Readonly<Record<string, Shape>> = {}) {
    const lines = Object.entries(shapes).map(([name, s]) => `\n  ${name}: ${shapeText(s)}`);
    super(`${op}: ${message}${lines.join("")}`);
    this.op = op;
    this.shapes = shapes;
  }
}

/** A dtype that an op cannot take, or two that do not go together. */
export class DTypeError extends TapegradError {
  readonly op: string;
  constructor(op: string, message: string) {
    super(`${op}: ${message}`);
    this.op = op;
  }
}

/** A dim or an index that lies outside of its tensor. */
export class IndexError extends TapegradError {
  readonly op: string;
  constructor(op: string, message: string) {
    super(`${op}: ${message}`);
    this.op = op;
  }
}

/** An argument whose value makes no sense (a negative stride, a probability of 2). */
export class ArgumentError extends TapegradError {
  readonly op: string;
  constructor(op: string, message: string) {
    super(`${op}: ${message}`);
    this.op = op;
  }
}

/** Tensors on different backends, or a synchronous read where the device has none. */
export class DeviceError extends TapegradError {}

/** A GPU that was not started, was given back, or went away (driver reset, removed, asleep too long). */
export class DeviceLostError extends DeviceError {}

/** A file or a byte sequence that is not what its format says. */
export class FormatError extends TapegradError {}

/** Something that autograd cannot do: no graph, a second backward, a rule with a wrong result. */
export class AutogradError extends TapegradError {}

export class UseAfterFreeError extends TapegradError {
  constructor(op: string, made: string) {
    super(
      `${op}: this tensor (made by '${made}') was released by scope(), using or release(). ` +
        `Return it from the scope, or keep() it.`,
    );
  }
}

export class SavedTensorChangedError extends AutogradError {
  constructor(op: string, saved: string, mutator: string, was: number, is: number) {
    const times = is === was + 1 ? "once" : `${is - was} times`;
    super(
      `backward of '${op}' needs '${saved}' as it was, but it was changed in place since, ${times}, the last time by ` +
        `'${mutator}'. Use the out-of-place form of '${mutator}', or clone() first.`,
    );
  }
}

export class GraphFreedError extends AutogradError {
  constructor(op: string) {
    super(
      `backward of '${op}' ran already and let its saved tensors go. ` +
        `Pass { retainGraph: true } to the first backward() to run it twice.`,
    );
  }
}

/** An in-place op whose result would be lost or whose history would be wrong. */
export class InPlaceError extends AutogradError {}

/** Anomaly mode: the backward of this op produced a NaN. */
export class AnomalyError extends AutogradError {}

/** checkpoint(): the recompute has saved other tensors than the forward. */
export class CheckpointError extends AutogradError {}

/** No kernel, no composition; or a fallback while TAPEGRAD_FALLBACK=error. */
export class NoKernelError extends TapegradError {}

/** A worker thread of the CPU backend that ended, does not answer, or whose kernel failed. */
export class ThreadError extends TapegradError {}

export class OutOfMemoryError extends TapegradError {}

/** An op definition that cannot work; thrown at definition. */
export class OpDefinitionError extends TapegradError {}
