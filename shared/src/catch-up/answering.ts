import { setTimeout as pause } from 'node:timers/promises';
import { LOG_BEGINNING, type LogEntry, type PgEventLog, translate } from '../db/index.js';
import type { Logger } from '../logging/index.js';
import type { Message } from '../messaging/index.js';
import { type InAllMajors, type OutgoingEvent, reasonOf, Unavailable } from '../pipeline/index.js';
import { copiesFor, type Request, type Rest, readRequest, restMessage } from './request.js';

const PAGE = 1_000;
/**
 * Pages sent for one delivery: it must end long before the broker gives up a delivery that is not acknowledged (30 minutes, if nobody
 * has set it otherwise), or everything would begin anew.
 */
const PAGES = 20;
/** Between two attempts at a log whose database is away, in milliseconds. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 10_000;
/** For so long at a time: far less than the broker's 30 minutes. */
const PATIENCE = 600_000;

export interface AnsweringOptions {
  /** This service: the emitter. */
  readonly service: string;
  readonly log: PgEventLog;
  readonly copies: { publishCopy(message: Message): Promise<void> };
  readonly logger: Logger;
  /** For who reads no other: copies in all majors in which an event is published. Default: as it stands in the log. */
  readonly inAllMajors?: InAllMajors | undefined;
  /** Pages of 1,000 events that are sent for one delivery, at most; the rest is asked for anew. Default 20. */
  readonly pages?: number;
  /** Told of events that have been sent to a service. */
  sent(service: string, events: number): void;
}

const outgoing = ({ body }: LogEntry): OutgoingEvent => ({ event: JSON.parse(body), body, final: false });

/** Sends other services, from this service's log, what they ask for. */
export class Answering {
  readonly #options: AnsweringOptions;
  readonly #stopping = new AbortController();

  constructor(options: AnsweringOptions) {
    this.#options = options;
  }

  /** What is under way is left to whoever gets the request next. */
  stop(): void {
    this.#stopping.abort(new Error('The service stops'));
  }

  /**
   * Resolves when everything that was committed when the request came is with the broker, or a request of this service to itself for the
   * rest of it; and when the request is too wrong to be answered. What is committed later is published to the queue of who asks, which
   * was there before its request.
   *
   * @param gone aborts when the request will be delivered again
   * @throws Error when it has aborted, or the service stops: what has not been sent is then to be sent for the request that comes again
   */
  async answer(body: string, routingKey: string, gone: AbortSignal): Promise<void> {
    const request = this.#read(body, routingKey);
    if (request === undefined) return;
    const { service, copies, logger } = this.#options;
    const about = { to: request.service, since: request.since?.toISOString() ?? 'the beginning' };
    if (request.rest === undefined) logger.info('sending events from the log', about);
    const { rest, ended } = await this.#send(request, request.rest ?? (await this.#begin(request, gone)), gone);
    if (ended) return logger.info('sent events from the log', { ...about, events: rest.sent });
    this.#checkOn(gone);
    await copies.publishCopy(restMessage({ ...request, rest }, service));
    logger.info('still sending events from the log', { ...about, events: rest.sent });
  }

  #read(body: string, routingKey: string): Request | undefined {
    try {
      return readRequest(body, routingKey, this.#options.service);
    } catch (error) {
      this.#options.logger.warn('a request for events of the log is wrong and is dropped', { reason: reasonOf(error) });
      return undefined;
    }
  }

  #begin({ since }: Request, gone: AbortSignal): Promise<Rest> {
    const { log } = this.#options;
    return this.#patiently(gone, async () => {
      const before = await log.end();
      return { after: since === undefined ? LOG_BEGINNING : await log.positionBefore(since), before, sent: 0 };
    });
  }

  async #send({ service, types, since }: Request, from: Rest, gone: AbortSignal): Promise<{ rest: Rest; ended: boolean }> {
    const { log, pages = PAGES } = this.#options;
    const filter = { types, before: from.before, ...(since === undefined ? {} : { since }) };
    let rest = from;
    for (let sent = 0; sent < pages; sent++) {
      const { after } = rest;
      const page = await this.#patiently(gone, () => log.read(after, PAGE, filter));
      const last = page.at(-1);
      if (last === undefined) return { rest, ended: true };
      this.#checkOn(gone);
      await this.#sendPage(service, page);
      rest = { ...rest, after: last, sent: rest.sent + page.length };
    }
    return { rest, ended: false };
  }

  /** Whoever gets the request next sends it all: two who do would send it twice, and each that comes later once more. */
  #checkOn(gone: AbortSignal): void {
    this.#stopping.signal.throwIfAborted();
    gone.throwIfAborted();
  }

  /** A database that is away is waited for here: a request that is given back a hundred times is parked, and who asked does not ask again. */
  async #patiently<Result>(gone: AbortSignal, read: () => Promise<Result>): Promise<Result> {
    const signal = AbortSignal.any([gone, this.#stopping.signal]);
    const until = performance.now() + PATIENCE;
    for (let wait = FIRST_PAUSE; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
      try {
        return await read();
      } catch (error) {
        const meant = translate(error);
        if (!(meant instanceof Unavailable) || performance.now() > until) throw meant;
        this.#options.logger.warn('the log cannot be read; it is tried again', { reason: reasonOf(meant) });
      }
      await pause(wait, undefined, { signal }).catch(() => this.#checkOn(gone));
    }
  }

  async #sendPage(to: string, page: readonly LogEntry[]): Promise<void> {
    const { service, copies, sent, inAllMajors = (event) => [event] } = this.#options;
    const events = page.map(outgoing).flatMap(inAllMajors);
    await Promise.all(copiesFor(to, events, service).map((message) => copies.publishCopy(message)));
    sent(to, page.length);
  }
}
