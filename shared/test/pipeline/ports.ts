import type { AnyStep, Choreography, Outcome } from '@quickstep/shared/choreography';
import { outcome } from '@quickstep/shared/choreography';
import { type CloudEvent, type EventContract, type EventDraft, exchangeOf } from '@quickstep/shared/events';
import {
  type Changes,
  type Claim,
  type Clock,
  type Delivery,
  type Failure,
  type Fate,
  type Load,
  type Observer,
  type OpenBatch,
  type OutboxEntry,
  type OutboxUpdate,
  type OutgoingEvent,
  Pipeline,
  type PipelineOptions,
  type Publisher,
  type Store,
  type Wait,
} from '@quickstep/shared/pipeline';
import type { Key, Row, Table } from '@quickstep/shared/rows';
import { v7 } from 'uuid';
import { stamper } from '../../src/pipeline/stamp.js';

/** Every microtask that is due has run: nothing of what this file offers waits for anything else. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Time passes when a test says so. */
export class HandDrivenClock implements Clock {
  #now = 0;
  #alarms: { readonly at: number; readonly action: () => void }[] = [];

  now(): Date {
    return new Date(this.#now);
  }

  after(milliseconds: number, action: () => void): () => void {
    const alarm = { at: this.#now + milliseconds, action };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((each) => each !== alarm);
    };
  }

  /** How many actions wait for their moment. */
  get alarms(): number {
    return this.#alarms.length;
  }

  async advance(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    for (;;) {
      await settled();
      const [next] = this.#alarms.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#alarms = this.#alarms.filter((each) => each !== next);
      this.#now = Math.max(this.#now, next.at);
      next.action();
    }
    this.#now = until;
  }
}

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

/** Takes every event; what is to become of them a test may say. */
export class MemoryPublisher implements Publisher {
  readonly published: OutgoingEvent[][] = [];
  fate: (event: OutgoingEvent) => Fate | Promise<Fate> = () => 'confirmed';

  async publish(events: readonly OutgoingEvent[]): Promise<readonly Fate[]> {
    this.published.push([...events]);
    return Promise.all(events.map((event) => this.fate(event)));
  }

  get types(): string[] {
    return this.published.flat().map(({ event }) => event.type);
  }
}

/** What the pipeline reported, one text for each report. */
export class Reports implements Observer {
  readonly lines: string[] = [];
  conflicts = 0;
  readonly batches: number[] = [];

  handled({ step, result }: Parameters<Observer['handled']>[0]): void {
    const detail = result.kind === 'done' ? ` ${result.outcome}` : '';
    this.lines.push(`${step} ${result.kind}${result.kind === 'refused' ? ` ${result.refusal.code}` : detail}`);
  }
  putAside({ step, as, reason }: Parameters<Observer['putAside']>[0]): void {
    this.lines.push(`${step} ${as}: ${reason}`);
  }
  undecodable(reason: string): void {
    this.lines.push(`undecodable: ${reason}`);
  }
  forged(reason: string): void {
    this.lines.push(`forged: ${reason}`);
  }
  batch(size: number): void {
    this.batches.push(size);
  }
  conflict(): void {
    this.conflicts++;
  }
  breaker(effect: string, state: string): void {
    this.lines.push(`breaker of ${effect}: ${state}`);
  }
  trouble(what: string, error: unknown, { subject }: Readonly<Record<string, string>> = {}): void {
    const reason = error instanceof Error ? `${error.name} ${error.message}` : error;
    this.lines.push(`${what}: ${reason}${subject === undefined ? '' : ` (${subject})`}`);
  }
}

/** A message from the broker, and what became of it. */
export class Message implements Delivery {
  readonly body: Buffer | string;
  readonly batched: boolean;
  readonly exchange: string;
  readonly routingKey: string;
  readonly attempt: number;
  /** `ack` or `requeue`, and the copies: `retry: <reason>`, `park: <reason>`. */
  readonly fate: string[] = [];
  readonly copies: (Buffer | string)[] = [];
  readonly failures: Failure[] = [];
  readonly waits: Wait[] = [];
  /** Until it is let go, no copy is confirmed; when it throws, none is made. */
  onCopy: () => unknown = () => undefined;

  /** @param type of its events: its routing key */
  constructor(body: Buffer | string, type: string, { attempt = 0, batched = false } = {}) {
    this.body = body;
    this.exchange = exchangeOf(type);
    this.routingKey = type;
    this.attempt = attempt;
    this.batched = batched;
  }

  ack(): void {
    this.fate.push('ack');
  }
  requeue(): void {
    this.fate.push('requeue');
  }
  retry(body: string, failure: Failure, wait: Wait): Promise<void> {
    this.waits.push(wait);
    return this.#copy('retry', body, failure);
  }
  park(body: Buffer | string, failure: Failure): Promise<void> {
    return this.#copy('park', body, failure);
  }

  async #copy(where: string, body: Buffer | string, failure: Failure): Promise<void> {
    this.fate.push(`${where}: ${failure.reason}`);
    this.failures.push(failure);
    await this.onCopy();
    this.copies.push(body);
  }
}

/** The event that a service would have published. */
export function eventOf(contract: EventContract, draft: EventDraft, changes: Partial<CloudEvent> = {}): CloudEvent {
  const { event } = stamper(contract.emitters[0] ?? 'nobody', v7)(
    contract,
    draft,
    { id: v7(), tenantid: 'default' },
    'test',
    0,
    new Date(0).toISOString(),
  );
  return { ...event, ...changes };
}

/** A step that touches no rows and ends in one outcome. */
export function ending(name: string, ...events: readonly EventDraft[]): AnyStep {
  return { rows: () => ({}), decide: (): Outcome => outcome(name, ...events) };
}

/** A pipeline with all its outsides in a test's hands. */
export function pipelineOver(
  declared: Choreography,
  steps: Readonly<Record<string, AnyStep>>,
  changes: Partial<PipelineOptions> = {},
) {
  const outsides = { store: new MemoryStore(), publisher: new MemoryPublisher(), clock: new HandDrivenClock() };
  const reports = new Reports();
  const pipeline = new Pipeline(
    { choreography: declared, steps },
    {
      ...outsides,
      newId: v7,
      observer: reports,
      retryDelays: [1_000, 2_000, 3_000],
      effectBreaker: { calls: 20, probeAfter: 5_000 },
      batchLimit: 1_000,
      prefetch: 1_000,
      effectTimeout: 1_000,
      effectConcurrency: 10,
      commandLimit: 100,
      sweepEvery: 1_000,
      sweepAfter: 1_000,
      timersEvery: 1_000,
      ...changes,
    },
  );
  /** Hands over messages at once and resolves when all that can happen without time passing has happened. */
  const deliver = async (...messages: readonly Message[]) => {
    for (const message of messages) pipeline.deliver(message);
    await settled();
  };
  return { ...outsides, reports, pipeline, deliver };
}
