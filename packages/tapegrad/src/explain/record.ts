// What ran during one pass over a model, and which of its modules each op belongs to.
//
// Hooks know the module, but they also keep modules from working together (a norm takes over the activation
// behind it only where nobody looks). So a pass with hooks says what belongs where, passes without say what
// really runs, and the two lists are laid side by side: their longest common subsequence.
import { noGrad, onRun, type RanEvent, scope, Tensor } from "@tapegrad/core";
import type { nn } from "@tapegrad/nn";

export type Direction = "forward" | "backward";

export interface Layer {
  readonly path: string;
  readonly type: string;
}
export interface Recorded extends RanEvent {
  readonly direction: Direction;
}
export interface Located extends Recorded {
  readonly layer: Layer;
}

/** Ops that compute: neither views nor the frame around what a composition ran. */
const computes = ({ variant }: RanEvent): boolean => variant !== "view" && variant !== "composed";

/** Runs the passes once. `onEvent` sees every op, views too; the loss is the sum of what the model gives. */
export function runPass(
  model: nn.Module,
  input: Tensor,
  backward: ((outputs: Tensor[]) => void) | null,
  onDirection: (direction: Direction) => void,
): void {
  const forward = (): Tensor[] => tensorsIn(model.call(input));
  scope(() => {
    onDirection("forward");
    if (backward === null) noGrad(forward);
    else {
      const outputs = forward();
      onDirection("backward");
      backward(outputs);
    }
  });
}

/** The tensors of an output: one, or those of lists and plain objects. */
export function tensorsIn(output: unknown): Tensor[] {
  if (output instanceof Tensor) return [output];
  if (typeof output !== "object" || output === null) return [];
  return Object.values(output).flatMap(tensorsIn);
}

/** Records one run of `pass`. @param options.each called behind each op that computes */
export function recordPass(
  pass: (onDirection: (d: Direction) => void) => void,
  options: { readonly choices?: boolean; readonly each?: () => void } = {},
): Recorded[] {
  const { choices = false, each } = options;
  const events: Recorded[] = [];
  let direction: Direction = "forward";
  const stop = onRun(
    (event) => {
      if (!computes(event)) return;
      events.push({ ...event, direction });
      each?.();
    },
    { choices },
  );
  try {
    pass((d) => {
      direction = d;
    });
  } finally {
    stop();
  }
  return events;
}

/** Records one run, with hooks that tell which module is at work. */
export function recordLayers(
  model: nn.Module,
  pass: (onDirection: (d: Direction) => void) => void,
): Located[] {
  const root: Layer = { path: "", type: model.constructor.name };
  const events: Located[] = [];
  const stack: Layer[] = [];
  let direction: Direction = "forward";
  /** Whose op ran last. */
  let last = root;
  /** Whose gradients are being computed. */
  let behind = root;
  const watch = (t: unknown, layer: Layer): void => {
    if (!(t instanceof Tensor) || t.source === null) return;
    t.registerHook(() => {
      behind = layer;
    });
  };
  const removers = model.namedModules().flatMap(([path, module]) => {
    const layer: Layer = { path, type: module.constructor.name };
    return [
      module.registerForwardPreHook((_m, args: unknown[]) => {
        // What the module around computed itself: its gradients follow once those of this module are there.
        const outer = stack.at(-1) ?? root;
        if (last === outer && events.length > 0) for (const t of args) watch(t, outer);
        stack.push(layer);
      }),
      module.registerForwardHook((_m, _args: unknown[], output: unknown) => {
        stack.pop();
        if (last === layer) for (const t of tensorsIn(output)) watch(t, layer);
      }),
    ];
  });
  const stop = onRun((event) => {
    const layer = direction === "forward" ? (stack.at(-1) ?? root) : behind;
    if (direction === "forward") last = layer;
    if (computes(event)) events.push({ ...event, direction, layer });
  });
  try {
    pass((d) => {
      direction = d;
    });
  } finally {
    stop();
    for (const remove of removers) remove();
  }
  return events;
}

const sameShapes = (a: Recorded, b: Recorded): boolean =>
  a.direction === b.direction &&
  a.outputs.length === b.outputs.length &&
  a.outputs.every((y, i) => String(y.shape) === String(b.outputs[i]?.shape));
const sameKind = (a: Recorded, b: Recorded): boolean => a.op === b.op && sameShapes(a, b);

/** The layer of each of `events`, from a recording with hooks of the same pass. */
export function locate(events: readonly Recorded[], hooked: readonly Located[]): Layer[] {
  const [n, m] = [events.length, hooked.length];
  // common[i][j]: how much events from i on and hooked from j on have in common.
  const common = Array.from({ length: n + 1 }, () => new Uint32Array(m + 1));
  const at = (i: number, j: number): number => (common[i] as Uint32Array)[j] as number;
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      (common[i] as Uint32Array)[j] = sameKind(events[i] as Recorded, hooked[j] as Located)
        ? at(i + 1, j + 1) + 1
        : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const partners: (number | undefined)[] = [];
  for (let i = 0, j = 0; i < n; i++) {
    while (j < m && at(i, j) === at(i, j + 1)) j++;
    const matches = j < m && sameKind(events[i] as Recorded, hooked[j] as Located);
    partners.push(matches ? j++ : undefined);
  }
  // What only runs without hooks took the place of what only ran with them: of one that gave the same shape, as a
  // convolution that has taken in the norm behind it does; else of the first. If there was none, it joins its neighbour.
  let before = -1;
  return events.map((event, i) => {
    const own = partners[i];
    if (own !== undefined) before = own;
    const next = partners.slice(i).find((j) => j !== undefined) ?? m;
    const gone = hooked.slice(before + 1, next);
    // "convActivated" took the place of "conv", which no other can be in then.
    const kin = gone.findIndex((h) => sameShapes(event, h) && event.op.startsWith(h.op));
    const place = gone[kin] ?? gone.find((h) => sameShapes(event, h)) ?? gone[0];
    if (own === undefined && kin >= 0) before += 1 + kin;
    const chosen = own === undefined ? place : hooked[own];
    return (chosen ?? hooked[Math.max(before, 0)])?.layer ?? { path: "", type: "" };
  });
}
