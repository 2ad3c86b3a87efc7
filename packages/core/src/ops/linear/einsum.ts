// Einstein's summation: a formula of labels, one per dimension. Operands are contracted from left to right, each
// pair as one batched product of matrices.
import { ArgumentError, ShapeError } from "../../errors.ts";
import { sizeOf } from "../../shape.ts";
import { checkLive, composite, type Tensor } from "../../tensor.ts";
import { mul } from "../elementwise/mul.ts";
import { sum } from "../reduce/sum.ts";
import { diagonal } from "../views/diagonal.ts";
import { permute } from "../views/permute.ts";
import { squeeze } from "../views/squeeze.ts";
import { reshape } from "../views/view.ts";
import { matmul } from "./matmul.ts";

const OP = "einsum";

/** A tensor whose dimensions have names, no two alike. */
interface Labelled {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/** One list of labels per operand and one for the result; the dims of "..." are called .1, .2 … from the right. */
function parsed(
  equation: string,
  operands: readonly Tensor[],
): { inputs: string[][]; output: string[] } {
  const [left, right, ...rest] = equation.replaceAll(" ", "").split("->");
  if (left === undefined || rest.length > 0) {
    throw new ArgumentError(OP, `"${equation}" has more than one arrow`);
  }
  const terms = left.split(",");
  if (terms.length !== operands.length) {
    throw new ArgumentError(
      OP,
      `"${equation}" has ${terms.length} terms for ${operands.length} operands`,
    );
  }
  let widest = 0;
  const labelsOf = (term: string, rank: number | undefined): string[] => {
    if (!/^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(term)) {
      throw new ArgumentError(
        OP,
        `"${term}" in "${equation}" is not made of letters and one "..."`,
      );
    }
    const [before, after] = term.split("...") as [string, string?];
    const hidden = rank === undefined ? widest : rank - term.replace("...", "").length;
    if (after === undefined) return [...before];
    if (hidden > widest) widest = hidden;
    const dots = Array.from({ length: Math.max(0, hidden) }, (_, k) => `.${hidden - k}`);
    return [...before, ...dots, ...after];
  };
  const inputs = terms.map((term, i) => {
    const { shape } = operands[i] as Tensor;
    const labels = labelsOf(term, shape.length);
    if (labels.length !== shape.length) {
      throw new ShapeError(OP, `"${term}" names ${labels.length} dimensions of operand ${i}`, {
        [`operand ${i}`]: shape,
      });
    }
    return labels;
  });
  return {
    inputs,
    output: right === undefined ? implied(inputs) : given(labelsOf(right, undefined)),
  };

  function given(output: string[]): string[] {
    const unknown = output.find((l) => !inputs.flat().includes(l));
    if (unknown !== undefined || new Set(output).size !== output.length) {
      const why = unknown === undefined ? "twice" : "that no operand has";
      throw new ArgumentError(OP, `the result of "${equation}" names a label ${why}`);
    }
    return output;
  }
}

/** Without an arrow: what "..." stands for, then all labels that occur once, in alphabetic order. */
function implied(inputs: readonly string[][]): string[] {
  const all = inputs.flat();
  const dots = [...new Set(all.filter((l) => l.startsWith(".")))];
  const once = [...new Set(all)].filter(
    (l) => !l.startsWith(".") && all.indexOf(l) === all.lastIndexOf(l),
  );
  return [...dots.sort((p, q) => Number(q.slice(1)) - Number(p.slice(1))), ...once.sort()];
}

/** Of a label that a term repeats only the diagonal counts. */
function withoutRepeats(x: Tensor, labels: readonly string[]): Labelled {
  const second = labels.findIndex((l, d) => labels.indexOf(l) < d);
  if (second < 0) return { x, labels };
  const label = labels[second] as string;
  const first = labels.indexOf(label);
  if (x.shape[first] !== x.shape[second]) {
    throw new ShapeError(
      OP,
      `"${label}" stands for sizes ${x.shape[first]} and ${x.shape[second]}`,
      {
        operand: x.shape,
      },
    );
  }
  const rest = labels.filter((_, d) => d !== first && d !== second);
  return withoutRepeats(diagonal(x, { dim1: first, dim2: second }), [...rest, label]);
}

/** x with the dims of these labels summed. */
function summed({ x, labels }: Labelled, gone: readonly string[]): Labelled {
  const dims = labels.flatMap((l, d) => (gone.includes(l) ? [d] : []));
  return dims.length === 0
    ? { x, labels }
    : { x: sum(x, dims), labels: labels.filter((l) => !gone.includes(l)) };
}

/** x with its labels in this order, as blocks: one dim per list. */
function blocks({ x, labels }: Labelled, ...lists: readonly (readonly string[])[]): Tensor {
  const order = lists.flat().map((l) => labels.indexOf(l));
  const sizes = lists.map((list) => sizeOf(list.map((l) => x.shape[labels.indexOf(l)] as number)));
  return reshape(permute(x, order), sizes);
}

/** The sum of products over the labels that neither the result nor a later operand has. */
function contracted(
  a: Labelled,
  b: Labelled,
  kept: ReadonlySet<string>,
  sizes: Map<string, number>,
): Labelled {
  const left = summed(
    a,
    a.labels.filter((l) => !kept.has(l) && !b.labels.includes(l)),
  );
  const right = summed(
    b,
    b.labels.filter((l) => !kept.has(l) && !a.labels.includes(l)),
  );
  const shared = left.labels.filter((l) => right.labels.includes(l));
  const batch = shared.filter((l) => kept.has(l));
  const inner = shared.filter((l) => !kept.has(l));
  const rows = left.labels.filter((l) => !shared.includes(l));
  const columns = right.labels.filter((l) => !shared.includes(l));
  const labels = [...batch, ...rows, ...columns];
  const p = blocks(left, batch, rows, inner);
  const q = blocks(right, batch, inner, columns);
  // Nothing to sum: [batch, rows, 1] times [batch, 1, columns].
  const y = inner.length === 0 ? mul(p, q) : matmul(p, q);
  return {
    x: reshape(
      y,
      labels.map((l) => sizes.get(l) as number),
    ),
    labels,
  };
}

/**
 * Sums of products by formula: "ij,jk->ik" is a product of matrices, "ii->i" a diagonal, "...ij->...ji" a transposition
 * of batches. Labels that the result does not name are summed; without "->" the result has those that occur once.
 * Operands follow one by one or as a list. As `torch.einsum`.
 * @throws ArgumentError for a formula that does not read, ShapeError for sizes that do not fit
 */
export function einsum(equation: string, ...operands: Tensor[] | [readonly Tensor[]]): Tensor {
  const tensors = operands.flat() as Tensor[];
  if (typeof equation !== "string")
    throw new ArgumentError(OP, "the formula comes first, a string");
  for (const t of tensors) checkLive(OP, t);
  const { inputs, output } = parsed(equation, tensors);
  return composite(() => {
    const list = tensors.map((x, i) => withoutRepeats(x, inputs[i] as string[]));
    const sizes = new Map<string, number>();
    for (const { x, labels } of list) {
      labels.forEach((l, d) => {
        const [n, known] = [x.shape[d] as number, sizes.get(l) ?? 1];
        if (n !== known && n !== 1 && known !== 1) {
          throw new ShapeError(
            OP,
            `"${l}" stands for sizes ${known} and ${n}`,
            Object.fromEntries(tensors.map((t, i) => [`operand ${i}`, t.shape])),
          );
        }
        sizes.set(l, known === 1 ? n : known);
      });
    }
    // A dim of size 1 beside a larger one of its label is broadcast: it need not be there.
    const fitting = list.map(({ x, labels }): Labelled => {
      const thin = labels.flatMap((l, d) => (x.shape[d] === 1 && sizes.get(l) !== 1 ? [d] : []));
      return {
        x: thin.length === 0 ? x : squeeze(x, thin),
        labels: labels.filter((_, d) => !thin.includes(d)),
      };
    });
    const wanted = new Set(output);
    const result = fitting.reduce((a, b, i) => {
      const kept = new Set([...output, ...fitting.slice(i + 1).flatMap((t) => t.labels)]);
      return contracted(a, b, kept, sizes);
    });
    const { x, labels } = summed(
      result,
      result.labels.filter((l) => !wanted.has(l)),
    );
    return permute(
      x,
      output.map((l) => labels.indexOf(l)),
    );
  });
}
