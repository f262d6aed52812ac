import type { Changes, Claim, Load, OpenBatch, OutboxEntry, OutboxUpdate, Store } from '@quickstep/shared/pipeline';
import type { Key, Row, Table } from '@quickstep/shared/rows';

const claimText = ({ step, eventId }: Claim) => `${step} ${eventId}`;

/** Keeps rows, claims and outbox in memory; a test may let each transaction fail where it begins or where it commits. */
export class MemoryStore implements Store {
  readonly inbox = new Set<string>();
  readonly outbox = new Map<string, OutboxEntry>();
  readonly committed: Changes[] = [];
  readonly loaded: (readonly Load[])[] = [];
  readonly #tables = new Map<string, Map<Key, Row>>();
  /** Entries of the outbox that were given out: nobody is given them again. */
  readonly #taken = new Set<string>();
  /** Transactions begun, those that failed included. */
  begun = 0;
  open = 0;
  onBegin: (claims: readonly Claim[], loads: readonly Load[]) => unknown = () => undefined;
  onCommit: (changes: Changes) => unknown = () => undefined;
  /** What was asked for its claims, one list for each time. */
  readonly lookedUp: string[][] = [];
  onHandled: () => unknown = () => undefined;
  onDue: () => unknown = () => undefined;
  onUnpublished: () => unknown = () => undefined;
  onClear: () => unknown = () => undefined;

  rowsOf({ name }: Pick<Table, 'name'>): Map<Key, Row> {
    const known = this.#tables.get(name) ?? new Map<Key, Row>();
    this.#tables.set(name, known);
    return known;
  }

  put(table: Table, row: Row): void {
    this.rowsOf(table).set(String(row[table.key]), row);
  }

  async begin(claims: readonly Claim[], loads: readonly Load[]): Promise<OpenBatch> {
    this.begun++;
    this.loaded.push(loads);
    await this.onBegin(claims, loads);
    if (this.open > 0) throw new TypeError('Two batches are open at once');
    this.open++;
    const claimed = claims.map((claim) => !this.inbox.has(claimText(claim)));
    const made = claims.filter((_, index) => claimed[index]);
    const rows = loads.map(({ table, keys }) => {
      const stored = this.rowsOf(table);
      return keys.map((key) => stored.get(key)).filter((row) => row !== undefined);
    });
    return {
      claimed,
      rows,
      commit: async (changes) => {
        try {
          await this.onCommit(changes);
        } finally {
          this.open--;
        }
        this.write(made, changes);
      },
      rollback: async () => void this.open--,
    };
  }

  write(claims: readonly Claim[], changes: Changes): void {
    for (const claim of claims) this.inbox.add(claimText(claim));
    for (const claim of changes.withdrawn) this.inbox.delete(claimText(claim));
    for (const { table, rows } of [...changes.updates, ...changes.inserts]) for (const row of rows) this.put(table, row);
    if (changes.outbox !== undefined) this.outbox.set(changes.outbox.id, changes.outbox);
    for (const id of changes.published) this.outbox.delete(id);
    this.committed.push(changes);
  }

  async handled(claims: readonly Claim[]): Promise<readonly boolean[]> {
    this.lookedUp.push(claims.map(claimText));
    await this.onHandled();
    return claims.map((claim) => this.inbox.has(claimText(claim)));
  }

  async takeUnpublished(_olderThanMs: number, limit: number): Promise<readonly OutboxEntry[]> {
    await this.onUnpublished();
    const page = [...this.outbox.values()].filter(({ id }) => !this.#taken.has(id)).slice(0, limit);
    for (const { id } of page) this.#taken.add(id);
    return page;
  }

  async updateOutbox({ deleted, updated }: OutboxUpdate): Promise<void> {
    await this.onClear();
    for (const id of deleted) this.outbox.delete(id);
    for (const entry of updated) this.outbox.set(entry.id, entry);
  }

  async due(table: Table, at: string, limit: number, except: readonly Key[] = []): Promise<readonly Key[]> {
    await this.onDue();
    const rows = [...this.rowsOf(table).values()].filter((row) => row[at] instanceof Date);
    const keys = rows.map((row) => String(row[table.key]));
    return keys.filter((key) => !except.includes(key)).slice(0, limit);
  }
}
