import type { AnyMessage } from '../choreography/index.js';
import type { BoundStep } from './bound-step.js';
import { Breaker, type BreakerOptions, type BreakerState } from './breaker.js';
import { Unavailable } from './errors.js';
import type { Clock } from './ports.js';

export interface EffectsOptions {
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
  /** Calls of one effect that run at the same time, at most. */
  readonly concurrency: number;
  /** How long a call may take before it counts as failed, in milliseconds; it is then made again with the same key. */
  readonly timeout: number;
  readonly breaker: Pick<BreakerOptions, 'calls' | 'probeAfter'>;
  /** A breaker has opened, lets a call find out, or has closed. */
  changed(effect: string, state: BreakerState): void;
}

/** How one part of the outside world is doing. */
export interface EffectStatus {
  readonly effect: string;
  readonly state: BreakerState;
  /** Until a call finds out whether it is back; 0 when calls are made. */
  readonly secondsToProbe: number;
  /** Calls under way. */
  readonly running: number;
  /** Calls that wait for their turn, in memory. */
  readonly waiting: number;
}

/** Share of the calls that only compensations may use: refunds are never starved by charges. */
const KEPT_FOR_COMPENSATIONS = 0.2;

interface Lane {
  readonly breaker: Breaker;
  running: number;
  readonly compensations: (() => void)[];
  readonly others: (() => void)[];
}

/**
 * The key of the business fact behind a call: the same fact under another event id has the same key, so that it is not paid for twice.
 */
export function effectKey({ name, step }: BoundStep, message: AnyMessage): string {
  const type = 'type' in message && typeof message.type === 'string' ? message.type : message.id;
  return `${name}:${type}:${step.about?.(message) ?? message.subject}`;
}

export const effectOf = ({ effect, name }: Pick<BoundStep, 'effect' | 'name'>) => effect ?? name;

/** Makes the calls to the outside world: none while it is away, few at a time for each effect, compensations first, each within its time. */
export class Effects {
  readonly #options: EffectsOptions;
  readonly #lanes = new Map<string, Lane>();

  /** @param known the effects that there are, so that each has a status from the start */
  constructor(options: EffectsOptions, known: readonly string[] = []) {
    this.#options = options;
    for (const effect of known) this.#laneOf(effect);
  }

  get status(): EffectStatus[] {
    return [...this.#lanes].map(([effect, { breaker, running, compensations, others }]) => ({
      effect,
      state: breaker.state,
      secondsToProbe: breaker.wait / 1_000,
      running,
      waiting: compensations.length + others.length,
    }));
  }

  /** @throws EffectAway when the breaker is open; whatever the effect throws; Error when it did not answer in time */
  async run(bound: BoundStep, message: AnyMessage): Promise<unknown> {
    const { name, step } = bound;
    const effect = effectOf(bound);
    const key = effectKey(bound, message);
    const lane = this.#laneOf(effect);
    lane.breaker.check(bound.compensation);
    if (!this.#mayRun(lane, bound.compensation)) await waitIn(bound.compensation ? lane.compensations : lane.others);
    else lane.running++;
    try {
      return await lane.breaker.run(bound.compensation, key, () =>
        this.#inTime(name, (signal) => step.effect?.(message, key, signal)),
      );
    } catch (error) {
      // The database alone is `Unavailable`: an outside that is away is no reason to hand the event back at once.
      throw error instanceof Unavailable ? new Error(error.message) : error;
    } finally {
      lane.running--;
      this.#next(lane);
    }
  }

  #laneOf(effect: string): Lane {
    const known = this.#lanes.get(effect);
    if (known !== undefined) return known;
    const { clock, breaker, changed } = this.#options;
    const options = { clock, ...breaker, changed: (state: BreakerState) => changed(effect, state) };
    const lane: Lane = { breaker: new Breaker(effect, options), running: 0, compensations: [], others: [] };
    this.#lanes.set(effect, lane);
    return lane;
  }

  #mayRun(lane: Lane, compensation: boolean): boolean {
    const { concurrency } = this.#options;
    const kept = compensation ? 0 : Math.floor(concurrency * KEPT_FOR_COMPENSATIONS);
    return lane.running < concurrency - kept;
  }

  /** Whoever is let go on counts as running from here, not from when its promise is dealt with. */
  #next(lane: Lane): void {
    const waiting = [lane.compensations, lane.others].find(
      (each) => each.length > 0 && this.#mayRun(lane, each === lane.compensations),
    );
    const begin = waiting?.shift();
    if (begin === undefined) return;
    lane.running++;
    begin();
  }

  /** A call that is given up is broken off too: its place is the next one's, and there must not be more of them than places. */
  #inTime(name: string, call: (signal: AbortSignal) => Promise<unknown> | undefined): Promise<unknown> | undefined {
    const { clock, timeout } = this.#options;
    const givenUp = new AbortController();
    const answer = call(givenUp.signal);
    if (answer === undefined) return answer;
    return new Promise((resolve, reject) => {
      const late = () => {
        const error = new Error(`The effect of "${name}" did not answer within ${timeout} ms`);
        reject(error);
        givenUp.abort(error);
      };
      const cancel = clock.after(timeout, late);
      answer.then(resolve, reject).finally(cancel);
    });
  }
}

function waitIn(line: (() => void)[]): Promise<void> {
  return new Promise((resolve) => line.push(resolve));
}
