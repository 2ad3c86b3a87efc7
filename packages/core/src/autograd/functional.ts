// Derivatives of functions, not of tensors: vjp, jvp, jacobian, hessian, vhp, hvp; as torch.autograd.functional. The
// function runs in the caller's frame; all else that is made on the way goes as the call returns.
import { ArgumentError, AutogradError, ShapeError } from "../errors.ts";
import { tensor, zeros, zerosLike } from "../ops/creation.ts";
import { expand } from "../ops/views/expand.ts";
import { stack } from "../ops/views/stack.ts";
import { reshape } from "../ops/views/view.ts";
import { checkOptions, described, type OptionNames } from "../options.ts";
import { sameShape, sizeOf } from "../shape.ts";
import { currentFrame, inFrame, scope, Tensor } from "../tensor.ts";
import { grad } from "./backward.ts";
import { setRequiresGrad } from "./hooks.ts";
import { enableGrad } from "./tape.ts";

type Tensors = readonly Tensor[];
type TensorOrList = Tensor | Tensors;

export interface FunctionalOptions {
  /** Record the derivative, so that it can be differentiated (with respect to inputs that require grad). */
  readonly createGraph?: boolean | undefined;
  /** An error, instead of zeros, where an output does not depend on an input. */
  readonly strict?: boolean | undefined;
}
const OPTIONS: OptionNames<FunctionalOptions> = { createGraph: true, strict: true };

/** What one call has: the checked arguments, and how its results are given back. */
interface Call {
  readonly op: string;
  readonly inputs: Tensors;
  readonly createGraph: boolean;
  readonly strict: boolean;
  /** f on the inputs, recorded, in the frame of the caller. */
  run(...inputs: Tensor[]): Tensors;
  /** Whether f returned a list, known once it has run. */
  returnedList: boolean;
}

function prepare(op: string, f: unknown, inputs: TensorOrList, options: FunctionalOptions): Call {
  checkOptions(op, options, OPTIONS);
  if (typeof f !== "function") {
    throw new ArgumentError(op, `expected a function of tensors first, got ${described(f)}`);
  }
  const users = currentFrame();
  const createGraph = options.createGraph ?? false;
  const call: Call = {
    op,
    inputs: listOf(op, "inputs", inputs).map((x) => fresh(x, createGraph)),
    createGraph,
    strict: options.strict ?? false,
    returnedList: false,
    run(...xs) {
      const result: unknown = inFrame(users, () => enableGrad(() => f(...xs)));
      call.returnedList = !(result instanceof Tensor);
      return listOf(op, "the result of the function", result);
    },
  };
  return call;
}

function listOf(op: string, what: string, value: unknown): Tensors {
  if (value instanceof Tensor) return [value];
  if (Array.isArray(value) && value.length > 0 && value.every((t) => t instanceof Tensor)) {
    return value;
  }
  throw new ArgumentError(
    op,
    `${what} must be a tensor or a list of tensors, got ${described(value)}`,
  );
}

/** A leaf with these values, or a continuation of the graph that x is in. */
const fresh = (x: Tensor, createGraph: boolean): Tensor =>
  createGraph && x.requiresGrad
    ? enableGrad(() => expand(x, x.shape))
    : setRequiresGrad(x.detach(), true);

/** The v of a product: of the shapes of what it belongs to; ones for a single element. */
function vectorFor(op: string, v: TensorOrList | undefined, like: Tensors, whose: string): Tensors {
  if (v === undefined) {
    if (like.length === 1 && like[0]?.numel === 1)
      return [tensor([1], { shape: like[0].shape, dtype: like[0].dtype, device: like[0].backend })];
    throw new ArgumentError(op, `v may only be left out where ${whose} is a single element`);
  }
  const list = listOf(op, "v", v);
  if (list.length !== like.length) {
    throw new ArgumentError(op, `v has ${list.length} tensors, ${whose} has ${like.length}`);
  }
  list.forEach((t, i) => {
    const expected = (like[i] as Tensor).shape;
    if (sameShape(t.shape, expected)) return;
    throw new ShapeError(op, `v ${i} does not have the shape of ${whose} ${i}`, {
      v: t.shape,
      expected,
    });
  });
  return list;
}

