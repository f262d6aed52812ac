import type { Refs } from '../rows/index.js';
import type { LockedRows } from './errors.js';
import type { Claim } from './ports.js';
import type { Work } from './work.js';

/** Undefined for work that claims nothing. */
export const claimOf = ({ bound, event }: Work): Claim | undefined =>
  event === undefined ? undefined : { step: bound.name, eventId: event.event.id.toLowerCase() };

const keyOf = ({ step, eventId }: Claim) => `${step} ${eventId}`;

/** By what the claims of a batch are told apart; undefined for work that claims nothing. */
export function claimKey(work: Work): string | undefined {
  const claim = claimOf(work);
  return claim === undefined ? undefined : keyOf(claim);
}

/** The claims of a batch, each once: a duplicate may sit in the same batch as its original. */
export function claimsOf(works: readonly Work[]): Map<string, Claim> {
  const claims = new Map<string, Claim>();
  for (const work of works) {
    const claim = claimOf(work);
    if (claim !== undefined) claims.set(keyOf(claim), claim);
  }
  return claims;
}

/** The rows that it asks for, or what its step threw when it was asked. */
export function refsOf({ bound, message }: Work): Refs | Error {
  try {
    return bound.step.rows(message);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Whether a piece of work wants a row that somebody else keeps locked. */
export function wantsOneOf(locked: readonly LockedRows[], work: Work): boolean {
  const refs = refsOf(work);
  if (refs instanceof Error) return false;
  const wanted = Object.values(refs).filter(({ access }) => access !== 'read');
  return wanted.some((ref) =>
    locked.some(({ table, keys }) => table.name === ref.table.name && ref.keys.some((key) => keys.includes(key))),
  );
}
