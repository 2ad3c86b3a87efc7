// All parameters as one vector and back, and gradients kept in bounds; as torch.nn.utils.
import {
  ArgumentError,
  adopt,
  cat,
  noGrad,
  owned,
  ShapeError,
  sizeOf,
  Tensor,
} from "@tapegrad/core";
import { gradientOf } from "../parameter.ts";

/** As `torch.nn.utils.clip_grad_value_`: each element of each gradient is brought into [−clipValue, clipValue]. */
export function clipGradValue(params: Tensor | Iterable<Tensor>, clipValue: number): void {
  if (!(clipValue >= 0)) {
    throw new ArgumentError("clipGradValue", `clipValue must be ≥ 0; got ${clipValue}`);
  }
  noGrad(() => {
    for (const p of params instanceof Tensor ? [params] : params) {
      gradientOf(p)?.clamp_({ min: -clipValue, max: clipValue });
    }
  });
}

/** As `torch.nn.utils.parameters_to_vector`: all elements of all parameters, one behind the other; recorded. */
export function parametersToVector(params: Iterable<Tensor>): Tensor {
  const list = [...params];
  if (list.length === 0) throw new ArgumentError("parametersToVector", "there are no parameters");
  const [vector] = owned(() => [cat(list.map((p) => p.reshape([p.numel])))]) as [Tensor];
  return adopt(vector);
}

/**
 * As `torch.nn.utils.vector_to_parameters`: writes what parametersToVector gave back into the parameters.
 * @throws ShapeError unless the vector has as many elements as they
 */
export function vectorToParameters(vector: Tensor, params: Iterable<Tensor>): void {
  const list = [...params];
  const total = list.reduce((n, p) => n + sizeOf(p.shape), 0);
  if (vector.ndim !== 1 || vector.numel !== total) {
    throw new ShapeError("vectorToParameters", `expects a vector of ${total} elements`, {
      vector: vector.shape,
    });
  }
  owned(() => {
    noGrad(() => {
      let at = 0;
      for (const p of list) {
        p.copy_(vector.narrow(0, at, p.numel).reshape(p.shape));
        at += p.numel;
      }
    });
    return [];
  });
}
