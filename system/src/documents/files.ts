/** Generated files by their path below `docs/generated`. */
export type Files = ReadonlyMap<string, string>;

export const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** A text in a cell of a Markdown table. */
export const cell = (text: string) => text.replace(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;');

export const code = (text: string) => `\`${text}\``;

/** A Markdown table; empty when there are no rows. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
