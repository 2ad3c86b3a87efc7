// Decompositions of one small matrix, row-major in float64: plain loops, from Golub and Van Loan, Matrix
// Computations, 4th edition. The ops of this folder run them over batches.

/** A matrix of n columns. */
export type Rows = Float64Array;

export const identity = (n: number): Rows => {
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) a[i * n + i] = 1;
  return a;
};

export function transposed(a: Rows, m: number, n: number): Rows {
  const t = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) t[j * m + i] = a[i * n + j] as number;
  return t;
}

/** L and U in one matrix [m, n] (L has ones on its diagonal), with partial pivoting (algorithm 3.4.1). */
export function lu(
  matrix: Rows,
  m: number,
  n = m,
): { lu: Rows; order: number[]; pivots: number[]; sign: number; singular: boolean } {
  const a = matrix.slice();
  const order = Array.from({ length: m }, (_, i) => i);
  const pivots: number[] = [];
  let sign = 1;
  let singular = false;
  for (let k = 0; k < Math.min(m, n); k++) {
    let pivot = k;
    for (let i = k + 1; i < m; i++) {
      if (Math.abs(a[i * n + k] as number) > Math.abs(a[pivot * n + k] as number)) pivot = i;
    }
    pivots.push(pivot);
    if (pivot !== k) {
      for (let j = 0; j < n; j++) {
        const t = a[k * n + j] as number;
        a[k * n + j] = a[pivot * n + j] as number;
        a[pivot * n + j] = t;
      }
      const t = order[k] as number;
      order[k] = order[pivot] as number;
      order[pivot] = t;
      sign = -sign;
    }
    const diagonal = a[k * n + k] as number;
    if (diagonal === 0) {
      singular = true;
      continue;
    }
    for (let i = k + 1; i < m; i++) {
      const factor = (a[i * n + k] as number) / diagonal;
      a[i * n + k] = factor;
      for (let j = k + 1; j < n; j++) {
        a[i * n + j] = (a[i * n + j] as number) - factor * (a[k * n + j] as number);
      }
    }
  }
  return { lu: a, order, pivots, sign, singular };
}

/** T · X = B for a triangular T [n, n], by substitution (algorithms 3.1.1 and 3.1.2). */
export function substitute(
  t: Rows,
  n: number,
  b: Rows,
  columns: number,
  upper: boolean,
  unit: boolean,
): Rows {
  const x = b.slice();
  for (let step = 0; step < n; step++) {
    const i = upper ? n - 1 - step : step;
    for (let c = 0; c < columns; c++) {
      let sum = x[i * columns + c] as number;
      const [from, to] = upper ? [i + 1, n] : [0, i];
      for (let j = from; j < to; j++) {
        sum -= (t[i * n + j] as number) * (x[j * columns + c] as number);
      }
      x[i * columns + c] = unit ? sum : sum / (t[i * n + i] as number);
    }
  }
  return x;
}

