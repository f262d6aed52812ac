import type { CloudEvent } from '@quickstep/shared/events';
import { type Changes, type Claim, Conflict, type OutboxEntry, type OutboxUpdate } from '@quickstep/shared/pipeline';
import type { Key, Row } from '@quickstep/shared/rows';

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

export const claimName = ({ step, eventId }: Claim) => `${step} ${eventId}`;
export const lockName = (table: string, key: Key) => `${table}/${key}`;

/** One service's database: committed rows, row locks, and transactions that happen or vanish as one. */
export class SimulatedDatabase {
  readonly service: string;
  readonly tables = new Map<string, Map<Key, Row>>();
  /** What has been handled: step and event id. */
  readonly inbox = new Set<string>();
  readonly outbox = new Map<string, StoredEntry>();
  /** The history of events, by id, for services that keep one. */
  readonly journal = new Map<string, CloudEvent>();
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

  /** @throws Conflict when a row to insert exists by now; nothing has changed then */
  apply(transaction: Transaction, changes: Changes, now: number): void {
    for (const { table, rows } of changes.inserts) {
      const stored = this.table(table.name);
      for (const row of rows) if (stored.has(keyOf(table.key, row))) throw new Conflict(`${table.name}: the row exists already`);
    }
    for (const { table, rows } of [...changes.updates, ...changes.inserts]) {
      const stored = this.table(table.name);
      for (const row of rows) stored.set(keyOf(table.key, row), row);
    }
    for (const claim of transaction.claims) this.inbox.add(claim);
    for (const claim of changes.withdrawn) this.inbox.delete(claimName(claim));
    for (const { event } of changes.journal) this.journal.set(event.id, event);
    if (changes.outbox !== undefined)
      this.outbox.set(changes.outbox.id, { entry: changes.outbox, since: now, attempts: 0, nextAttempt: now });
    for (const id of changes.cleared) this.outbox.delete(id);
  }

  takeUnpublished(olderThanMs: number, limit: number, now: number): OutboxEntry[] {
    const due = [...this.outbox.values()].filter(
      ({ since, attempts, nextAttempt }) => nextAttempt <= now && (attempts > 0 || since < now - olderThanMs),
    );
    const taken = due.sort((a, b) => a.nextAttempt - b.nextAttempt).slice(0, limit);
    for (const stored of taken) this.outbox.set(stored.entry.id, { ...stored, nextAttempt: now + LEASE_MS });
    return taken.map(({ entry }) => entry);
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
