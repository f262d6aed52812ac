import type { JsonSchema } from '../../tools/src/contracts/schema.js';

/** A schema with one thing changed, and what must come of it. */
export interface Mutant {
  readonly what: string;
  readonly mutant: JsonSchema;
  /** Whether a reader with the change reads everything that was written without it. */
  readonly readsOld: boolean;
  /** And the other way round. */
  readonly oldReads: boolean;
}

/** One field changed in each way that its keywords allow. */
function fieldMutants(field: JsonSchema): Mutant[] {
  const of = (what: string, mutant: JsonSchema, readsOld: boolean, oldReads: boolean): Mutant => ({
    what,
    mutant,
    readsOld,
    oldReads,
  });
  const { maxLength, minimum, maximum, maxItems, pattern, format, enum: values } = field;
  const narrower = (limit: number) => limit - 1;
  const mutants: Mutant[] = [of('type', { type: 'boolean' }, false, false)];
  // Of these the limit is not reached by every pattern or format, so only one direction is certain.
  if (maxLength !== undefined) mutants.push(of('maxLength wider', { ...field, maxLength: maxLength + 1 }, true, false));
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER)
    mutants.push(of('maximum lower', { ...field, maximum: narrower(maximum) }, false, true));
  if (minimum !== undefined) mutants.push(of('minimum higher', { ...field, minimum: minimum + 1 }, false, true));
  if (maxItems !== undefined) mutants.push(of('maxItems lower', { ...field, maxItems: narrower(maxItems) }, false, true));
  if (pattern !== undefined) mutants.push(of('pattern changed', { ...field, pattern: `${pattern}|^$` }, false, false));
  if (format !== undefined) mutants.push(of('format changed', { ...field, format: 'date-time' }, false, false));
  if (values !== undefined) mutants.push(of('a value less', { ...field, enum: values.slice(1) }, false, true));
  return mutants;
}

export function mutantsOf(schema: JsonSchema): Mutant[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, field]) => {
    const { [name]: _, ...others } = properties;
    const rest = required.filter((each) => each !== name);
    const isRequired = rest.length < required.length;
    const gone = { ...schema, properties: others, required: rest };
    const turned = { ...schema, required: isRequired ? rest : [...required, name] };
    return [
      { what: `${name} gone`, mutant: gone, readsOld: true, oldReads: !isRequired },
      { what: `${name} ${isRequired ? 'optional' : 'required'}`, mutant: turned, readsOld: isRequired, oldReads: !isRequired },
      ...fieldMutants(field).map((each) => ({
        ...each,
        what: `${name}: ${each.what}`,
        mutant: { ...schema, properties: { ...properties, [name]: each.mutant } },
      })),
    ];
  });
}
