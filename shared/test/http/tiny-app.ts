import { Writable } from 'node:stream';
import { accepted, choreography, implement, outcome, refused, step } from '@quickstep/shared/choreography';
import { translate } from '@quickstep/shared/db';
import { command } from '@quickstep/shared/events';
import { commandRoutes, createApp, pageOf, pageQuery, pageSchema, type ReadinessCheck, read } from '@quickstep/shared/http';
import { createLogger } from '@quickstep/shared/logging';
import { OutcomeUnknown, Pipeline, Unavailable } from '@quickstep/shared/pipeline';
import { table, text, textKey } from '@quickstep/shared/rows';
import { createMetrics } from '@quickstep/shared/telemetry';
import { Type } from '@sinclair/typebox';
import { DataSource } from 'typeorm';
import { silent } from '../pipeline/silent.js';

const Books = table('books', { isbn: textKey(), title: text('') });

const strict = { additionalProperties: false };
const PutBook = command(
  Type.Object({ title: Type.String({ minLength: 1 }), pages: Type.Optional(Type.Integer()) }, strict),
  'Put a book.',
);
const LendBook = command(Type.Object({ days: Type.Optional(Type.Integer({ minimum: 1 })) }, strict), 'Lend a book.');
const OpenAccount = command(Type.Object({ name: Type.String() }, strict), 'Open an account.');

const library = choreography('library-service', {
  putBook: { command: PutBook, outcomes: { put: [] } },
  lendBook: {
    command: LendBook,
    outcomes: { lent: [] },
    refusals: {
      book_lent: { kind: 'conflict', when: 'Somebody has it' },
      book_not_found: { kind: 'not-found', when: 'There is no such book' },
    },
  },
  openAccount: { command: OpenAccount, outcomes: { opened: [] } },
});

const steps = implement(library, [
  step(library, 'putBook', {
    rows: ({ subject }) => ({ book: Books.fresh(subject) }),
    decide: ({ data }, { book }) => {
      const created = book.title === '';
      book.title = data.title;
      return accepted({ isbn: book.isbn, title: book.title, created }, outcome('put'));
    },
  }),
  step(library, 'lendBook', {
    rows: () => ({}),
    decide: ({ subject }) => {
      if (subject === 'lent') return refused('book_lent', 'The book is lent already');
      if (subject === 'none') return refused('book_not_found', 'There is no such book');
      if (subject === 'bug') throw new Error('secret internals');
      if (subject === 'away') throw new Unavailable('secret host is away');
      if (subject === 'unknown') throw new OutcomeUnknown('secret host was lost');
      return accepted({ lent: subject }, outcome('lent'));
    },
  }),
  step(library, 'openAccount', {
    rows: () => ({}),
    decide: ({ id, subject, data, idempotencyKey = '' }) => {
      if (data.name === 'unknown') throw new OutcomeUnknown('secret host was lost');
      return accepted({ account: subject, key: idempotencyKey, work: id }, outcome('opened'));
    },
  }),
]);

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
    path: '/encyclopedia',
    summary: 'Far more than any socket buffers',
    view: Type.Object({ text: Type.String() }),
    find: async () => ({ text: 'x'.repeat(32 * 1024 * 1024) }),
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
    checkAt: (isbn) => `/books/${isbn}`,
    respond: ({ isbn, title }) => ({ isbn, title }),
  }),
  command_('lendBook', {
    method: 'post',
    path: '/books/{isbn}/loans',
    params: Isbn,
    status: 202,
    checkAt: (isbn) => `/books/${isbn}`,
    view: Type.Object({ lent: Type.String() }),
    respond: (reply) => reply,
  }),
  command_('openAccount', {
    method: 'post',
    path: '/accounts',
    status: 202,
    repetition: 'the account',
    view: Type.Object({ account: Type.String(), key: Type.String(), work: Type.String() }),
    checkAt: (account) => `/accounts/${account}`,
    respond: (reply) => reply,
    location: ({ account }) => `/accounts/${account}`,
  }),
];

/** A store for steps that touch nothing but new rows, and forget them. */
const store = {
  begin: async () => ({ claimed: [], rows: [[]], commit: async () => undefined, rollback: async () => undefined }),
  handled: async () => [],
  takeUnpublished: async () => [],
  updateOutbox: async () => undefined,
  due: async () => [],
};

/** Nobody listens there. */
const unreachable = new DataSource({ type: 'postgres', url: 'postgres://library:secret@127.0.0.1:1/books' });

interface TinyOptions {
  readonly hosts?: readonly string[];
  readonly origins?: readonly string[];
  readonly answerTimeout?: number;
}

/** An app without servers: a pipeline over nothing, and a log that can be read. */
export function tinyApp(checks: readonly ReadinessCheck[] = [], options: TinyOptions = {}) {
  const logged: string[] = [];
  const to = new Writable({
    write: (chunk, _encoding, done) => {
      logged.push(String(chunk));
      done();
    },
  });
  const clock = { now: () => new Date(), elapsed: () => performance.now(), after: () => () => undefined };
  let ids = 0;
  const pipeline = new Pipeline(steps, {
    store,
    publisher: { publish: async () => [] },
    clock,
    newId: () => `id-${++ids}`,
    observer: silent,
    retryDelays: [1_000],
    effectBreaker: { calls: 20, probeAfter: 5_000 },
    batchLimit: 10,
    prefetch: 20,
    effectTimeout: 1_000,
    effectConcurrency: 10,
    commandLimit: 10,
    sweepEvery: 1_000,
    sweepAfter: 1_000,
    timersEvery: 1_000,
  });
  const metrics = createMetrics('library-service');
  const app = createApp({
    info: { title: 'library-service', version: '1.0', description: 'Books' },
    routes,
    context: { pipeline, dataSource: unreachable, idempotencySecret: Buffer.from('the secret of a test') },
    hosts: [],
    translate,
    checks,
    needed: ['commands'],
    metrics,
    logger: createLogger({ service: 'library-service', level: 'error', to }),
    ...options,
  });
  return { app, metrics, logged };
}
