import type { Calls } from './calls.js';
import type { Choices } from './choices.js';
import type { Faults } from './faults.js';
import type { Ledger } from './ledger.js';
import type { Trace } from './trace.js';
import type { VirtualTime } from './virtual-time.js';

/** What every part of the world shares. */
export interface Environment {
  readonly choices: Choices;
  readonly faults: Faults;
  readonly time: VirtualTime;
  readonly calls: Calls;
  readonly trace: Trace;
  readonly ledger: Ledger;
  /** Ids that look like UUIDv7 and grow, counted from the beginning of the world. */
  newId(): string;
}

/** @param count below 2^48 */
export function idOf(count: number): string {
  return `01980000-0000-7000-8000-${count.toString(16).padStart(12, '0')}`;
}
