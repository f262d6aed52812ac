import type { AnyMessage } from '../choreography/index.js';
import type { BoundStep } from './bound-step.js';
import { Unavailable } from './errors.js';
import type { Clock } from './ports.js';

/** How a call to one part of the outside world is guarded: a circuit breaker takes its place here. */
export interface Guard {
  /** Makes the call, or rejects without making it. */
  run<Answer>(effect: string, call: () => Promise<Answer>): Promise<Answer>;
}

export interface EffectsOptions {
  readonly clock: Clock;
  /** Calls of one effect that run at the same time, at most. */
  readonly concurrency: number;
  /** How long a call may take before it counts as failed, in milliseconds; it is then made again with the same key. */
  readonly timeout: number;
  readonly guard?: Guard;
}

/** Share of the calls that only compensations may use: refunds are never starved by charges. */
const KEPT_FOR_COMPENSATIONS = 0.2;

interface Lane {
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

/** Makes the calls to the outside world: few at a time for each effect, compensations first, each within its time. */
export class Effects {
  readonly #options: EffectsOptions;
  readonly #lanes = new Map<string, Lane>();

  constructor(options: EffectsOptions) {
    this.#options = options;
  }

  /** @throws whatever the effect throws; Error when it did not answer in time */
  async run(bound: BoundStep, message: AnyMessage): Promise<unknown> {
    const { effect = bound.name, name, step } = bound;
    const { guard } = this.#options;
    const lane = this.#laneOf(effect);
    if (!this.#mayRun(lane, bound.compensation)) await waitIn(bound.compensation ? lane.compensations : lane.others);
    else lane.running++;
    try {
      const call = () => this.#inTime(name, step.effect?.(message, effectKey(bound, message)));
      return await (guard === undefined ? call() : guard.run(effect, async () => call()));
    } catch (error) {
      // An outside that is away is no reason to hand the event back at once: it waits its turn like any other failure.
      throw error instanceof Unavailable ? new Error(error.message) : error;
    } finally {
      lane.running--;
      this.#next(lane);
    }
  }

  #laneOf(effect: string): Lane {
    const known = this.#lanes.get(effect);
    if (known !== undefined) return known;
    const lane: Lane = { running: 0, compensations: [], others: [] };
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

  #inTime(name: string, answer: Promise<unknown> | undefined): Promise<unknown> | undefined {
    const { clock, timeout } = this.#options;
    if (answer === undefined) return answer;
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`The effect of "${name}" did not answer within ${timeout} ms`));
      const cancel = clock.after(timeout, late);
      answer.then(resolve, reject).finally(cancel);
    });
  }
}

function waitIn(line: (() => void)[]): Promise<void> {
  return new Promise((resolve) => line.push(resolve));
}
