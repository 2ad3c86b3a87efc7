// What autograd needs of ops: the arithmetic of its walk, and writing through views.
import { arithmetic } from "../autograd/walk.ts";
import { listener } from "../op/trace.ts";
import { sameShape } from "../shape.ts";
import { onesLike } from "./creation.ts";
import { add } from "./elementwise/add.ts";
import { clone } from "./elementwise/clone.ts";
import { add_ } from "./inplace/add_.ts";
import "./views/put-window.ts";

arithmetic.add = add;
arithmetic.addInPlace = (a, b) => {
  const { backend } = a.storage;
  const alike = b.storage.backend === backend && a.dtype === b.dtype && sameShape(a.shape, b.shape);
  // The kernel alone: nobody else sees a, nothing records, and a walk does little else for a small graph.
  if (alike && listener === null && backend.kernels.binary("add", a, b, a) !== undefined) return;
  add_(a, b);
};
arithmetic.copy = clone;
arithmetic.ones = (t) => onesLike(t);
arithmetic.hasNaN = (t) => {
  const read = t.storage.backend.readSync;
  if (read === undefined) return false;
  return (read(t) as Float32Array).some(Number.isNaN);
};
