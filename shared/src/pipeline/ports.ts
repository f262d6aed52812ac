import type { CloudEvent } from '../events/index.js';
import type { Key, Row, Table } from '../rows/index.js';
import type { Failure } from './failure.js';

/** The outside of the pipeline: production gives it PostgreSQL and RabbitMQ, the simulation a world of its own. */

/** An event that is on its way out, serialised once. */
export interface OutgoingEvent {
  readonly event: CloudEvent;
  readonly body: string;
  /** Published without `mandatory`: it may be that nobody wants it. */
  readonly final: boolean;
}

/** What became of a published event: with the broker; wanted by no queue; or unknown, because the channel failed. */
export type Fate = 'confirmed' | 'returned' | 'failed';

export interface Publisher {
  /** Publishes in order and resolves, with a fate for each, once all have one. Never rejects. */
  publish(events: readonly OutgoingEvent[]): Promise<readonly Fate[]>;
}

/** A received message. It carries one event, or several in CloudEvents batched content mode. */
export interface Delivery {
  readonly body: Buffer | string;
  readonly batched: boolean;
  /** Where it was published at first: copies that come back from their wait keep what it was. */
  readonly exchange: string;
  readonly routingKey: string;
  /** The account that published it at first, where the broker has checked that. */
  readonly userId?: string | undefined;
  /** Its events may have been handled before: it is delivered again, or a copy. */
  readonly repeated: boolean;
  /** How many attempts went before this one. */
  readonly attempt: number;
  /** Done: the broker may forget the message. Called once its events are committed. */
  ack(): void;
  /** Puts a copy of one event where it waits for its next attempt. Resolves when the broker has confirmed the copy. */
  retry(body: string, failure: Failure, wait: Wait): Promise<void>;
  /** Puts a copy into the dead-letter queue with what went wrong. Resolves when the broker has confirmed the copy. */
  park(body: Buffer | string, failure: Failure): Promise<void>;
  /** Gives the message back to the broker unchanged (used when no copy could be made). */
  requeue(): void;
}

/** How long a copy waits, and what it counts for. */
export interface Wait {
  /** In milliseconds; the broker has queues for some delays only, and the nearest that is no shorter is taken. */
  readonly delay: number;
  /** How many attempts went before the next one. */
  readonly attempt: number;
}

/** (step, event id): recorded in the transaction that holds the step's work, so that a duplicate finds it. */
export interface Claim {
  readonly step: string;
  readonly eventId: string;
}

export interface Load {
  readonly table: Table;
  readonly keys: readonly Key[];
  readonly lock: boolean;
}

/** The events of one transaction that are to be published. Stores keep their bodies in the log, and here only what points at them. */
export interface OutboxEntry {
  readonly id: string;
  readonly events: readonly OutgoingEvent[];
}

/** Everything that one batch changes, written in one go. */
export interface Changes {
  /** Rows that were loaded, and which of their properties have changed (in any of them; sorted). */
  readonly updates: readonly { readonly table: Table; readonly rows: readonly Row[]; readonly properties: readonly string[] }[];
  readonly inserts: readonly { readonly table: Table; readonly rows: readonly Row[] }[];
  /** Claims of events whose step failed: they must not count as done. */
  readonly withdrawn: readonly Claim[];
  /** What is emitted: appended to the service's log, and promised to the broker. */
  readonly outbox: OutboxEntry | undefined;
  /** Outbox entries whose events the broker has confirmed since the last batch. */
  readonly published: readonly string[];
}

/** A transaction with its claims made and its rows loaded. */
export interface OpenBatch {
  /** For each claim, in order: is it made now, or has the event been handled before? */
  readonly claimed: readonly boolean[];
  /** For each load, in order: the rows that exist. */
  readonly rows: readonly (readonly Row[])[];
  /** @throws Conflict when another transaction was in the way, Busy when it was so for too long, OutcomeUnknown | Unavailable */
  commit(changes: Changes): Promise<void>;
  rollback(): Promise<void>;
}

/** What has become of outbox entries. */
export interface OutboxUpdate {
  /** All of whose events are with the broker. */
  readonly deleted: readonly string[];
  /** Of which only these events are still to be published. */
  readonly updated: readonly OutboxEntry[];
  /** Which no queue wanted: they are taken again later, after a longer wait each time. */
  readonly postponed: readonly string[];
}

export interface Store {
  /** @throws Conflict | Busy | Unavailable */
  begin(claims: readonly Claim[], loads: readonly Load[]): Promise<OpenBatch>;
  /** For each claim, in order: is it committed? Waits for nobody who is making it. */
  handled(claims: readonly Claim[]): Promise<readonly boolean[]>;
  /**
   * Takes outbox entries that were written longer ago than so many milliseconds, by the store's own clock, earliest first: at most
   * `limit`, and no more than fit into memory with ease. For some seconds nobody else is given them.
   */
  takeUnpublished(olderThanMs: number, limit: number): Promise<readonly OutboxEntry[]>;
  updateOutbox(update: OutboxUpdate): Promise<void>;
  /** Keys of the rows whose moment has come, by the store's own clock, earliest first, at most `limit`; none of `except`. */
  due(table: Table, at: string, limit: number, except?: readonly Key[]): Promise<readonly Key[]>;
}

export interface Clock {
  /** What all replicas agree on. It may be set, back too: what has passed is `elapsed`'s to say. */
  now(): Date;
  /** Milliseconds since some moment in the past, by a clock that nobody sets. */
  elapsed(): number;
  /** Calls `action` after a number of milliseconds; the result cancels it. */
  after(milliseconds: number, action: () => void): () => void;
}

/** Makes UUIDv7 ids that grow with time. */
export type NewId = () => string;
