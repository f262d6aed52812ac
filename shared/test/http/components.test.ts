import { expect, test } from '@jest/globals';
import { Nullable, named, openApi, pageSchema } from '@quickstep/shared/http';
import { type TSchema, Type } from '@sinclair/typebox';

const info = { title: 'library-service', version: '1.2.3', description: 'Books' };
const reading = (path: string, schema: TSchema) =>
  ({ method: 'get', path, summary: 'Reads', response: { status: 200, description: 'It', schema } }) as const;

const Format = Type.Union([Type.Literal('paper'), Type.Literal('audio')]);
const Author = named('Author', Type.Object({ name: Type.String() }));
const Book = named('Book', Type.Object({ title: Type.String(), format: Format, author: Nullable(Author) }), { title: 'Emma' });

test('what has a name stands once in the document, and is referred to wherever it is used', () => {
  const document = openApi(info, [reading('/books', pageSchema(Book)), reading('/best', Book)]);
  const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  expect(document).toMatchObject({
    info: { version: '1.2.3' },
    paths: {
      '/books': { get: { responses: { 200: { content: { 'application/json': { schema: reference('BookPage') } } } } } },
      '/best': { get: { responses: { 200: { content: { 'application/json': { schema: reference('Book') } } } } } },
    },
    components: {
      schemas: {
        Author: { type: 'object', required: ['name'] },
        Book: {
          properties: {
            // A field of this name is no title of a schema.
            title: { type: 'string' },
            format: { type: 'string', enum: ['paper', 'audio'] },
            author: { anyOf: [reference('Author'), { type: 'null' }] },
          },
          examples: [{ title: 'Emma' }],
        },
        BookPage: { properties: { items: { type: 'array', items: reference('Book') } } },
      },
    },
  });
});

test('two different schemas of one name are a mistake', () => {
  const other = named('Book', Type.Object({ isbn: Type.String() }));
  expect(() => openApi(info, [reading('/books', Book), reading('/others', other)])).toThrow('title Book');
});
