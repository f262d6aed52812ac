/** Thrown by a step: trying again cannot help, park the event for an operator. Any other error means "try again". */
export class Permanent extends Error {
  override readonly name = 'Permanent';
}

/** Thrown by a store: another transaction was in the way (unique violation, deadlock); the same batch succeeds when replayed. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** Thrown by a store: the database cannot be reached; nothing is wrong with the batch, which waits until it can. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
