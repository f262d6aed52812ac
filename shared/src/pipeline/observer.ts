import type { AnyMessage } from '../choreography/index.js';
import type { BreakerState } from './breaker.js';
import type { WorkResult } from './work.js';

/** One message, one step. `since` is when it arrived, from `performance.now()`. */
export interface Handled {
  readonly step: string;
  readonly message: AnyMessage;
  readonly result: Exclude<WorkResult, { readonly kind: 'failed' }>;
  readonly since: number;
}

/** A message that failed, and where it was put. */
export interface PutAside {
  /** The steps that failed. */
  readonly step: string;
  readonly message: AnyMessage;
  /** `waiting`: the outside world is away, and no attempt is used up. */
  readonly as: 'retried' | 'waiting' | 'parked';
  readonly since: number;
  readonly reason: string;
}

/** Who wants to know what the pipeline does: logs and metrics in production, the checker in the simulation. */
export interface Observer {
  handled(handled: Handled): void;
  putAside(message: PutAside): void;
  /** A message that no step could be found for. */
  undecodable(reason: string): void;
  /** An event that did not come the way, or from whom, its contract says. */
  forged(reason: string): void;
  batch(size: number, milliseconds: number): void;
  /** An attempt at a batch failed with a `Conflict`; another follows. */
  conflict(): void;
  /** A circuit breaker has changed its state. */
  breaker(effect: string, state: BreakerState): void;
  /**
   * Something that mends itself but that an operator should know of.
   *
   * @param what the same whenever it happens: it is not told each time
   * @param about of which it happened this time
   */
  trouble(what: string, error: unknown, about?: Readonly<Record<string, string>>): void;
}
