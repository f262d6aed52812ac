/**
 * How often, and when, a step that failed is tried again. What is left out is the default. An error class decides what counts: what is
 * permanent is parked at once, what is transient uses up an attempt, and while the outside world is unavailable (its circuit breaker is open) a
 * delivery waits without using up any.
 */
export interface RetryPolicy {
  /** The shortest of the service's waits that the step uses, in milliseconds. Default: the shortest there is. */
  readonly from?: number;
  /** The longest one. Default: the longest there is. */
  readonly to?: number;
  /** Attempts after the first; then the message is parked. Default: one for each wait. A compensation is never given up. */
  readonly limit?: number;
  /** Share of the waits, from 0 to 1, that are the next shorter or longer one: what failed together does not all come back together. */
  readonly jitter?: number;
}

/** @throws TypeError when the policy cannot be meant */
export function checkRetry(where: string, { from = 0, to = Number.MAX_SAFE_INTEGER, limit = 0, jitter = 0 }: RetryPolicy): void {
  if (!(from >= 0 && to >= from)) throw new TypeError(`${where}: "retry" must wait from 0 or more to no less than that`);
  if (!Number.isSafeInteger(limit) || limit < 0) throw new TypeError(`${where}: "retry" must have a limit of 0 or more attempts`);
  if (!(jitter >= 0 && jitter <= 1)) throw new TypeError(`${where}: "retry" must have a jitter from 0 to 1`);
}
