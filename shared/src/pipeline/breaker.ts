import { CircuitState, CountBreaker, circuitBreaker, handleWhen, type IBackoff } from 'cockatiel';
import { Permanent } from '../choreography/index.js';
import { EffectAway } from './errors.js';
import type { Clock } from './ports.js';

export type BreakerState = 'closed' | 'half-open' | 'open';

export interface BreakerOptions {
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Over so many calls failures are counted: when more than half have failed, no more are made. */
  readonly calls: number;
  /** How long it stays open before a call may try again, in milliseconds; twice as long after each that fails, up to `LONGEST_PROBE` times. */
  readonly probeAfter: number;
  changed(state: BreakerState): void;
}

/** Of the first wait. */
const LONGEST_PROBE = 12;

/** Failures of facts forgotten earlier would count again. */
const FACTS_REMEMBERED = 10_000;

const STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
};

/**
 * The circuit breaker of one effect: cockatiel's, on the pipeline's clock. cockatiel compares its own clock with the duration that it asks
 * its backoff for, so it is told of none: no call reaches it before the moment has come by ours. While it is closed it is told how calls
 * have ended, rather than asked to make them.
 */
export class Breaker {
  readonly #effect: string;
  readonly #options: BreakerOptions;
  readonly #policy: ReturnType<typeof circuitBreaker>;
  /**
   * Facts that have failed, oldest first, each with `#successes` at its first failure. What fails again after others have succeeded speaks of
   * itself, not of the outside.
   */
  readonly #failed = new Map<string, number>();
  #successes = 0;
  /** How often it has opened: calls that began before say nothing of what is now. */
  #openings = 0;
  /** By `elapsed` of the pipeline's clock, as all moments here. */
  #openedAt = 0;
  #probeAt = 0;
  /** A compensation has been sent away since it opened: it is to find out, rather than a charge that came back at the same time. */
  #compensationWaits = false;
  #compensationFoundOut = false;

  constructor(effect: string, options: BreakerOptions) {
    this.#effect = effect;
    this.#options = options;
    const { calls } = options;
    // What the outside refuses for good it has answered.
    this.#policy = circuitBreaker(
      handleWhen((error) => !(error instanceof Permanent)),
      {
        breaker: new CountBreaker({ threshold: 0.5, size: calls, minimumNumberOfCalls: calls }),
        halfOpenAfter: { next: () => this.#waiting(1) },
      },
    );
    this.#policy.onStateChange((state) => options.changed(STATES[state]));
  }

  get state(): BreakerState {
    return STATES[this.#policy.state];
  }

  /** Until one call may find out whether the outside is back, in milliseconds; 0 when calls may be made. */
  get wait(): number {
    return this.#waitOf(true);
  }

  /** @throws EffectAway when no call is made now */
  check(compensation: boolean): void {
    const wait = this.#waitOf(compensation);
    if (wait <= 0) return;
    // After one that failed anybody may be next: a refund that always fails must not keep the charges away either.
    this.#compensationWaits ||= compensation && !this.#compensationFoundOut;
    throw new EffectAway(this.#effect, wait);
  }

  /**
   * @param fact what the call is about: while the breaker is closed, its failures do not count once others have succeeded since its first
   * @throws EffectAway when the call is not made; whatever it throws otherwise
   */
  async run<Answer>(compensation: boolean, fact: string, call: () => PromiseLike<Answer> | Answer): Promise<Answer> {
    this.check(compensation);
    this.#compensationFoundOut = compensation;
    const counted = this.#counting(fact);
    try {
      // A call of an outage may end long after it: what ends is counted, unless it has opened meanwhile.
      const answer = await (this.state === 'closed' ? call() : this.#policy.execute(call));
      if (counted()) void this.#policy.execute(() => answer);
      this.#successes++;
      this.#failed.delete(fact);
      return answer;
    } catch (error) {
      this.#remember(fact);
      if (counted()) await this.#policy.execute(() => Promise.reject(error));
      throw error;
    }
  }

  /** Whether a call that begins now is counted when it ends. One that finds out is counted by cockatiel, as it is the one that it makes. */
  #counting(fact: string): () => boolean {
    const seen = this.#failed.get(fact);
    if (this.state !== 'closed' || (seen !== undefined && seen !== this.#successes)) return () => false;
    const openings = this.#openings;
    return () => openings === this.#openings;
  }

  #remember(fact: string): void {
    if (!this.#failed.has(fact)) this.#failed.set(fact, this.#successes);
    const [oldest] = this.#failed.keys();
    if (this.#failed.size > FACTS_REMEMBERED && oldest !== undefined) this.#failed.delete(oldest);
  }

  /** While a compensation waits, others wait twice as long: wait queues are coarse, and it may come back somewhat late. */
  #waitOf(compensation: boolean): number {
    const { state } = this;
    if (state === 'closed') return 0;
    if (state === 'half-open') return this.#options.probeAfter;
    const behind = this.#compensationWaits && !compensation ? this.#probeAt - this.#openedAt : 0;
    return Math.max(0, this.#probeAt + behind - this.#options.clock.elapsed());
  }

  #waiting(times: number): IBackoff<unknown> {
    this.#openings++;
    this.#openedAt = this.#options.clock.elapsed();
    this.#probeAt = this.#openedAt + this.#options.probeAfter * times;
    this.#compensationWaits = false;
    if (times === 1) this.#compensationFoundOut = false;
    return { duration: Number.NEGATIVE_INFINITY, next: () => this.#waiting(Math.min(LONGEST_PROBE, times * 2)) };
  }
}
