import { _, type Ajv, type Code, type CodeKeywordDefinition, str } from 'ajv';

/** A limit of a text's length, by what fails it: given the text's `length` and the limit, and a way to count its characters. */
const limit = (
  keyword: string,
  relation: string,
  fails: (length: Code, limit: Code, counted: Code) => Code,
): CodeKeywordDefinition => ({
  keyword,
  type: 'string',
  schemaType: 'number',
  // Sizes are looked at first, as the work that a pattern makes grows with them.
  before: 'pattern',
  error: { message: ({ schemaCode }) => str`must NOT have ${relation} than ${schemaCode} characters` },
  code(context) {
    const { data, schemaCode } = context;
    context.fail(fails(_`${data}.length`, _`${schemaCode}`, _`[...${data}].length`));
  },
});

/**
 * The library counts the characters of every text one by one, for each limit that it has: half of what it takes to check an event. A
 * character is one or two units of a text's `length`, so there is something to count only near the limit.
 */
export function withQuickLengths(ajv: Ajv): Ajv {
  const most = limit(
    'maxLength',
    'more',
    (length, max, counted) => _`${length} > ${max} && (${length} > 2 * ${max} || ${counted} > ${max})`,
  );
  const least = limit(
    'minLength',
    'fewer',
    (length, min, counted) => _`${length} < 2 * ${min} && (${length} < ${min} || ${counted} < ${min})`,
  );
  return ajv.removeKeyword('maxLength').removeKeyword('minLength').addKeyword(most).addKeyword(least);
}
