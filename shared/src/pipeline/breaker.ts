import { CircuitState, CountBreaker, circuitBreaker, handleWhen, type IBackoff } from 'cockatiel';
import { Permanent } from '../choreography/index.js';
import { EffectAway } from './errors.js';
import type { Clock } from './ports.js';

export type BreakerState = 'closed' | 'half-open' | 'open';

export interface BreakerOptions {
  readonly clock: Clock;
  /** Over so many calls failures are counted: when more than half have failed, no more are made. */
  readonly calls: number;
  /** How long it stays open before a call may try again, in milliseconds; twice as long after each that fails, up to `LONGEST_PROBE` times. */
  readonly probeAfter: number;
  changed(state: BreakerState): void;
}

/** Of the first wait. */
const LONGEST_PROBE = 12;

const STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
};

/**
 * The circuit breaker of one effect: cockatiel's, on the pipeline's clock. cockatiel compares its own clock with the duration that it asks
 * its backoff for, so the backoff answers by ours: for ever while the moment has not come, and then no time at all.
 */
export class Breaker {
  readonly #effect: string;
  readonly #options: BreakerOptions;
  readonly #policy: ReturnType<typeof circuitBreaker>;
  /** By the pipeline's clock, in milliseconds. */
  #probeAt = 0;

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

  /** Until a call may be made, in milliseconds; 0 when one may be made now. One at a time finds out whether the outside is back. */
  get wait(): number {
    const { state } = this;
    if (state === 'closed') return 0;
    return state === 'half-open' ? this.#options.probeAfter : Math.max(0, this.#probeAt - this.#now());
  }

  /** @throws EffectAway when the call is not made; whatever it throws otherwise */
  async run<Answer>(call: () => PromiseLike<Answer> | Answer): Promise<Answer> {
    const { wait } = this;
    if (wait > 0) throw new EffectAway(this.#effect, wait);
    return this.#policy.execute(call);
  }

  #now(): number {
    return this.#options.clock.now().getTime();
  }

  #waiting(times: number): IBackoff<unknown> {
    const probeAt = this.#now() + this.#options.probeAfter * times;
    this.#probeAt = probeAt;
    const isDue = () => this.#now() >= probeAt;
    return {
      get duration() {
        return isDue() ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
      },
      next: () => this.#waiting(Math.min(LONGEST_PROBE, times * 2)),
    };
  }
}