/** grad() with zeros, or an error where strict, for what does not depend. */
function derivative(
  call: Call,
  outputs: Tensors,
  inputs: Tensors,
  seeds: Tensors,
  createGraph: boolean,
  retainGraph = createGraph,
): Tensors {
  const { op, strict } = call;
  const reached = outputs.flatMap((y, k) => (y.requiresGrad ? [k] : []));
  if (strict && reached.length < outputs.length) {
    const k = outputs.findIndex((y) => !y.requiresGrad);
    throw new AutogradError(`${op}: output ${k} does not depend on any input, and strict is set`);
  }
  const gs =
    reached.length === 0
      ? inputs.map(() => null)
      : grad(
          reached.map((k) => outputs[k] as Tensor),
          inputs,
          {
            gradOutputs: reached.map((k) => seeds[k]),
            createGraph,
            retainGraph,
            allowUnused: true,
          },
        );
  return gs.map((g, i) => {
    if (g !== null) return g;
    if (strict)
      throw new AutogradError(
        `${op}: the function does not depend on input ${i}, and strict is set`,
      );
    return zerosLike(inputs[i] as Tensor);
  });
}

const detached = (call: Call, ts: Tensors): Tensor[] =>
  call.createGraph ? ts.slice() : ts.map((t) => t.detach());
/** Lists stay lists, single tensors single. */
const like = (list: boolean, ts: Tensor[]): Tensor | Tensor[] => (list ? ts : (ts[0] as Tensor));

/**
 * The outputs of f and the product of `v` with its Jacobian, vᵀJ, as `torch.autograd.functional.vjp`.
 * @param v of the shape of the output (a list for a list); left out for an output of one element
 * @returns [outputs, one gradient per input, each of the shape of its input]
 * @throws ShapeError where v does not fit; AutogradError with `strict`, where nothing depends
 */
export function vjp<In extends TensorOrList, Out extends TensorOrList>(
  f: (...inputs: Tensor[]) => Out,
  inputs: In,
  v?: TensorOrList,
  options: FunctionalOptions = {},
): [outputs: Out, products: In extends Tensor ? Tensor : Tensor[]] {
  const call = prepare("vjp", f, inputs, options);
  return scope(() => {
    const outputs = call.run(...call.inputs);
    const seeds = vectorFor("vjp", v, outputs, "the output");
    const products = derivative(call, outputs, call.inputs, seeds, call.createGraph);
    return [
      like(call.returnedList, detached(call, outputs)),
      like(Array.isArray(inputs), detached(call, products)),
    ];
  }) as never;
}

/**
 * The outputs of f and the product of its Jacobian with `v`, Jv, as `torch.autograd.functional.jvp`. Computed as
 * the derivative of vᵀJ by v, so f is differentiated twice.
 * @param v of the shapes of the inputs; left out for a single input of one element
 * @returns [outputs, one product per output, each of the shape of its output]
 */
export function jvp<In extends TensorOrList, Out extends TensorOrList>(
  f: (...inputs: Tensor[]) => Out,
  inputs: In,
  v?: TensorOrList,
  options: FunctionalOptions = {},
): [outputs: Out, products: Out extends Tensor ? Tensor : Tensor[]] {
  const call = prepare("jvp", f, inputs, options);
  return scope(() => {
    const seeds = vectorFor("jvp", v, call.inputs, "the input");
    const outputs = call.run(...call.inputs);
    const products = forwardProducts(call, outputs, call.inputs, seeds);
    return [
      like(call.returnedList, detached(call, outputs)),
      like(call.returnedList, detached(call, products)),
    ];
  }) as never;
}

/** What jacobian returns: a tensor for each output and input, nested where f has several. */
type Jacobian<In, Out> = Out extends Tensor
  ? In extends Tensor
    ? Tensor
    : Tensor[]
  : In extends Tensor
    ? Tensor[]
    : Tensor[][];

/**
 * All first derivatives of f, as `torch.autograd.functional.jacobian`: for an output of shape [a…] and an input of
 * shape [b…] a tensor of shape [a…, b…], element [i…, j…] being ∂ output[i…] / ∂ input[j…]. Runs backward once per
 * output element.
 * @returns one tensor; a list where f takes or returns a list; a list per output where it does both
 */
export function jacobian<In extends TensorOrList, Out extends TensorOrList>(
  f: (...inputs: Tensor[]) => Out,
  inputs: In,
  options: FunctionalOptions = {},
): Jacobian<In, Out> {
  const call = prepare("jacobian", f, inputs, options);
  return scope(() => {
    const outputs = call.run(...call.inputs);
    const perOutput = outputs.map((y, k) =>
      like(
        Array.isArray(inputs),
        detached(call, rowsOf(call, y, call.inputs, k === outputs.length - 1)),
      ),
    );
    return call.returnedList ? perOutput : perOutput[0];
  }) as never;
}

