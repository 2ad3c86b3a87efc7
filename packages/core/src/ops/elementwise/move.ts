// A tensor on another backend: read from one memory, written into the other.
import { noGrad } from "../../autograd/tape.ts";
import type { Backend } from "../../backend.ts";
import { DeviceError } from "../../errors.ts";
import { defineOp } from "../../op/define.ts";
import { emptyTensor, type Tensor } from "../../tensor.ts";

interface MoveAttrs {
  readonly from: Backend;
  readonly to: Backend;
}

const moveOp = defineOp<MoveAttrs>()({
  name: "move",
  doc: "x on another backend; gradients move back.",
  inputs: ["x"],
  outputs: ["y"],
  compose: (x, { to }) => noGrad(() => transfer(x, to)),
  vjp: (gs, _s, { from }) => ({ x: move(gs.y, from) }),
});

function transfer(x: Tensor, to: Backend): Tensor {
  const { readSync, name } = x.storage.backend;
  if (readSync === undefined) {
    throw new DeviceError(
      `to: a tensor on '${name}' cannot be read at once; make a new one from await x.data()`,
    );
  }
  const y = emptyTensor(to, x, "move");
  to.upload(readSync(x), y);
  return y;
}

/** x itself when it lies on `backend`, else a copy there. */
export function move(x: Tensor, backend: Backend): Tensor {
  const from = x.storage.backend;
  return from === backend ? x : moveOp(x, { from, to: backend });
}
