// checkpoint(): memory for time. What f would save is not kept; the first rule that needs any of it runs f again.
// It is done with the hooks for saved tensors, so f may use other tensors than its inputs, in any way, and the
// gradients of all orders flow where they would without it. The idea is that of PyTorch's non-reentrant variant.
import { ArgumentError, CheckpointError, SavedTensorChangedError } from "../errors.ts";
import { checkOptions, type OptionNames } from "../options.ts";
import { defaultGenerator, type GeneratorState } from "../random/generator.ts";
import { sameShape } from "../shape.ts";
import { adopt, aliasOf, scope, Tensor } from "../tensor.ts";
import { type SavingHooks, saveTensor, withSavingHooks } from "./saved.ts";
import { gradMode, Leaf, type Saved, synchronous, withGradMode } from "./tape.ts";

export interface CheckpointOptions {
  /** Draw the same random numbers from the default generator when f runs again. Default true. */
  readonly preserveRngState?: boolean | undefined;
}
const OPTIONS: OptionNames<CheckpointOptions> = { preserveRngState: true };
const OP = "checkpoint";

/** The place of a tensor that is not kept. */
interface Place {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Of a leaf: it must still be the same when f runs again; −1 for others. */
  readonly version: number;
  /** After f has run again, until it is taken. */
  value: Tensor | null;
  dropped: boolean;
}

const versionOf = (t: Tensor): number => (t.source instanceof Leaf ? t.storage.version : -1);

/** One call of checkpoint(). */
class Recompute implements SavingHooks<Place> {
  private readonly f: (...inputs: unknown[]) => unknown;
  /** Inputs that are tensors, as the tape saves them: around this checkpoint there may be others. */
  private readonly inputs: unknown[];
  private readonly saved: (Saved | undefined)[];
  private readonly tracked: readonly boolean[];
  private readonly random: GeneratorState | null;
  private readonly places: Place[] = [];
  private held = 0;

  constructor(f: (...inputs: unknown[]) => unknown, inputs: readonly unknown[], random: boolean) {
    this.f = f;
    this.saved = inputs.map((x, i) =>
      x instanceof Tensor ? saveTensor(`input ${i}`, x) : undefined,
    );
    this.tracked = inputs.map((x) => x instanceof Tensor && x.source !== null);
    this.inputs = inputs.map((x) => (x instanceof Tensor ? undefined : x));
    this.random = random ? defaultGenerator.getState() : null;
  }
  pack(t: Tensor, original: Tensor): Place {
    const { shape, dtype } = t;
    const place = { shape, dtype, version: versionOf(original), value: null, dropped: false };
    t.release();
    this.places.push(place);
    this.held++;
    return place;
  }
  unpack(place: Place, op: string): Tensor {
    if (place.value === null) this.again(op);
    const { value } = place;
    place.value = null;
    return adopt(value as Tensor);
  }
  drop(place: Place): void {
    place.value?.release();
    place.value = null;
    place.dropped = true;
    this.held--;
    this.end();
  }
  /** Lets the inputs go when nothing can need them. */
  end(): void {
    if (this.held > 0) return;
    for (const input of this.saved) input?.release();
    this.inputs.length = 0;
  }

  private again(op: string): void {
    const { places } = this;
    let at = 0;
    const refill: SavingHooks<null> = {
      pack(t, original) {
        const place = places[at++];
        if (place !== undefined) {
          checkSame(place, original, at, op);
          if (place.value === null && !place.dropped) place.value = t;
        }
        if (place?.value !== t) t.release();
        return null;
      },
      unpack() {
        throw new CheckpointError(
          `${OP}: a graph that the function made in its recompute was walked after it; only that of its first run can be`,
        );
      },
    };
    const before = defaultGenerator.getState();
    if (this.random !== null) defaultGenerator.setState(this.random);
    try {
      // Its own history: that of the recompute ends at the inputs, and is never walked.
      scope(() => {
        const inputs = this.inputs.map((x, i) => this.input(x, i));
        withGradMode(true, () =>
          withSavingHooks(refill as SavingHooks, () => void this.f(...inputs)),
        );
      });
    } finally {
      if (this.random !== null) defaultGenerator.setState(before);
    }
    if (at !== places.length) {
      throw new CheckpointError(
        `${OP}: the tape saved ${places.length} tensors when the function ran first, and ${at} in the recompute; ` +
          "the function must do the same both times",
      );
    }
  }
  private input(x: unknown, i: number): unknown {
    const saved = this.saved[i];
    if (saved === undefined) return x;
    const t = adopt(aliasOf(saved.unpack(OP)));
    t.link = null;
    t.source = this.tracked[i] ? new Leaf() : null;
    t.sourceIndex = 0;
    return t;
  }
}

function checkSame(place: Place, now: Tensor, at: number, op: string): void {
  const same = sameShape(place.shape, now.shape) && place.dtype === now.dtype;
  if (!same) {
    throw new CheckpointError(
      `${OP}: saved tensor ${at} was ${place.dtype} [${place.shape}] when the function ran first, and is ` +
        `${now.dtype} [${now.shape}] in the recompute; the function must do the same both times`,
    );
  }
  const version = versionOf(now);
  if (version !== place.version && place.version >= 0 && version >= 0) {
    const { lastMutator } = now.storage;
    throw new SavedTensorChangedError(
      op,
      `saved tensor ${at}`,
      lastMutator,
      place.version,
      version,
    );
  }
}

/**
 * f(…inputs), whose intermediate results are not kept for backward: f runs again when backward needs them. As
 * `torch.utils.checkpoint.checkpoint` with use_reentrant=False: other tensors that f uses (parameters) get their
 * gradients, grad() and createGraph work, checkpoints may be nested, and f draws the same numbers from the default
 * generator both times.
 *
 * f runs in a scope(): what it makes and does not return is released; keep() excepts a tensor. What f does besides
 * (the running statistics of a batch norm) happens twice. An object behind the inputs is the options; an f
 * that takes one itself goes into a function: `checkpoint((x) => f(x, { … }), x)`.
 * @throws CheckpointError (in backward) the second run saves other numbers of tensors, shapes or dtypes;
 * SavedTensorChangedError (in backward) an input or a leaf was changed in place since
 * @see https://docs.pytorch.org/docs/stable/checkpoint.html
 */
export function checkpoint<const A extends readonly unknown[], R>(
  f: (...inputs: A) => R,
  ...inputs: readonly [...A] | readonly [...A, CheckpointOptions]
): R {
  if (typeof f !== "function") {
    throw new ArgumentError(OP, `expected a function first, got ${typeof f}`);
  }
  const last = inputs.at(-1);
  const hasOptions = isPlain(last);
  if (hasOptions) checkOptions(OP, last, OPTIONS);
  const { preserveRngState = true } = hasOptions ? (last as CheckpointOptions) : {};
  const args = (hasOptions ? inputs.slice(0, -1) : inputs) as unknown as A;
  if (!gradMode)
    return synchronous(
      OP,
      scope(() => f(...args)),
    );
  const call = f as unknown as (...inputs: unknown[]) => R;
  const run = new Recompute(call, args, preserveRngState);
  try {
    return withSavingHooks(run as SavingHooks, () => scope(() => f(...args)));
  } finally {
    run.end();
  }
}

const isPlain = (x: unknown): boolean =>
  typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype;
