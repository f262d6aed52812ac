import type { PgCatchUp } from '../db/index.js';
import type { Logger } from '../logging/index.js';
import { type Clock, type Handled, reasonOf } from '../pipeline/index.js';

/** How often it is written down how far the service has come, in milliseconds: as much is sent again at most, besides the margin. */
const EVERY = 5_000;

interface ProgressOptions {
  readonly record: Pick<PgCatchUp, 'handled'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Remembers, by emitter, the time of the latest event that was handled. */
export class Progress {
  readonly #options: ProgressOptions;
  #latest = new Map<string, string>();
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  /** Writes nothing while nothing happens. */
  handled({ message }: Pick<Handled, 'message'>): void {
    if (!('source' in message) || !('time' in message)) return;
    const { source, time } = message;
    if (typeof source !== 'string' || typeof time !== 'string') return;
    const emitter = source.slice(1);
    const known = this.#latest.get(emitter);
    if (known === undefined || known < time) this.#latest.set(emitter, time);
    this.#cancel ??= this.#options.clock.after(EVERY, () => void this.#flush());
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    await this.#flush();
  }

  #flush(): Promise<void> {
    this.#cancel = undefined;
    const latest = this.#latest;
    this.#latest = new Map();
    if (latest.size > 0) this.#writing = this.#writing.then(() => this.#write(latest));
    return this.#writing;
  }

  async #write(latest: ReadonlyMap<string, string>): Promise<void> {
    const { record, logger } = this.#options;
    await record.handled(latest).catch((error: unknown) => {
      // Only that more is sent again than need be.
      logger.warn('how far the service has come could not be written down', { reason: reasonOf(error) });
    });
  }
}
