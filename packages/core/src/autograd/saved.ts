// Tensors that the tape keeps for backward: as they are, or as something that the user's hooks made of them.
import {
  ArgumentError,
  DeviceError,
  DTypeError,
  GraphFreedError,
  InPlaceError,
  ShapeError,
} from "../errors.ts";
import { sameShape } from "../shape.ts";
import { adopt, aliasOf, checkLive, currentFrame, inFrame, scope, Tensor } from "../tensor.ts";
import { Saved, type Source, synchronous, withGradMode } from "./tape.ts";

/** What makes something else of the tensors that are saved, and back. */
export interface SavingHooks<P = unknown> {
  /** @param t a handle without history, owned by the hook */
  pack(t: Tensor, original: Tensor): P;
  unpack(packed: P, op: string): Tensor;
  /** The tape needs it no longer. */
  drop?(packed: P): void;
}

let hooks: SavingHooks | null = null;

export function withSavingHooks<R>(inner: SavingHooks | null, f: () => R): R {
  const outer = hooks;
  hooks = inner;
  try {
    return f();
  } finally {
    hooks = outer;
  }
}

/** For the tape: an alias, or what the hooks make of it. */
export const saveTensor = (name: string, t: Tensor): Saved =>
  hooks === null ? new Saved(name, aliasOf(t)) : new Packed(name, aliasOf(t), t, hooks);

/** A saved tensor of which the tape holds nothing but what the hooks have made of it. */
class Packed extends Saved {
  private readonly hooks: SavingHooks;
  private readonly source: Source;
  private readonly backend: Tensor["storage"]["backend"];
  private packed: unknown;
  private gone = false;
  /** What was unpacked last, while the rule that reads it runs. */
  private shown: Tensor | null = null;

  constructor(name: string, alias: Tensor, original: Tensor, by: SavingHooks) {
    super(name, alias);
    this.hooks = by;
    this.source = alias.source;
    const { storage } = alias;
    this.backend = storage.backend;
    const bare = aliasOf(alias);
    bare.source = null;
    bare.link = null;
    this.packed = withGradMode(false, () => by.pack(bare, original));
    if (storage.version !== this.version) {
      throw new InPlaceError(
        `savedTensorsHooks: pack has changed the tensor '${name}' that it was given, by ` +
          `'${storage.lastMutator}'; clone() it first`,
      );
    }
    alias.release(); // shape and dtype stay
  }
  override unpack(op: string): Tensor {
    if (this.gone) throw new GraphFreedError(op);
    if (this.shown !== null && !this.shown.released) return this.shown;
    const t = this.hooks.unpack(this.packed, op);
    this.checkLike(t);
    const mine = aliasOf(t);
    mine.link = null;
    mine.source = this.source;
    mine.sourceIndex = this.tensor.sourceIndex;
    this.shown = currentFrame() === null ? null : mine;
    return adopt(mine);
  }
  override release(): void {
    if (this.gone) return;
    this.gone = true;
    this.shown = null;
    this.hooks.drop?.(this.packed);
    this.packed = undefined;
  }
  private checkLike(t: unknown): asserts t is Tensor {
    const op = `savedTensorsHooks: what unpack gave for '${this.name}'`;
    checkLive(op, t);
    const { shape, dtype } = this.tensor;
    if (!sameShape(t.shape, shape)) {
      throw new ShapeError(op, "does not have the shape of what was packed", {
        unpacked: t.shape,
        packed: shape,
      });
    }
    if (t.dtype !== dtype) {
      throw new DTypeError(op, `must be ${dtype} as what was packed, got ${t.dtype}`);
    }
    if (t.storage.backend !== this.backend) {
      throw new DeviceError(
        `${op}: must lie on '${this.backend.name}' as what was packed, got '${t.storage.backend.name}'`,
      );
    }
  }
}

/**
 * Runs f; each tensor that the tape would save meanwhile goes through `pack`, and the tape keeps what that returns,
 * a tensor or anything else. `unpack` makes the tensor of it when backward needs it: same shape, dtype and backend.
 * As `torch.autograd.graph.saved_tensors_hooks`; the innermost pair is the one that is called.
 *
 * pack's argument has no history and must not be changed in place; it is yours, so release() it where its memory is
 * wanted back at once. Neither function is recorded. unpack runs in a scope(): the tape takes what it returns and
 * lets go of it, and of all else it made, when the node has run; keep() excepts a tensor. Changes in place of a
 * tensor that was packed go unnoticed, as in PyTorch.
 * @throws InPlaceError pack has changed its argument; ArgumentError, ShapeError, DTypeError, DeviceError (in
 * backward) unpack gave something else
 * @see https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.graph.saved_tensors_hooks
 */
export function savedTensorsHooks<P, R>(
  pack: (t: Tensor) => P,
  unpack: (packed: P) => Tensor,
  f: () => R,
): R {
  for (const [name, given] of Object.entries({ pack, unpack, f })) {
    if (typeof given === "function") continue;
    throw new ArgumentError("savedTensorsHooks", `${name} must be a function, got ${typeof given}`);
  }
  const users = currentFrame();
  const by: SavingHooks<P | Tensor> = {
    pack(t) {
      const packed = inFrame(users, () => pack(adopt(t)));
      return packed instanceof Tensor ? aliasOf(packed) : packed;
    },
    unpack: (packed) => withGradMode(false, () => scope(() => unpack(packed as P))),
    drop(packed) {
      if (packed instanceof Tensor) packed.release();
    },
  };
  return synchronous("savedTensorsHooks", withSavingHooks(by as SavingHooks, f));
}
