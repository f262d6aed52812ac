import {
  type Changes,
  type Claim,
  Conflict,
  type OutboxEntry,
  type OutboxUpdate,
  type OutgoingEvent,
} from '@quickstep/shared/pipeline';
import type { Key, Row, Table } from '@quickstep/shared/rows';

export interface StoredEntry {
  readonly entry: OutboxEntry;
  readonly since: number;
  /** How often no queue wanted it. */
  readonly attempts: number;
  readonly nextAttempt: number;
}

const LEASE_MS = 5_000;
const LONGEST_WAIT_MS = 60_000;

/** The locks and claims of one transaction that has not ended. */
export interface Transaction {
  readonly locks: readonly string[];
  readonly claims: readonly string[];
}

export const claimName = ({ step, eventId }: Claim) => `${step} ${eventId.toLowerCase()}`;
export const lockName = (table: string, key: Key) => `${table}/${key}`;

/** One service's database: committed rows, row locks, and transactions that happen or vanish as one. */
export class SimulatedDatabase {
  readonly service: string;
  readonly tables = new Map<string, Map<Key, Row>>();
  /** What has been handled: step and event id. */
  readonly inbox = new Set<string>();
  readonly outbox = new Map<string, StoredEntry>();
  /** Every event that was emitted, by id, in the order of the commits. The outbox only points into it. */
  readonly log = new Map<string, OutgoingEvent>();
  readonly #locked = new Map<string, Transaction>();

  constructor(service: string) {
    this.service = service;
  }

  table(name: string): Map<Key, Row> {
    let rows = this.tables.get(name);
    if (rows === undefined) {
      rows = new Map();
      this.tables.set(name, rows);
    }
    return rows;
  }

  isFree(locks: readonly string[]): boolean {
    return locks.every((lock) => !this.#locked.has(lock));
  }

  lock(transaction: Transaction): void {
    for (const lock of transaction.locks) this.#locked.set(lock, transaction);
  }

  release(transaction: Transaction): void {
    for (const lock of transaction.locks) this.#locked.delete(lock);
  }

  /** The rows of these keys that exist, in the order of the keys. */
  rowsOf({ name }: Table, keys: readonly Key[]): Row[] {
    const table = this.table(name);
    const rows = keys.toSorted().map((key) => table.get(key));
    return rows.filter((row) => row !== undefined);
  }

  /** Why these changes cannot be written; undefined when they can. */
  problemWith({ inserts, updates }: Changes): Error | undefined {
    const has = ({ name, key }: Table, row: Row) => this.table(name).has(keyOf(key, row));
    const twice = inserts.find(({ table, rows }) => rows.some((row) => has(table, row)));
    if (twice !== undefined) return new Conflict(`${twice.table.name}: the row exists already`);
    const gone = updates.find(({ table, rows }) => rows.some((row) => !has(table, row)));
    return gone === undefined ? undefined : new Error(`${gone.table.name}: a row is gone: somebody deleted it`);
  }

  /** @throws Conflict when a row to insert exists by now, Error when one to update does not; nothing has changed then */
  apply(transaction: Transaction, changes: Changes, now: number): void {
    const problem = this.problemWith(changes);
    if (problem !== undefined) throw problem;
    for (const { table, rows } of [...changes.updates, ...changes.inserts]) {
      const stored = this.table(table.name);
      for (const row of rows) stored.set(keyOf(table.key, row), row);
    }
    for (const claim of transaction.claims) this.inbox.add(claim);
    for (const claim of changes.withdrawn) this.inbox.delete(claimName(claim));
    for (const event of changes.outbox?.events ?? []) this.log.set(event.event.id, event);
    if (changes.outbox !== undefined)
      this.outbox.set(changes.outbox.id, { entry: changes.outbox, since: now, attempts: 0, nextAttempt: now });
    for (const id of changes.published) this.outbox.delete(id);
  }

  /** Keys of the rows whose moment has come, but for some, earliest first. */
  due({ name, columns }: Table, at: string, now: number, except: readonly Key[]): Key[] {
    if (!(at in columns)) throw new TypeError(`Table ${name} has no property "${at}"`);
    const dated = [...this.table(name)].flatMap(([key, { [at]: moment }]) =>
      moment instanceof Date && moment.getTime() <= now ? [{ key, moment: moment.getTime() }] : [],
    );
    const keys = dated.sort((a, b) => a.moment - b.moment).map(({ key }) => key);
    return except.length === 0 ? keys : keys.filter((key) => !except.includes(key));
  }

  takeUnpublished(olderThanMs: number, limit: number, now: number): OutboxEntry[] {
    const due = [...this.outbox.values()].filter(
      ({ since, attempts, nextAttempt }) => nextAttempt <= now && (attempts > 0 || since <= now - olderThanMs),
    );
    const taken = due.sort((a, b) => a.nextAttempt - b.nextAttempt).slice(0, limit);
    for (const stored of taken) this.outbox.set(stored.entry.id, { ...stored, nextAttempt: now + LEASE_MS });
    const logged = ({ id, events }: OutboxEntry) => ({ id, events: events.flatMap(({ event }) => this.log.get(event.id) ?? []) });
    return taken.map(({ entry }) => logged(entry)).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  updateOutbox({ deleted, updated, postponed }: OutboxUpdate, now: number): void {
    for (const id of deleted) this.outbox.delete(id);
    for (const entry of updated) this.#change(entry.id, () => ({ entry }));
    for (const id of postponed) {
      this.#change(id, ({ attempts }) => ({
        attempts: attempts + 1,
        nextAttempt: now + Math.min(LONGEST_WAIT_MS, 1_000 * 2 ** attempts),
      }));
    }
  }

  #change(id: string, changes: (stored: StoredEntry) => Partial<StoredEntry>): void {
    const stored = this.outbox.get(id);
    if (stored !== undefined) this.outbox.set(id, { ...stored, ...changes(stored) });
  }
}

function keyOf(property: string, row: Row): Key {
  return String(row[property]);
}