/** d y / d each input; the last of several frees the graph. */
function rowsOf(call: Call, y: Tensor, inputs: Tensors, isLast: boolean): Tensors {
  const count = y.numel;
  const rows = Array.from({ length: count }, (_, i) => {
    const basis = new Float64Array(count);
    basis[i] = 1;
    const seed = tensor(basis, { shape: y.shape, dtype: y.dtype, device: y.backend });
    const retain = call.createGraph || !isLast || i < count - 1;
    return derivative(call, [y], inputs, [seed], call.createGraph, retain);
  });
  return inputs.map((x, i) => {
    const shape = [...y.shape, ...x.shape];
    if (sizeOf(shape) === 0) return zeros(shape, { dtype: x.dtype, device: x.backend });
    return reshape(stack(rows.map((row) => row[i] as Tensor)), shape);
  });
}

/**
 * All second derivatives of a function with one output element, as `torch.autograd.functional.hessian`: for inputs of
 * shapes [a…] and [b…] a tensor of shape [a…, b…].
 * @returns one tensor, or a list of lists for a list of inputs
 * @throws ShapeError where f returns more than one element
 */
export function hessian<In extends TensorOrList>(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: In,
  options: FunctionalOptions = {},
): In extends Tensor ? Tensor : Tensor[][] {
  const call = prepare("hessian", f, inputs, options);
  return scope(() => {
    const [, first] = valueAndGradient(call);
    const all = first.map((g, k) =>
      detached(call, rowsOf(call, g, call.inputs, k === first.length - 1)),
    );
    return Array.isArray(inputs) ? all : all[0]?.[0];
  }) as never;
}

/** What f returns, one element, and its gradients, which can be differentiated. */
function valueAndGradient(call: Call): readonly [value: Tensor, gradient: Tensors] {
  const [y, ...more] = call.run(...call.inputs);
  if (y === undefined || more.length > 0 || y.numel !== 1) {
    throw new ShapeError(call.op, "the function must return a tensor of one element", {
      output: y?.shape ?? [],
    });
  }
  const seed = tensor([1], { shape: y.shape, dtype: y.dtype, device: y.backend });
  return [y, derivative(call, [y], call.inputs, [seed], true)];
}

/** J v of `outputs`, a function of `inputs` that is recorded: the derivative of uᵀJ, linear in u, by u. */
function forwardProducts(call: Call, outputs: Tensors, inputs: Tensors, v: Tensors): Tensors {
  const dummies = outputs.map((y) => setRequiresGrad(zerosLike(y).detach(), true));
  const backward = derivative(call, outputs, inputs, dummies, true);
  // The first derivative has told what does not depend.
  return derivative({ ...call, strict: false }, backward, dummies, v, call.createGraph);
}

/**
 * The value of f and the product of `v` with its Hessian, vᵀH, as `torch.autograd.functional.vhp`: one more walk
 * than the gradient takes, where hessian() makes one for each of its rows.
 * @param f returns one tensor of one element
 * @param v of the shapes of the inputs; left out for a single input of one element
 * @returns [value, one product per input, each of the shape of its input]
 * @throws ShapeError where v does not fit or f returns more than one element; AutogradError with `strict`, where
 * nothing depends
 */
export function vhp<In extends TensorOrList>(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: In,
  v?: TensorOrList,
  options: FunctionalOptions = {},
): [value: Tensor, products: In extends Tensor ? Tensor : Tensor[]] {
  const call = prepare("vhp", f, inputs, options);
  return scope(() => {
    const seeds = vectorFor("vhp", v, call.inputs, "the input");
    const [y, first] = valueAndGradient(call);
    const products = derivative(call, first, call.inputs, seeds, call.createGraph);
    return [...detached(call, [y]), like(Array.isArray(inputs), detached(call, products))];
  }) as never;
}

/**
 * The value of f and the product of its Hessian with `v`, Hv, as `torch.autograd.functional.hvp`. Where f has
 * continuous second derivatives that is what vhp() gives with one walk less.
 * @param f returns one tensor of one element
 * @param v of the shapes of the inputs; left out for a single input of one element
 * @returns [value, one product per input, each of the shape of its input]
 * @throws as vhp
 */
export function hvp<In extends TensorOrList>(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: In,
  v?: TensorOrList,
  options: FunctionalOptions = {},
): [value: Tensor, products: In extends Tensor ? Tensor : Tensor[]] {
  const call = prepare("hvp", f, inputs, options);
  return scope(() => {
    const seeds = vectorFor("hvp", v, call.inputs, "the input");
    const [y, first] = valueAndGradient(call);
    const products = forwardProducts(call, first, call.inputs, seeds);
    return [...detached(call, [y]), like(Array.isArray(inputs), detached(call, products))];
  }) as never;
}
