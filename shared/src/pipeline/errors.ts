import { types } from 'node:util';
import { Permanent } from '../choreography/index.js';
import type { Key, Table } from '../rows/index.js';

/** Thrown by a store: another transaction, or a migration, was in the way (unique violation, deadlock); the same batch succeeds when replayed. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** Thrown by a store: a lock or a statement took too long; nothing was written, and the batch may be tried in smaller parts. */
export class Busy extends Error {
  override readonly name = 'Busy';
  /** The rows that another transaction keeps locked, as far as the store can tell. */
  readonly locked: readonly LockedRows[];

  constructor(message: string, locked: readonly LockedRows[] = []) {
    super(message);
    this.locked = locked;
  }
}

export interface LockedRows {
  readonly table: Table;
  readonly keys: readonly Key[];
}

/** Thrown by a store: the database cannot be reached; nothing is wrong with the batch, which waits until it can. */
export class Unavailable extends Error {
  override readonly name: string = 'Unavailable';
}

/** Thrown by a store: the connection was lost while the transaction was being committed; perhaps it is. */
export class OutcomeUnknown extends Unavailable {
  override readonly name = 'OutcomeUnknown';
}

/** The database has been away for so long that what was held goes back to the broker, which would otherwise take it back by itself. */
export class HeldTooLong extends Unavailable {
  override readonly name = 'HeldTooLong';
}

/** The outside world is taken to be away: the call was not made. */
export class EffectAway extends Error {
  override readonly name = 'EffectAway';
  /** When it is worth asking again, in milliseconds. */
  readonly wait: number;

  constructor(effect: string, wait: number) {
    super(`The ${effect} is away; it is asked again in ${Math.ceil(wait / 1_000)} s`);
    this.wait = wait;
  }
}

/** A step ended in an outcome that it does not declare, or with other events than it declares for it: a bug in the step. */
export class WrongOutcome extends Permanent {
  readonly outcome: string;

  constructor(outcome: string, message: string) {
    super(message);
    this.outcome = outcome;
  }
}

/** What went wrong, in one line. Node's AggregateError (a host with several addresses refused) says it only in its parts. */
export function reasonOf(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  if (error.message === '' && 'errors' in error && Array.isArray(error.errors)) {
    return [...new Set(error.errors.map(reasonOf))].join('; ');
  }
  return error.message || error.name;
}
