import type { Emitter } from '../choreography/index.js';
import type { CatchUpFrom, PgCatchUp } from '../db/index.js';
import type { Logger } from '../logging/index.js';
import type { Message } from '../messaging/index.js';
import { type Clock, reasonOf } from '../pipeline/index.js';
import { requestMessage } from './request.js';

/** An emitter whose queue is not there yet cannot be asked: until then, tried again this often. Milliseconds. */
const AGAIN_AFTER = 2_000;

export interface AskingOptions {
  readonly service: string;
  readonly emitters: readonly Emitter[];
  readonly from: CatchUpFrom;
  readonly record: PgCatchUp;
  readonly copies: { publishCopy(message: Message): Promise<void> };
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Asks the services whose events this one consumes for what it has missed. */
export class Asking {
  readonly #options: AskingOptions;
  #cancel: (() => void) | undefined;
  #asking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: AskingOptions) {
    this.#options = options;
  }

  /** Before the queue is declared: notes what is to be asked for. @param missing whether the queue has to be created */
  async prepare(missing: boolean): Promise<void> {
    const { record, emitters, from } = this.#options;
    await record.plan(
      emitters.map(({ service }) => service),
      from,
      missing,
    );
  }

  /** Once the queue is there: asks. Returns at once. */
  ask(): void {
    this.#cancel?.();
    this.#asking = this.#asking.then(() => this.#askAll());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#asking;
  }

  async #askAll(): Promise<void> {
    const { record, clock } = this.#options;
    let open = 0;
    try {
      for (const { emitter, since } of await record.missed()) {
        if (this.#stopped) return;
        if (!(await this.#askOne(emitter, since))) open++;
        else await record.asked({ emitter, since });
      }
    } catch (error) {
      open++;
      this.#options.logger.warn('it is not known yet what was missed', { reason: reasonOf(error) });
    }
    if (open > 0 && !this.#stopped) this.#cancel = clock.after(AGAIN_AFTER, () => this.ask());
  }

  /** Resolves to whether the request is in the emitter's queue. */
  async #askOne(emitter: string, since: Date | undefined): Promise<boolean> {
    const { service, emitters, copies, logger } = this.#options;
    const types = emitters.find((each) => each.service === emitter)?.types;
    // An earlier version consumed its events.
    if (types === undefined) return true;
    const about = { emitter, since: since?.toISOString() ?? 'the beginning' };
    try {
      await copies.publishCopy(requestMessage({ service, types, since }, emitter));
      logger.info('asked for the events that were missed', about);
      return true;
    } catch (error) {
      logger.warn('a service cannot be asked for its events yet; it is asked again', { ...about, reason: reasonOf(error) });
      return false;
    }
  }
}
