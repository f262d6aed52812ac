import { isCompensation, type StepDeclaration } from './choreography.js';

/** A policy, with the waits that a service has. */
export interface Retry {
  /** In milliseconds, in the order in which they are used; the last one is repeated. Never empty. */
  readonly delays: readonly number[];
  /** Attempts after the first. Of a compensation: after so many a contradiction with the outside world (`Mismatch`) is parked. */
  readonly limit: number;
  /** Tried until it succeeds. */
  readonly endless: boolean;
  readonly jitter: number;
}

export const DEFAULT_JITTER = 0.2;

/** @param waits of the service, in milliseconds, shortest first; each is a wait queue */
export function retryOf(step: StepDeclaration, waits: readonly number[]): Retry {
  const policy = step.kind === 'event' || step.kind === 'observer' ? (step.retry ?? {}) : {};
  const { from = 0, to = Number.MAX_SAFE_INTEGER, jitter = DEFAULT_JITTER } = policy;
  const within = waits.filter((delay) => delay >= from && delay <= to);
  const nearest = from > (waits.at(-1) ?? 0) ? waits.slice(-1) : waits.slice(0, 1);
  const delays = within.length > 0 ? within : nearest;
  return { delays, limit: policy.limit ?? delays.length, endless: isCompensation(step), jitter };
}

/** FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): spreads, and is the same wherever it is worked out. */
function fractionOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  // The low bits of FNV are the well-mixed ones.
  return ((hash >>> 0) % 65_536) / 65_536;
}

/**
 * How long to wait before the next attempt, in milliseconds.
 *
 * @param attempt how many attempts went before the one that failed
 * @param id of the message: it decides the jitter, so that a run can be repeated
 */
export function waitAfter({ delays, jitter }: Retry, attempt: number, id: string): number {
  const last = delays.length - 1;
  const planned = Math.min(attempt, last);
  const drawn = fractionOf(`${id} ${attempt}`);
  const shift = drawn >= jitter ? 0 : drawn < jitter / 2 ? -1 : 1;
  return delays[Math.max(0, Math.min(last, planned + shift))] ?? 0;
}
