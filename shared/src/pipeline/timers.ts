import type { Due } from '../choreography/index.js';
import type { Key } from '../rows/index.js';
import type { BoundStep } from './bound-step.js';
import { Busy, reasonOf, Unavailable } from './errors.js';
import type { Observer } from './observer.js';
import type { Clock, NewId, Store } from './ports.js';
import { Postponed } from './postponed.js';
import type { Work, WorkResult } from './work.js';

export interface TimersOptions {
  readonly store: Store;
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
  readonly newId: NewId;
  readonly observer: Observer;
  /** How often to look for rows whose moment has come, in milliseconds. */
  readonly every: number;
  push(work: Work): void;
}

interface Timer {
  readonly bound: BoundStep;
  readonly due: Due;
  readonly postponed: Postponed;
}

const PAGE = 200;

const timerOf = (bound: BoundStep, due: Due, every: number): Timer => ({ bound, due, postponed: new Postponed(every) });

/** Nothing is wrong with the row. */
const isHeldUp = (error: unknown) => error instanceof Unavailable || error instanceof Busy;

/** Fires timer steps for the rows whose moment has come. Timers are never cancelled: a row that is not due any more is left alone. */
export class Timers {
  readonly #options: TimersOptions;
  readonly #timers: readonly Timer[];
  #cancel: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(steps: readonly BoundStep[], options: TimersOptions) {
    this.#options = options;
    this.#timers = steps.flatMap((bound) =>
      bound.step.due === undefined ? [] : [timerOf(bound, bound.step.due, options.every)],
    );
  }

  start(): void {
    if (this.#stopped || this.#timers.length === 0) return;
    this.#cancel = this.#options.clock.after(this.#options.every, () => {
      this.#running = this.#fireAll().then(() => this.start());
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running;
  }

  async #fireAll(): Promise<void> {
    for (const timer of this.#timers) {
      await this.#fireDue(timer).catch((error: unknown) => {
        this.#options.observer.trouble(`timer "${timer.bound.name}" could not look for rows`, error);
      });
    }
  }

  /** Page after page; what failed, or is still due though it was fired, makes room for what is due after it. */
  async #fireDue({ bound, due, postponed }: Timer): Promise<void> {
    const { store, clock } = this.#options;
    const fired = new Set<Key>();
    const stillDue: Key[] = [];
    for (let more = true; more && !this.#stopped; ) {
      const now = clock.elapsed();
      const keys = await store.due(due.table, due.at, PAGE, [...postponed.waiting(now), ...stillDue]);
      // As when the step's clock is behind the store's: such a row waits for the next time.
      stillDue.push(...keys.filter((key) => fired.has(key)));
      const fresh = keys.filter((key) => !fired.has(key));
      for (const key of fresh) fired.add(key);
      const errors = await Promise.all(fresh.map((key) => this.#fire(bound, key)));
      more = keys.length === PAGE && !errors.some(isHeldUp);
      fresh.forEach((key, index) => {
        const error = errors[index];
        if (error === undefined) postponed.succeeded(key);
        else if (!isHeldUp(error)) postponed.failed(key, now);
      });
    }
  }

  /** Resolves to what went wrong, if anything did. */
  #fire(bound: BoundStep, key: Key): Promise<unknown> {
    const { newId, observer, push } = this.#options;
    const message = { id: newId(), subject: key, data: undefined };
    const since = performance.now();
    return new Promise((resolve) => {
      const settle = (result: WorkResult) => {
        const error = result.kind === 'failed' ? (result.error ?? 'no reason was given') : undefined;
        if (result.kind === 'failed')
          observer.trouble(`timer "${bound.name}" failed; it fires again`, reasonOf(result.error), { subject: String(key) });
        else observer.handled({ step: bound.name, message, result, since });
        resolve(error);
      };
      push({ bound, message, cause: { id: message.id, tenantid: 'default' }, awaitedBy: 'client', answer: undefined, settle });
    });
  }
}
