import { types } from 'node:util';

/** What went wrong, in one line. Node's AggregateError (a host with several addresses refused) says it only in its parts. */
export function reasonOf(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  if (error.message === '' && 'errors' in error && Array.isArray(error.errors)) {
    return [...new Set(error.errors.map(reasonOf))].join('; ');
  }
  return error.message || error.name;
}
