import type { AnyMessage } from '../choreography/index.js';

/** How a message ended. `retried` and `parked` name what went wrong. */
export type HandledAs = 'done' | 'duplicate' | 'refused' | 'retried' | 'parked';

/** Who wants to know what the pipeline does: logs and metrics in production, the checker in the simulation. */
export interface Observer {
  /** One message, one step. `since` is when it arrived, from `performance.now()`. */
  handled(step: string, message: AnyMessage, as: HandledAs, since: number, reason?: string): void;
  /** A message that no step could be found for. */
  undecodable(reason: string): void;
  /** An event that did not come the way, or from whom, its contract says. */
  forged(reason: string): void;
  batch(size: number, milliseconds: number): void;
  /** An attempt at a batch failed with a `Conflict`; another follows. */
  conflict(): void;
  /** Something that mends itself but that an operator should know of. */
  trouble(what: string, error: unknown): void;
}

export const silent: Observer = { handled() {}, undecodable() {}, forged() {}, batch() {}, conflict() {}, trouble() {} };
