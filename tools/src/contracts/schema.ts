import { createHash } from 'node:crypto';

/** What is looked at of a JSON Schema: the part that our contracts are written in. */
export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

const JUDGED = new Set(
  'type properties required additionalProperties items anyOf const enum minLength maxLength pattern format minimum maximum minItems maxItems'.split(
    ' ',
  ),
);
/** For people: changing them changes no verdict. */
const ANNOTATIONS = new Set(['description', 'title', 'default', 'examples', '$comment']);

function mapped(schema: JsonSchema, change: (each: JsonSchema) => JsonSchema): JsonSchema {
  const { properties, items, anyOf } = schema;
  return {
    ...schema,
    ...(properties && { properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, change(each)])) }),
    ...(items && { items: change(items) }),
    ...(anyOf && { anyOf: anyOf.map(change) }),
  };
}

/** A schema as JSON has it, without annotations. */
export function plain(schema: object): JsonSchema {
  const json: JsonSchema = JSON.parse(JSON.stringify(schema));
  const without = (each: JsonSchema): JsonSchema =>
    mapped(Object.fromEntries(Object.entries(each).filter(([keyword]) => !ANNOTATIONS.has(keyword))), without);
  return without(json);
}

/** What a producer writes: the fields that are declared, and no others. */
export function asWritten(schema: JsonSchema): JsonSchema {
  const closed = mapped(schema, asWritten);
  return schema.properties === undefined ? closed : { ...closed, additionalProperties: false };
}

/**
 * The library looks at no formats, and its regular expressions are not JavaScript's; it compares patterns by their text. So each is given
 * the name of one, which takes any text: the made values look at what it really says.
 */
export function withNamedPatterns(schema: JsonSchema): JsonSchema {
  const { format, pattern, ...rest } = mapped(schema, withNamedPatterns);
  if (format === undefined && pattern === undefined) return rest;
  const name = createHash('sha256').update(`${format} ${pattern}`).digest('hex');
  return { ...rest, pattern: `^(?:${name})*` };
}

/** Keywords, and uses of them, that are not judged here. */
export function unjudged(schema: JsonSchema): string[] {
  const own = Object.keys(schema).filter((keyword) => !JUDGED.has(keyword));
  if (schema.format !== undefined && schema.pattern !== undefined) own.push('format beside pattern');
  if (typeof schema.additionalProperties === 'object') own.push('additionalProperties with a schema');
  if (Array.isArray(schema.type) || Array.isArray(schema.items)) own.push('lists of types or items');
  const inside = [...Object.values(schema.properties ?? {}), ...(schema.items ? [schema.items] : []), ...(schema.anyOf ?? [])];
  return [...new Set([...own, ...inside.flatMap(unjudged)])];
}

/** Where a schema refuses fields that it does not know, as JSON Pointers. */
export function closedAt(schema: JsonSchema, at = ''): string[] {
  const inside = Object.entries({ ...schema.properties, ...(schema.items && { '*': schema.items }) });
  const own = schema.additionalProperties === false ? [at || '/'] : [];
  return [...own, ...inside.flatMap(([name, each]) => closedAt(each, `${at}/${name}`))];
}

/** The same text for the same schema, whatever the order of its properties. */
export function textOf(schema: JsonSchema): string {
  const sorted = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return JSON.stringify(schema, sorted);
}

/** Both schemas without the fields that are the same in both: these decide nothing, and cost time. */
export function withoutSame(one: JsonSchema, other: JsonSchema): [JsonSchema, JsonSchema] {
  const [mine, theirs] = [one.properties, other.properties];
  if (mine === undefined || theirs === undefined) return [one, other];
  const isSame = (name: string) => {
    const [a, b] = [mine[name], theirs[name]];
    if (a === undefined || b === undefined || textOf(a) !== textOf(b)) return false;
    return one.required?.includes(name) === other.required?.includes(name);
  };
  const rest = (schema: JsonSchema, properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
    ...schema,
    properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !isSame(name))),
    required: (schema.required ?? []).filter((name) => !isSame(name)),
  });
  return [rest(one, mine), rest(other, theirs)];
}
