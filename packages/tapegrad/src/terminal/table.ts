// A table of text: columns as wide as their widest cell, numbers to the right.
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((h, c) => Math.max(h.length, ...rows.map((r) => (r[c] ?? "").length)));
  const isNumber = header.map((_, c) => rows.every((r) => /^[\d,.–]*$/.test(r[c] ?? "")));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, c) => {
        const width = widths[c] as number;
        return isNumber[c] ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  const rule = widths.map((w) => "─".repeat(w)).join("  ");
  return [line(header), rule, ...rows.map(line)].join("\n");
}

/** 1234567 → "1,234,567" */
export const grouped = (n: number): string => n.toLocaleString("en-US");
