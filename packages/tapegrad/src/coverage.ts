// What a backend lacks, found by running every op's samples on it: nothing is listed by hand.
import {
  type AnyOp,
  type Fallback,
  fallbacks,
  noGrad,
  ops,
  resetFallbacks,
  scope,
  setFallback,
  type Tensor,
  withBackend,
} from "@tapegrad/core";
import { sampleRng } from "@tapegrad/core/testing";

export interface Gap {
  readonly op: string;
  /** composed: built from other ops. loops: plain loops over float32. */
  readonly kind: Fallback["kind"];
}

/** Ops that `backend` has no fast float32 kernel for, in at least one of their samples. */
export function gapsOf(backend: string): readonly Gap[] {
  const gaps: Gap[] = [];
  setFallback("allow");
  withBackend(backend, () => {
    for (const [name, op] of ops()) {
      resetFallbacks();
      for (const args of op.spec.samples?.(sampleRng(backend, "float32")) ?? []) runOnce(op, args);
      const kinds = new Set(
        fallbacks()
          .filter((f) => f.refusable)
          .map((f) => f.kind),
      );
      for (const kind of kinds) gaps.push({ op: name, kind });
    }
  });
  resetFallbacks();
  return gaps;
}

function runOnce(op: AnyOp, args: readonly unknown[]): void {
  const all = Array.from({ length: op.spec.inputs.length + 1 }, (_, i) => args[i]);
  noGrad(() => scope(() => void (op(...all) as Tensor | Tensor[])));
}
