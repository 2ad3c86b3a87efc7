// What autograd's walk needs of arithmetic.
import { arithmetic } from "../autograd/backward.ts";
import { onesLike } from "./creation.ts";
import { add } from "./elementwise/add.ts";
import { clone } from "./elementwise/clone.ts";
import { add_ } from "./inplace/add_.ts";

arithmetic.add = add;
arithmetic.addInPlace = (a, b) => {
  add_(a, b);
};
arithmetic.copy = clone;
arithmetic.ones = (t) => onesLike(t);
arithmetic.hasNaN = (t) => {
  const read = t.storage.backend.readSync;
  if (read === undefined) return false;
  return (read(t) as Float32Array).some(Number.isNaN);
};
