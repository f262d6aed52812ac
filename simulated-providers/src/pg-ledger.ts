import { arrayLiteral, Session, type Statement } from '@quickstep/shared/db';
import type { DataSource } from 'typeorm';
import { gathered } from './gathered.js';
import type { Ledger } from './ledger.js';

interface Entry<Answer> {
  readonly key: string;
  readonly reference: string;
  readonly kind: string;
  readonly answer: Answer;
}

interface Reference {
  readonly reference: string;
  readonly kind: string;
}

const BATCH_LIMIT = 500;

const about = ({ reference, kind }: Reference) => JSON.stringify([reference, kind]);

/** The first entry of each key, in key order, so that two processes cannot deadlock. */
function firstOfEachKey<Answer>(entries: readonly Entry<Answer>[]): Entry<Answer>[] {
  const first = new Map<string, Entry<Answer>>();
  for (const entry of entries) if (!first.has(entry.key)) first.set(entry.key, entry);
  return [...first.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Returns in one row the keys that had no answer yet. Waits for another process that is answering the same key. */
function store<Answer>(entries: readonly Entry<Answer>[]): Statement {
  const text = `with stored as (
      insert into provider_answers (idempotency_key, reference, kind, answer)
      select * from rows from (unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), jsonb_array_elements($4::jsonb))
      on conflict do nothing returning idempotency_key as key)
    select json_agg(key) as keys from stored`;
  const values = [
    arrayLiteral(entries.map(({ key }) => key)),
    arrayLiteral(entries.map(({ reference }) => reference)),
    arrayLiteral(entries.map(({ kind }) => kind)),
    JSON.stringify(entries.map(({ answer }) => answer)),
  ];
  return { name: 'store answers', text, values };
}

function answersOf(keys: readonly string[]): Statement {
  const text = 'select idempotency_key as key, answer from provider_answers where idempotency_key = any($1::text[])';
  return { name: 'answers by key', text, values: [arrayLiteral(keys)] };
}

function answersAbout(references: readonly string[]): Statement {
  const text = `select reference, kind, answer from provider_answers where reference = any($1::text[])
    order by created_at, idempotency_key`;
  return { name: 'answers by reference', text, values: [arrayLiteral(references)] };
}

function count(attempts: ReadonlyMap<string, number>): Statement {
  const ordered = [...attempts].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = `insert into provider_attempts as p (idempotency_key, attempts) select * from unnest($1::text[], $2::integer[])
    on conflict (idempotency_key) do update set attempts = p.attempts + excluded.attempts
    returning idempotency_key as key, attempts`;
  return {
    name: 'count attempts',
    text,
    values: [arrayLiteral(ordered.map(([key]) => key)), arrayLiteral(ordered.map(([, times]) => times))],
  };
}

/** A ledger in the tables of `LedgerTables`. Concurrent calls share one statement. Every call @throws Unavailable */
export class PgLedger<Answer extends object> implements Ledger<Answer> {
  readonly #session: Session;
  readonly #answerOnce = gathered((entries: readonly Entry<Answer>[]) => this.#store(entries), BATCH_LIMIT);
  readonly #byReference = gathered((references: readonly Reference[]) => this.#about(references), BATCH_LIMIT);
  readonly #attempt = gathered((keys: readonly string[]) => this.#count(keys), BATCH_LIMIT);

  constructor(dataSource: DataSource) {
    // Durable before it is told: a service keeps an answer while its database is away, and acts on it when the server is back.
    this.#session = new Session(dataSource);
  }

  answerOnce(key: string, reference: string, kind: string, answer: Answer): Promise<Answer> {
    return this.#answerOnce({ key, reference, kind, answer });
  }

  byReference(reference: string, kind: string): Promise<readonly Answer[]> {
    return this.#byReference({ reference, kind });
  }

  attempt(key: string): Promise<number> {
    return this.#attempt(key);
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #store(entries: readonly Entry<Answer>[]): Promise<Answer[]> {
    const given = firstOfEachKey(entries);
    const [stored] = await this.#session.send([store(given)]);
    const [row]: readonly { keys: string[] | null }[] = stored?.rows ?? [];
    const fresh = new Set(row?.keys);
    const answers = new Map(given.filter(({ key }) => fresh.has(key)).map(({ key, answer }) => [key, answer]));
    const earlier = given.filter(({ key }) => !fresh.has(key)).map(({ key }) => key);
    // A statement of its own: the insert does not see what another process committed while it waited for it.
    if (earlier.length > 0) for (const { key, answer } of await this.#answersOf(earlier)) answers.set(key, answer);
    return entries.map(({ key, answer }) => answers.get(key) ?? answer);
  }

  async #answersOf(keys: readonly string[]): Promise<readonly { key: string; answer: Answer }[]> {
    const [found] = await this.#session.send([answersOf(keys)]);
    return found?.rows ?? [];
  }

  async #about(asked: readonly Reference[]): Promise<Answer[][]> {
    const references = [...new Set(asked.map(({ reference }) => reference))];
    const [found] = await this.#session.send([answersAbout(references)]);
    const rows: readonly (Reference & { answer: Answer })[] = found?.rows ?? [];
    const answers = new Map<string, Answer[]>(asked.map((each) => [about(each), []]));
    for (const row of rows) answers.get(about(row))?.push(row.answer);
    return asked.map((each) => answers.get(about(each)) ?? []);
  }

  async #count(keys: readonly string[]): Promise<number[]> {
    const times = new Map<string, number>();
    for (const key of keys) times.set(key, (times.get(key) ?? 0) + 1);
    const [counted] = await this.#session.send([count(times)]);
    const rows: readonly { key: string; attempts: number }[] = counted?.rows ?? [];
    const before = new Map(rows.map(({ key, attempts }) => [key, attempts - (times.get(key) ?? 0)]));
    return keys.map((key) => {
      const number = (before.get(key) ?? 0) + 1;
      before.set(key, number);
      return number;
    });
  }
}
