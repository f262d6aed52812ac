function element(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  const text = value instanceof Date ? value.toISOString() : String(value);
  const escaped = text.includes('"') || text.includes('\\') ? text.replace(/["\\]/g, '\\$&') : text;
  return `"${escaped}"`;
}

/**
 * One column of many rows as PostgreSQL's array literal (https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO). The driver
 * makes it too, with two regular expressions for every element, which was a tenth of the processor time of a service.
 *
 * @throws RangeError when a date is none
 */
export function arrayLiteral(values: readonly unknown[]): string {
  return `{${values.map(element).join(',')}}`;
}
