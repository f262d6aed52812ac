import { detailsOf, isPossible, REDELIVER_EXCHANGE, REDRIVEN } from '@quickstep/shared/choreography';
import { exchangeOf } from '@quickstep/shared/events';
import { headers, type Message } from '@quickstep/shared/messaging';
import { choreographies } from '@quickstep/system';
import { v7 as newId } from 'uuid';
import type { Archive, ArchivedEvent, ArchiveFilter } from '../archive/index.js';
import type { Inboxes } from './inboxes.js';
import { listenersOf } from './listeners.js';
import { type JudgeOptions, rememberedSince } from './verdict.js';

const PAGE = 500;

export interface ReplayOrder {
  /** The service to whose queue the events go. */
  readonly to: string;
  readonly filter: ArchiveFilter;
  /** Under new ids, so that what has been handled is handled again. */
  readonly again: boolean;
  /** Also what is so old that the service may have forgotten that it has handled it. */
  readonly older: boolean;
  /** Counts, and sends nothing. */
  readonly dryRun: boolean;
}

export interface Replayed {
  /** Events of the archive that the service listens to. */
  readonly found: number;
  /** Which every step of the service has handled: under their own ids they change nothing. */
  readonly handled: number;
  /** Which are so old that the service may have forgotten that it has handled them: it would do all of its work again. */
  readonly older: number;
  readonly sent: number;
}

export interface ReplayOptions extends Pick<JudgeOptions, 'inboxDays'> {
  readonly archive: Pick<Archive, 'read' | 'end'>;
  readonly inboxes: Pick<Inboxes, 'handled' | 'retentionDays'>;
  now(): Date;
  publish(message: Message): Promise<void>;
}

/** Which steps of a service may not be given an event for a second time: by their declaration it would do its work twice. */
export function notRepeatable(service: string, type: string): string[] {
  const contract = listenersOf(service).contracts.get(type);
  const declared = choreographies.find((each) => each.service === service)?.steps ?? {};
  return (listenersOf(service).steps.get(type) ?? []).filter((name) => {
    const step = declared[name];
    if (contract === undefined || step === undefined || step.kind === 'observer') return false;
    const possible = Object.values(step.outcomes).filter((outcome) => isPossible(outcome, contract));
    return !possible.every((outcome) => detailsOf(outcome).repeatable || detailsOf(outcome).changesNothing);
  });
}

/** For one service's queue, as if it came from where it was published. @param again under a new id */
export function messageOf({ event, service, body }: ArchivedEvent, to: string, again: boolean): Message {
  const id = again ? newId() : event.id;
  const content = again ? JSON.stringify({ ...event, id, replayof: event.id }) : body;
  return {
    exchange: REDELIVER_EXCHANGE,
    routingKey: `${REDRIVEN}.${to}`,
    content: Buffer.from(content),
    options: {
      messageId: id,
      type: event.type,
      appId: service,
      contentType: 'application/cloudevents+json',
      persistent: true,
      mandatory: true,
      headers: { [headers.exchange]: exchangeOf(event.type), [headers.routingKey]: event.type },
    },
  };
}

/**
 * Sends the events that the archive has now to one service's queue, the oldest arrival first; its inbox decides what is done, and so what is
 * older than it remembers is left out unless asked for. What is interrupted may be repeated, unless it is under new ids.
 *
 * @throws Error when the service cannot be asked, or the broker does not take an event
 */
export async function replay(order: ReplayOrder, options: ReplayOptions): Promise<Replayed> {
  const { archive, inboxes, publish } = options;
  const { to, again, dryRun, filter } = order;
  const { steps } = listenersOf(to);
  const types = (filter.types ?? [...steps.keys()]).filter((type) => steps.has(type));
  // What is sent makes new events: without an end it would follow itself.
  const end = await archive.end();
  const now = options.now();
  let [found, handled, older, sent, position] = [0, 0, 0, 0, 0];
  while (position < end) {
    const page = (await archive.read(position, PAGE, { ...filter, types })).filter((each) => each.position <= end);
    const last = page.at(-1);
    if (last === undefined) break;
    position = last.position;
    found += page.length;
    const known = await inboxes.handled(
      to,
      page.map(({ event }) => event.id),
    );
    const isDone = ({ event }: ArchivedEvent) => (steps.get(event.type) ?? []).every((step) => known.get(event.id)?.has(step));
    handled += page.filter(isDone).length;
    // The service has just said how long it remembers.
    const since = rememberedSince(options, to, now);
    // Under a new id everything is handled again, whatever the service remembers.
    const remembered = again ? page : page.filter(({ event }) => new Date(event.time) >= since);
    older += page.length - remembered.length;
    if (dryRun) continue;
    const wanted = order.older ? page : remembered;
    await Promise.all(wanted.map((each) => publish(messageOf(each, to, again))));
    sent += wanted.length;
  }
  return { found, handled, older, sent };
}
