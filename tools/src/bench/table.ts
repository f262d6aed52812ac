export interface Table {
  title: string;
  columns: string[];
  rows: string[][];
  notes?: string[];
}

const number = /^[-+.,\d %]*$/;

/** Columns of numbers stand to the right. */
const isNumeric = (rows: readonly string[][], column: number) =>
  column > 0 && rows.every((row) => number.test(row[column] ?? ''));

export function formatTable({ title, columns, rows, notes = [] }: Table): string {
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const right = columns.map((_, index) => isNumeric(rows, index));
  const line = (cells: string[]) =>
    `  ${cells.map((cell, index) => (right[index] ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0))).join('  ')}`.trimEnd();
  const rule = `  ${widths.map((width) => '─'.repeat(width)).join('  ')}`;
  return [title, line(columns), rule, ...rows.map(line), ...notes.map((note) => `  ${note}`)].join('\n');
}

/** The same for a document. */
export function markdownTable({ title, columns, rows, notes = [] }: Table): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const rule = line(columns.map((_, index) => (isNumeric(rows, index) ? '---:' : '---')));
  return [`**${title}**`, '', line(columns), rule, ...rows.map(line), ...notes.flatMap((note) => ['', note])].join('\n');
}

export function integer(value: number): string {
  return Number.isNaN(value) ? '-' : Math.round(value).toLocaleString('en-US');
}

export function decimal(value: number, digits = 1): string {
  return Number.isNaN(value) ? '-' : value.toFixed(digits);
}

export function percent(share: number): string {
  return Number.isNaN(share) ? '-' : `${(share * 100).toFixed(0)} %`;
}

/** Three figures that mean something, whatever the size. */
export function milliseconds(value: number): string {
  return decimal(value, value < 100 ? 1 : 0);
}
