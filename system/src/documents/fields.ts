/** A field of a contract, as a row of a table. */
export interface Field {
  /** Within the data: `items[].sku`. */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly limits: string;
  readonly description: string;
}

/** The part of JSON Schema that contracts are written in. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

const MANY = 12;
const SHORT_PATTERN = 40;

function typeOf({ type, anyOf, const: only, format, items }: Schema): string {
  if (only !== undefined) return `"${String(only)}"`;
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ');
  if (type === 'array') return `array of ${items === undefined ? 'anything' : typeOf(items)}`;
  return format ?? type ?? 'anything';
}

function limitsOf({ minimum, maximum, maxLength, minItems, maxItems, pattern, format, enum: choices }: Schema): string {
  const range = (least: number | undefined, most: number | undefined, unit: string) =>
    least === undefined && most === undefined ? [] : [`${least ?? ''} to ${most?.toLocaleString('en-GB') ?? 'any'}${unit}`];
  return [
    ...range(minimum, maximum, ''),
    ...range(minItems, maxItems, ' items'),
    ...(maxLength === undefined || format === 'uuid' ? [] : [`at most ${maxLength} characters`]),
    ...(pattern === undefined || pattern.length > SHORT_PATTERN ? [] : [pattern]),
    ...(choices === undefined ? [] : [choices.length > MANY ? `one of ${choices.length} values` : choices.join(', ')]),
  ].join('; ');
}

function below(schema: Schema, path: string): Field[] {
  if (schema.items !== undefined) return below(schema.items, `${path}[]`);
  return fieldsOf(schema, path);
}

/** Every field of a schema, nested ones after the one that holds them. */
export function fieldsOf({ properties = {}, required = [] }: Schema, within = ''): Field[] {
  return Object.entries(properties).flatMap(([name, each]) => {
    const path = within === '' ? name : `${within}.${name}`;
    const { description = '' } = each;
    const field = { path, type: typeOf(each), required: required.includes(name), limits: limitsOf(each), description };
    return [field, ...below(each, path)];
  });
}
