/** An error the user can act on: printed as its message, without a stack. */
export class Problem extends Error {
  override readonly name = 'Problem';
}

/** The user asked to stop while something was under way. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** What `fetch` hides behind "fetch failed". */
export function causeOf(error: unknown): string {
  return reasonOf(error instanceof Error ? (error.cause ?? error) : error);
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
