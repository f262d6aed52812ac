import { Writable } from 'node:stream';
import { accepted, choreography, implement, refused, step } from '@quickstep/shared/choreography';
import { translate } from '@quickstep/shared/db';
import { command } from '@quickstep/shared/events';
import { commandRoutes, createApp, pageOf, pageQuery, pageSchema, type ReadinessCheck, read } from '@quickstep/shared/http';
import { createLogger } from '@quickstep/shared/logging';
import { Pipeline, silent, Unavailable } from '@quickstep/shared/pipeline';
import { table } from '@quickstep/shared/rows';
import { createMetrics } from '@quickstep/shared/telemetry';
import { Type } from '@sinclair/typebox';
import { DataSource, EntitySchema } from 'typeorm';

interface Book {
  isbn: string;
  title: string;
}

const BookEntity = new EntitySchema<Book>({
  name: 'Book',
  tableName: 'books',
  columns: { isbn: { type: 'text', primary: true }, title: { type: 'text' } },
});
const Books = table(BookEntity, (isbn): Book => ({ isbn, title: '' }));

const strict = { additionalProperties: false };
const PutBook = command(
  Type.Object({ title: Type.String({ minLength: 1 }), pages: Type.Optional(Type.Integer()) }, strict),
  'Put a book.',
);
const LendBook = command(Type.Object({ days: Type.Optional(Type.Integer({ minimum: 1 })) }, strict), 'Lend a book.');
const OpenAccount = command(Type.Object({ name: Type.String() }, strict), 'Open an account.');

const library = choreography('library-service', {
  putBook: { command: PutBook, emits: [] },
  lendBook: { command: LendBook, emits: [] },
  openAccount: { command: OpenAccount, emits: [] },
});

const steps = implement(library, {
  putBook: step(library, 'putBook', {
    rows: ({ subject }) => ({ book: Books.fresh(subject) }),
    decide: ({ data }, { book }) => {
      const created = book.title === '';
      book.title = data.title;
      return accepted({ isbn: book.isbn, title: book.title, created });
    },
  }),
  lendBook: step(library, 'lendBook', {
    rows: () => ({}),
    decide: ({ subject }) => {
      if (subject === 'lent') return refused('conflict', 'book_lent', 'The book is lent already');
      if (subject === 'none') return refused('not-found', 'book_not_found', 'There is no such book');
      if (subject === 'bug') throw new Error('secret internals');
      if (subject === 'away') throw new Unavailable('secret host is away');
      return accepted({ lent: subject });
    },
  }),
  openAccount: step(library, 'openAccount', {
    rows: () => ({}),
    decide: ({ id, subject, idempotencyKey = '' }) => accepted({ account: subject, key: idempotencyKey, request: id }),
  }),
});

const BookView = Type.Object({ isbn: Type.String(), title: Type.String() });
const Isbn = Type.Object({ isbn: Type.String({ pattern: '^[a-z0-9]+$' }) });
const shelf = ['a', 'b', 'c'].map((isbn) => ({ isbn, title: isbn.toUpperCase() }));

const command_ = commandRoutes<typeof steps>(library);

export const routes = [
  read({
    path: '/books/{isbn}',
    summary: 'One book',
    params: Isbn,
    view: BookView,
    find: async ({ params }) => shelf.find(({ isbn }) => isbn === params.isbn),
  }),
  read({
    path: '/books/summary',
    summary: 'How many books there are',
    view: Type.Object({ books: Type.Integer() }),
    find: async () => ({ books: shelf.length }),
  }),
  read({
    path: '/books',
    summary: 'All books',
    query: Type.Object({ ...pageQuery, title: Type.Optional(Type.String()) }),
    view: pageSchema(BookView),
    find: async ({ query }) => pageOf(shelf.slice(0, query.limit + 1), query.limit, ({ isbn }) => isbn),
  }),
  read({
    path: '/loans',
    summary: 'What only the database knows',
    view: Type.Object({ connected: Type.Boolean() }),
    find: async (_input, { dataSource }) => ({ connected: (await dataSource.initialize()).isInitialized }),
  }),
  command_('putBook', {
    method: 'put',
    path: '/books/{isbn}',
    params: Isbn,
    status: 200,
    createdBy: ({ created }) => created,
    view: BookView,
    respond: ({ isbn, title }) => ({ isbn, title }),
  }),
  command_('lendBook', {
    method: 'post',
    path: '/books/{isbn}/loans',
    params: Isbn,
    status: 202,
    view: Type.Object({ lent: Type.String() }),
    respond: (reply) => reply,
    refusals: [{ kind: 'conflict', code: 'book_lent', when: 'Somebody has it' }],
  }),
  command_('openAccount', {
    method: 'post',
    path: '/accounts',
    status: 202,
    idempotent: true,
    view: Type.Object({ account: Type.String(), key: Type.String(), request: Type.String() }),
    respond: (reply) => reply,
    location: ({ account }) => `/accounts/${account}`,
  }),
];

/** A store for steps that touch nothing but new rows, and forget them. */
const store = {
  begin: async () => ({ claimed: [], rows: [[]], commit: async () => undefined, rollback: async () => undefined }),
  takeUnpublished: async () => [],
  updateOutbox: async () => undefined,
  due: async () => [],
};

/** Nobody listens there. */
const unreachable = new DataSource({ type: 'postgres', url: 'postgres://library:secret@127.0.0.1:1/books' });

/** An app without servers: a pipeline over nothing, and a log that can be read. */
export function tinyApp(checks: readonly ReadinessCheck[] = []) {
  const logged: string[] = [];
  const to = new Writable({
    write: (chunk, _encoding, done) => {
      logged.push(String(chunk));
      done();
    },
  });
  const clock = { now: () => new Date(), after: () => () => undefined };
  let ids = 0;
  const pipeline = new Pipeline(steps, {
    store,
    publisher: { publish: async () => [] },
    clock,
    newId: () => `id-${++ids}`,
    observer: silent,
    retries: 0,
    batchLimit: 10,
    prefetch: 20,
    commandLimit: 10,
    history: false,
    sweepEvery: 1_000,
    sweepAfter: 1_000,
    timersEvery: 1_000,
  });
  const metrics = createMetrics('library-service');
  const app = createApp({
    info: { title: 'library-service', version: '1.0', description: 'Books' },
    routes,
    context: { pipeline, dataSource: unreachable },
    translate,
    checks,
    metrics,
    logger: createLogger({ service: 'library-service', level: 'error', to }),
  });
  return { app, metrics, logged };
}
