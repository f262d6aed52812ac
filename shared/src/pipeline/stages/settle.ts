import { Mismatch, Permanent, waitAfter } from '../../choreography/index.js';
import type { CloudEvent } from '../../events/index.js';
import type { BoundStep } from '../bound-step.js';
import { EffectAway, HeldTooLong, Unavailable } from '../errors.js';
import { failureOf } from '../failure.js';
import type { InFlight } from '../in-flight.js';
import type { Observer } from '../observer.js';
import type { Delivery, Wait } from '../ports.js';
import type { WorkResult } from '../work.js';
import type { NotDecoded } from './decode.js';

export interface SettleOptions {
  readonly observer: Observer;
  readonly inFlight: InFlight;
}

interface Failure {
  readonly bound: BoundStep;
  readonly error: unknown;
}

/**
 * Whether another attempt may help. A compensation is tried until it succeeds: parked, it would leave money or stock where they do not
 * belong. What no attempt can mend is given up at once, a contradiction with the outside world after all attempts. A step that was not
 * even tried, as what it needs is away, has failed in none of them: they were those of another step of the event.
 */
function mayYetSucceed({ bound: { retry }, error }: Failure, attempt: number): boolean {
  if (error instanceof Permanent) return false;
  if (error instanceof EffectAway || error instanceof Unavailable) return true;
  return attempt < retry.limit || (retry.endless && !(error instanceof Mismatch));
}

/** While the outside world or the database is away no attempt is used up. Compensations come back sooner than the rest: they are not to be behind it. */
function waitUntilBack(failures: readonly Failure[], attempt: number): Wait | undefined {
  const waits = failures.flatMap(({ bound, error }) => {
    if (error instanceof HeldTooLong) return [0];
    return error instanceof EffectAway ? [bound.compensation ? error.wait / 4 : error.wait] : [];
  });
  return waits.length === 0 || waits.length < failures.length ? undefined : { delay: Math.min(...waits), attempt };
}

function nextAttempt(failures: readonly Failure[], attempt: number, id: string): Wait {
  return { delay: Math.min(...failures.map(({ bound }) => waitAfter(bound.retry, attempt, id))), attempt: attempt + 1 };
}

/** Settles a message of the broker once all that it carries has been dealt with: acknowledged, tried again, parked, or given back. */
export class Settlement {
  readonly #delivery: Delivery;
  readonly #options: SettleOptions;
  readonly #since = performance.now();
  #open: number;
  #trouble: unknown;

  /** @param events how many the message carries */
  constructor(delivery: Delivery, events: number, options: SettleOptions) {
    this.#delivery = delivery;
    this.#open = events;
    this.#options = options;
    options.inFlight.arrived();
  }

  /** What cannot be read, or is forged, is parked. */
  park({ body, errorClass, error: { message: reason } }: NotDecoded): void {
    const { observer } = this.#options;
    if (errorClass === 'forged') observer.forged(reason);
    else observer.undecodable(reason);
    this.#dispose(this.#delivery.park(body, { errorClass, reason }));
  }

  /** Nothing is to be done for one of the events. */
  leftOut(): void {
    this.#settled();
  }

  /** Takes the results of the steps that got one event: an event that failed is put aside once, whatever failed. */
  results(event: CloudEvent, body: string, listeners: readonly BoundStep[]): (bound: BoundStep, result: WorkResult) => void {
    const failures: Failure[] = [];
    let open = listeners.length;
    return (bound, result) => {
      if (result.kind === 'failed') failures.push({ bound, error: result.error });
      else this.#options.observer.handled({ step: bound.name, message: event, result, since: this.#since });
      if (--open > 0) return;
      if (failures.length === 0) this.#settled();
      else this.#putAside(event, body, failures);
    };
  }

  /** The inbox keeps the steps that succeeded from doing it twice. */
  #putAside(event: CloudEvent, body: string, failures: readonly Failure[]): void {
    const { observer } = this.#options;
    const { attempt } = this.#delivery;
    // An event is parked once none of its steps may yet succeed: a bug in an observer takes no attempt away from a compensation.
    const open = failures.filter((each) => mayYetSucceed(each, attempt));
    const untilBack = waitUntilBack(open, attempt);
    // Nothing is wrong with the event when the database is away at shutdown: it goes back as it came.
    if (untilBack === undefined && failures.every(({ error }) => error instanceof Unavailable)) {
      this.#settled(failures[0]?.error);
      return;
    }
    const wait = untilBack ?? (open.length === 0 ? undefined : nextAttempt(open, attempt, event.id));
    const failure = failureOf(failures.map(({ bound, error }) => ({ step: bound.name, error })));
    const { step = '', reason } = failure;
    const as = wait === undefined ? 'parked' : wait === untilBack ? 'waiting' : 'retried';
    observer.putAside({ step, message: event, as, since: this.#since, reason });
    this.#dispose(wait === undefined ? this.#delivery.park(body, failure) : this.#delivery.retry(body, failure, wait));
  }

  #dispose(copied: Promise<void>): void {
    copied.then(
      () => this.#settled(),
      (error: unknown) => this.#settled(error),
    );
  }

  #settled(error?: unknown): void {
    this.#trouble ??= error;
    if (--this.#open > 0) return;
    this.#options.inFlight.settled();
    if (this.#trouble === undefined) {
      this.#delivery.ack();
      return;
    }
    this.#options.observer.trouble('a message could not be settled and goes back to its queue', this.#trouble);
    this.#delivery.requeue();
  }
}
