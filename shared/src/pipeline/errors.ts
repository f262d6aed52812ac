import { types } from 'node:util';

/** Thrown by a store: another transaction was in the way (unique violation, deadlock); the same batch succeeds when replayed. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** Thrown by a store: the database cannot be reached; nothing is wrong with the batch, which waits until it can. */
export class Unavailable extends Error {
  override readonly name: string = 'Unavailable';
}

/** Thrown by a commit: the connection was lost under way, so that what was sent may have been carried out or not. */
export class OutcomeUnknown extends Unavailable {
  override readonly name = 'OutcomeUnknown';
}

/** What went wrong, in one line. Node's AggregateError (a host with several addresses refused) says it only in its parts. */
export function messageOf(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  if (error.message === '' && 'errors' in error && Array.isArray(error.errors)) {
    return [...new Set(error.errors.map(messageOf))].join('; ');
  }
  return error.message || error.name;
}
