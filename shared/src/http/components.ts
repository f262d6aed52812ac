type Json = Readonly<Record<string, unknown>>;

/** Keywords whose values are schemas, or lists of them. */
const NESTED = new Set(['items', 'anyOf', 'allOf', 'oneOf', 'not', 'additionalProperties']);

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A union of texts, in the one form of which generators of clients make an enumeration. */
function asEnum(schema: Json): Json {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf)) return schema;
  const words: unknown[] = anyOf.map((each) => (isObject(each) ? each.const : undefined));
  return words.every((each) => typeof each === 'string') ? { ...rest, type: 'string', enum: words } : schema;
}

/** The named schemas of one document: each stands there once, under its title, and is referred to. */
export class Components {
  readonly #schemas = new Map<string, Json>();

  constructor(known: Readonly<Record<string, Json>>) {
    for (const [name, schema] of Object.entries(known)) this.#schemas.set(name, schema);
  }

  get schemas(): Json {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /**
   * A schema as it stands in the document.
   *
   * @throws TypeError when another schema has the same title
   */
  refer(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map((each) => this.refer(each));
    if (!isObject(schema)) return schema;
    const written: Record<string, unknown> = {};
    const { title, ...rest } = asEnum(schema);
    for (const [keyword, value] of Object.entries(rest)) written[keyword] = this.#part(keyword, value);
    if (typeof title !== 'string') return written;
    const known = this.#schemas.get(title);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(written))
      throw new TypeError(`Two different schemas have the title ${title}`);
    this.#schemas.set(title, written);
    return { $ref: `#/components/schemas/${title}` };
  }

  #part(keyword: string, value: unknown): unknown {
    if (NESTED.has(keyword)) return this.refer(value);
    if (keyword !== 'properties' || !isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.refer(each)]));
  }
}