/** A · X = B; undefined for a singular A. */
export function solved(a: Rows, n: number, b: Rows, columns: number): Rows | undefined {
  const { lu: both, order, singular } = lu(a, n);
  if (singular) return undefined;
  const permuted = new Float64Array(n * columns);
  order.forEach((row, i) => {
    permuted.set(b.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  const y = substitute(both, n, permuted, columns, false, true);
  return substitute(both, n, y, columns, true, false);
}

/** L with L · Lᵀ = A (algorithm 4.2.1); for an A that is not positive definite the size of the smallest leading minor that is not. */
export function choleskyFactor(a: Rows, n: number): Rows | number {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (l[i * n + k] as number) * (l[j * n + k] as number);
      if (i !== j) l[i * n + j] = sum / (l[j * n + j] as number);
      else if (sum > 0) l[i * n + i] = Math.sqrt(sum);
      else return i + 1;
    }
  }
  return l;
}

/**
 * A = Q · R by Householder's reflections (algorithm 5.2.1), with LAPACK's signs: Q [m, columns], R [columns, n],
 * columns = m for the complete one, else the smaller of m and n.
 */
export function householder(
  matrix: Rows,
  m: number,
  n: number,
  columns: number,
): { q: Rows; r: Rows } {
  const a = matrix.slice();
  const q = identity(m);
  const v = new Float64Array(m);
  for (let k = 0; k < Math.min(m - 1, n); k++) {
    let tail = 0;
    for (let i = k + 1; i < m; i++) tail += (a[i * n + k] as number) ** 2;
    if (tail === 0) continue;
    const head = a[k * n + k] as number;
    const length = Math.sqrt(head * head + tail);
    v[k] = head + (head >= 0 ? length : -length);
    for (let i = k + 1; i < m; i++) v[i] = a[i * n + k] as number;
    const scale = 2 / ((v[k] as number) ** 2 + tail);
    reflect(a, n, k, m, k, n, v, scale);
    // Q collects the reflections from the right: the same loop on its rows.
    for (let i = 0; i < m; i++) {
      let sum = 0;
      for (let j = k; j < m; j++) sum += (q[i * m + j] as number) * (v[j] as number);
      for (let j = k; j < m; j++)
        q[i * m + j] = (q[i * m + j] as number) - sum * scale * (v[j] as number);
    }
  }
  const thin = new Float64Array(m * columns);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < columns; j++) thin[i * columns + j] = q[i * m + j] as number;
  const r = new Float64Array(columns * n);
  for (let i = 0; i < columns; i++)
    for (let j = i; j < n; j++) r[i * n + j] = a[i * n + j] as number;
  return { q: thin, r };
}

/** a −= scale · v vᵀ a, on rows k to m and columns from to to. */
function reflect(
  a: Rows,
  n: number,
  k: number,
  m: number,
  from: number,
  to: number,
  v: Rows,
  scale: number,
): void {
  for (let j = from; j < to; j++) {
    let sum = 0;
    for (let i = k; i < m; i++) sum += (v[i] as number) * (a[i * n + j] as number);
    for (let i = k; i < m; i++)
      a[i * n + j] = (a[i * n + j] as number) - sum * scale * (v[i] as number);
  }
}

const SWEEPS = 60;

/** Eigenvalues, ascending, and eigenvectors (columns) of a symmetric A, by Jacobi's cyclic rotations (algorithm 8.5.3). */
export function symmetricEigen(matrix: Rows, n: number): { values: Float64Array; vectors: Rows } {
  const a = matrix.slice();
  const v = identity(n);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let off = 0;
    let size = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        size += (a[i * n + j] as number) ** 2;
        if (i !== j) off += (a[i * n + j] as number) ** 2;
      }
    }
    if (off <= 1e-32 * size) break;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = a[p * n + q] as number;
        if (apq === 0) continue;
        const tau = ((a[q * n + q] as number) - (a[p * n + p] as number)) / (2 * apq);
        const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau));
        const c = 1 / Math.hypot(1, t);
        rotateColumns(a, n, n, p, q, c, t * c);
        rotateRows(a, n, p, q, c, t * c);
        rotateColumns(v, n, n, p, q, c, t * c);
      }
    }
  }
  const diagonal = Float64Array.from({ length: n }, (_, i) => a[i * n + i] as number);
  const order = [...diagonal.keys()].sort(
    (i, j) => (diagonal[i] as number) - (diagonal[j] as number),
  );
  return {
    values: Float64Array.from(order, (i) => diagonal[i] as number),
    vectors: pickedColumns(v, n, n, order),
  };
}

