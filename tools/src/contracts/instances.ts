import fc from 'fast-check';
import type { JsonSchema } from './schema.js';

/** Texts of every kind that contracts have; what a pattern or format wants is made by `matching`. */
function texts({ minLength = 0, maxLength = 300, pattern, format }: JsonSchema): fc.Arbitrary<string> {
  const fits = (text: string) => [...text].length >= minLength && [...text].length <= maxLength;
  const edges = [minLength, Math.min(maxLength, 1_000)].map((length) => 'A'.repeat(length));
  if (format === 'uuid') return fc.uuid();
  if (format === 'email') return fc.emailAddress().filter(fits);
  if (format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  if (pattern !== undefined) {
    const matching = new RegExp(pattern);
    const known = ['A', 'a', 'EUR', 'pm_a', ...edges].filter((text) => matching.test(text) && fits(text));
    const made = fc.stringMatching(matching).filter(fits);
    return known.length === 0 ? made : fc.oneof(fc.constantFrom(...known), made);
  }
  return fc.oneof(fc.constantFrom(...edges), fc.string({ minLength, maxLength: Math.min(maxLength, 1_000) }).filter(fits));
}

function numbers(schema: JsonSchema): fc.Arbitrary<number> {
  const min = schema.minimum ?? -(2 ** 31);
  const max = schema.maximum ?? 2 ** 31;
  const edges = fc.constantFrom(min, max);
  if (schema.type === 'integer') return fc.oneof(edges, fc.integer({ min, max }));
  return fc.oneof(edges, fc.double({ min, max, noNaN: true }));
}

function objects({ properties = {}, required = [] }: JsonSchema): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, instanceOf(each)]));
  return fc.record(fields, {
    requiredKeys: Object.keys(fields).filter((name) => required.includes(name)),
    noNullPrototype: true,
  });
}

/**
 * Values that a producer may write under a schema, limits first.
 *
 * @throws TypeError when the schema says something that this does not know
 */
export function instanceOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(instanceOf));
  switch (schema.type) {
    case 'string':
      return texts(schema);
    case 'integer':
    case 'number':
      return numbers(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'object':
      return objects(schema);
    case 'array': {
      const { items = {}, minItems = 0, maxItems = 10 } = schema;
      const each = instanceOf(items);
      const few = fc.array(each, { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 3)) });
      return maxItems > 200
        ? few
        : fc.oneof({ weight: 9, arbitrary: few }, fc.array(each, { minLength: maxItems, maxLength: maxItems }));
    }
    default:
      throw new TypeError(`No values can be made for ${JSON.stringify(schema).slice(0, 100)}`);
  }
}

/** The same values at each call. */
export function samples(schema: JsonSchema, count: number): unknown[] {
  return fc.sample(instanceOf(schema), { numRuns: count, seed: 1 });
}
