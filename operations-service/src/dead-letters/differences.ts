/** A field that differs: a JSON Pointer (RFC 6901), and what it was and is; absent where there is none. */
export interface FieldDifference {
  readonly pointer: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
const token = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** What differs between two JSON values, field by field. */
export function differencesOf(before: unknown, after: unknown, pointer = ''): FieldDifference[] {
  if (!isObject(before) || !isObject(after) || Array.isArray(before) !== Array.isArray(after))
    return JSON.stringify(before) === JSON.stringify(after)
      ? []
      : [{ pointer, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => differencesOf(before[name], after[name], `${pointer}/${token(name)}`));
}
