// The error of data that is not there.
import { TapegradError } from "@tapegrad/core";

/** A directory or file of a data set is missing, or there is no file system. `path` is where it was looked for. */
export class MissingDataError extends TapegradError {
  readonly path: string;
  constructor(path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}
