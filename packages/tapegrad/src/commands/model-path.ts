// Where a trained model lies: the file, or the folder of its run.
import { statSync } from "node:fs";
import { join } from "node:path";
import { MODEL_FILE } from "../train/run-files.ts";

export function modelPath(path: string): string {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder ? join(path, MODEL_FILE) : path;
}
