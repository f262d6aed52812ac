import { LOG_BEGINNING, type LogEntry, type LogPosition, type PgEventLog } from '../db/index.js';
import type { Logger } from '../logging/index.js';
import type { Message } from '../messaging/index.js';
import { type OutgoingEvent, reasonOf } from '../pipeline/index.js';
import { copiesFor, type Request, readRequest } from './request.js';

const PAGE = 1_000;
/** Events between two lines in the log. */
const TELL_EVERY = 50_000;

export interface AnsweringOptions {
  /** This service: the emitter. */
  readonly service: string;
  readonly log: PgEventLog;
  readonly copies: { publishCopy(message: Message): Promise<void> };
  readonly logger: Logger;
  /** Told of events that have been sent to a service. */
  sent(service: string, events: number): void;
}

const outgoing = ({ body }: LogEntry): OutgoingEvent => ({ event: JSON.parse(body), body, final: false });

/** Sends other services, from this service's log, what they ask for. */
export class Answering {
  readonly #options: AnsweringOptions;
  #stopping = false;

  constructor(options: AnsweringOptions) {
    this.#options = options;
  }

  /** What is under way is left to whoever gets the request next. */
  stop(): void {
    this.#stopping = true;
  }

  /**
   * Resolves when everything that was committed when the request came is with the broker, as is what is too wrong to be answered. What is
   * committed later is published to the queue of who asks, which was there before its request.
   *
   * @throws Error when the service stops before; the request is then to be answered again, from the start
   */
  async answer(body: string, routingKey: string): Promise<void> {
    const { logger } = this.#options;
    let request: Request;
    try {
      request = readRequest(body, routingKey);
    } catch (error) {
      logger.warn('a request for events of the log is wrong and is dropped', { reason: reasonOf(error) });
      return;
    }
    const { service, since } = request;
    const about = { to: service, since: since?.toISOString() ?? 'the beginning' };
    logger.info('sending events from the log', about);
    logger.info('sent events from the log', { ...about, events: await this.#send(request) });
  }

  async #send({ service, types, since }: Request): Promise<number> {
    const { log, logger } = this.#options;
    const filter = { types, before: await log.end(), ...(since === undefined ? {} : { since }) };
    let position: LogPosition = since === undefined ? LOG_BEGINNING : await log.positionBefore(since);
    let events = 0;
    for (;;) {
      const page = await log.read(position, PAGE, filter);
      const last = page.at(-1);
      if (last === undefined) return events;
      await this.#sendPage(service, page);
      if (Math.floor((events + page.length) / TELL_EVERY) > Math.floor(events / TELL_EVERY))
        logger.info('still sending events from the log', { to: service, events: events + page.length });
      events += page.length;
      position = last;
    }
  }

  async #sendPage(to: string, page: readonly LogEntry[]): Promise<void> {
    if (this.#stopping) throw new Error('The service stops');
    const { service, copies, sent } = this.#options;
    await Promise.all(copiesFor(to, page.map(outgoing), service).map((message) => copies.publishCopy(message)));
    sent(to, page.length);
  }
}