function rotateColumns(
  a: Rows,
  rows: number,
  n: number,
  p: number,
  q: number,
  c: number,
  s: number,
): void {
  for (let i = 0; i < rows; i++) {
    const [x, y] = [a[i * n + p] as number, a[i * n + q] as number];
    a[i * n + p] = c * x - s * y;
    a[i * n + q] = s * x + c * y;
  }
}
function rotateRows(a: Rows, n: number, p: number, q: number, c: number, s: number): void {
  for (let j = 0; j < n; j++) {
    const [x, y] = [a[p * n + j] as number, a[q * n + j] as number];
    a[p * n + j] = c * x - s * y;
    a[q * n + j] = s * x + c * y;
  }
}

function pickedColumns(a: Rows, rows: number, n: number, order: readonly number[]): Rows {
  const out = new Float64Array(rows * order.length);
  for (let i = 0; i < rows; i++) {
    order.forEach((from, j) => {
      out[i * order.length + j] = a[i * n + from] as number;
    });
  }
  return out;
}

/**
 * A [m, n] = U · diag(s) · Vᵀ, s descending, by one-sided Jacobi (Hestenes; section 8.6.3): columns are rotated
 * until they are orthogonal, and their lengths are the singular values. U [m, k], V [n, k], k the smaller of m and n.
 */
export function singular(
  matrix: Rows,
  m: number,
  n: number,
): { u: Rows; s: Float64Array; v: Rows } {
  if (m < n) {
    const { u, s, v } = singular(transposed(matrix, m, n), n, m);
    return { u: v, s, v: u };
  }
  const a = matrix.slice();
  const v = identity(n);
  for (let sweep = 0, turned = true; turned && sweep < SWEEPS; sweep++) {
    turned = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        let [pp, qq, pq] = [0, 0, 0];
        for (let i = 0; i < m; i++) {
          const [x, y] = [a[i * n + p] as number, a[i * n + q] as number];
          pp += x * x;
          qq += y * y;
          pq += x * y;
        }
        if (Math.abs(pq) <= 1e-16 * Math.sqrt(pp * qq)) continue;
        turned = true;
        const tau = (qq - pp) / (2 * pq);
        const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau));
        const c = 1 / Math.hypot(1, t);
        rotateColumns(a, m, n, p, q, c, t * c);
        rotateColumns(v, n, n, p, q, c, t * c);
      }
    }
  }
  const lengths = Float64Array.from({ length: n }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < m; i++) sum += (a[i * n + j] as number) ** 2;
    return Math.sqrt(sum);
  });
  const order = [...lengths.keys()].sort((i, j) => (lengths[j] as number) - (lengths[i] as number));
  const s = Float64Array.from(order, (i) => lengths[i] as number);
  const u = pickedColumns(a, m, n, order);
  const tiny = (s[0] ?? 0) * 1e-15;
  for (let j = 0; j < n; j++) {
    if ((s[j] as number) > tiny)
      for (let i = 0; i < m; i++) u[i * n + j] = (u[i * n + j] as number) / (s[j] as number);
  }
  const rank = s.filter((value) => value > tiny).length;
  return { u: rank === n ? u : completed(u, m, n, rank), s, v: pickedColumns(v, n, n, order) };
}

/** The first `rank` orthonormal columns of a [m, n], and others at right angles to them (Gram and Schmidt, twice). */
export function completed(a: Rows, m: number, n: number, rank: number, columns = n): Rows {
  const out = new Float64Array(m * columns);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < rank; j++) out[i * columns + j] = a[i * n + j] as number;
  let candidate = 0;
  for (let j = rank; j < columns; candidate++) {
    const x = new Float64Array(m);
    x[candidate] = 1;
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < j; k++) {
        let dot = 0;
        for (let i = 0; i < m; i++) dot += (out[i * columns + k] as number) * (x[i] as number);
        for (let i = 0; i < m; i++)
          x[i] = (x[i] as number) - dot * (out[i * columns + k] as number);
      }
    }
    const length = Math.hypot(...x);
    if (length < 0.5 / Math.sqrt(m)) continue;
    for (let i = 0; i < m; i++) out[i * columns + j] = (x[i] as number) / length;
    j++;
  }
  return out;
}
