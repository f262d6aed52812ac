import type { Due } from '../choreography/index.js';
import type { Key } from '../rows/index.js';
import type { BoundStep } from './bound-step.js';
import { reasonOf } from './errors.js';
import type { Observer } from './observer.js';
import type { Clock, NewId, Store } from './ports.js';
import type { Work, WorkResult } from './work.js';

export interface TimersOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly observer: Observer;
  /** How often to look for rows whose moment has come, in milliseconds. */
  readonly every: number;
  push(work: Work): void;
}

interface Timer {
  readonly bound: BoundStep;
  readonly due: Due;
}

const PAGE = 200;

/** Fires timer steps for the rows whose moment has come. Timers are never cancelled: the step's rows decide whether it acts. */
export class Timers {
  readonly #options: TimersOptions;
  readonly #timers: readonly Timer[];
  #cancel: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(steps: readonly BoundStep[], options: TimersOptions) {
    this.#options = options;
    this.#timers = steps.flatMap((bound) => (bound.step.due === undefined ? [] : [{ bound, due: bound.step.due }]));
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

  async #fireDue({ bound, due }: Timer): Promise<void> {
    let first: Key | undefined;
    for (let more = true; more && !this.#stopped; ) {
      const keys = await this.#options.store.due(due.table, due.at, PAGE);
      // A row that stays due, as when the step's clock is behind the store's, waits for the next time: no busy loop.
      if (keys[0] === first) return;
      first = keys[0];
      const fired = await Promise.all(keys.map((key) => this.#fire(bound, key)));
      more = keys.length === PAGE && fired.every((done) => done);
    }
  }

  /** Resolves to whether the step succeeded. */
  #fire(bound: BoundStep, key: Key): Promise<boolean> {
    const { newId, observer, push } = this.#options;
    const message = { id: newId(), subject: key, data: undefined };
    const since = performance.now();
    return new Promise((resolve) => {
      const settle = (result: WorkResult) => {
        if (result.kind === 'failed')
          observer.trouble(`timer "${bound.name}" failed for ${key}; it fires again`, reasonOf(result.error));
        else observer.handled({ step: bound.name, message, result, since });
        resolve(result.kind !== 'failed');
      };
      push({ bound, message, cause: { id: message.id, tenantid: 'default' }, awaitedBy: 'client', answer: undefined, settle });
    });
  }
}
