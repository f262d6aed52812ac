/** What went wrong, in one line. Node's AggregateError (a host with several addresses refused) says it only in its parts. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return [...new Set(error.errors.map(reasonOf))].join('; ');
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}
