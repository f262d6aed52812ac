import type { Place } from '@quickstep/shared/http';
import type { DataSource } from 'typeorm';
import type { Archive, ArchivedEvent } from '../archive/index.js';
import { audit } from '../db/audit.js';
import { listSagas, type Waiting } from '../read-models/index.js';
import { breakersIn } from './breakers.js';
import type { Inboxes } from './inboxes.js';
import { listenersOf } from './listeners.js';
import { messageOf, type ReplayOptions } from './replay.js';

const PAGE = 500;
/** Of one pass: what is left is found by the next. */
const SENT_AT_MOST = 2_000;
/** What so many messages wait in front of may only be late. */
const BACKLOG = 100;
/** Of one event to one service, an hour apart at least: who does not handle it then does not want it. */
const TIMES = 3;
/** Logs are archived one beside the other: so many positions before the first event that was lost, others may have been. */
const MARGIN = 1_000;
const TIMEOUT_MS = 5_000;
const OPEN = 2;

export interface LostDeliveriesOptions extends ReplayOptions {
  readonly dataSource: DataSource;
  readonly archive: Pick<Archive, 'read' | 'find'>;
  readonly inboxes: Pick<Inboxes, 'handled'>;
  /** Where services tell how long their queues are. */
  readonly urls: ReadonlyMap<string, string>;
  /** Milliseconds for which an order waits before its event may count as lost. */
  readonly after: number;
}

const number = (metrics: string, name: string) => Number(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(metrics)?.[1]);

/**
 * Finds events that never reached a service, and sends them to its queue again. It begins with orders that wait for a step for long: when the
 * service has nothing to do, and neither its inbox nor the index of dead letters knows the event, the event was lost. Then whatever else the
 * service should have got since then is compared with its inbox too, as for some events nobody waits.
 */
export class LostDeliveries {
  readonly #options: LostDeliveriesOptions;
  /** By service, how far in the archive it has been compared with its inbox. */
  readonly #compared = new Map<string, number>();
  /** By service, since the start. */
  readonly sent: Map<string, number>;

  constructor(options: LostDeliveriesOptions) {
    this.#options = options;
    this.sent = new Map([...options.urls.keys()].map((service) => [service, 0]));
  }

  /** @throws Error when a service cannot be asked, or the broker does not take an event: what is left is found by the next pass */
  async look(now: Date): Promise<void> {
    const before = new Date(now.getTime() - this.#options.after);
    for (const [service, waited] of await this.#waitedFor(before)) {
      if (!(await this.#isIdle(service))) continue;
      const lost = await this.#lostOf(service, [...waited]);
      if (lost.length === 0) continue;
      let sent = await this.#send(service, lost);
      sent += await this.#compare(service, Math.min(...lost.map(({ position }) => position)) - MARGIN, before);
      await this.#record(service, sent, lost);
    }
  }

  async #lostOf(service: string, waited: readonly string[]): Promise<ArchivedEvent[]> {
    const lost: ArchivedEvent[] = [];
    for (let from = 0; from < waited.length && lost.length < SENT_AT_MOST; from += PAGE) {
      const some = await this.#notSettled(service, waited.slice(from, from + PAGE));
      lost.push(...(await this.#lost(service, await this.#archived(some))));
    }
    return lost;
  }

  /** By service, the events that it should have answered by then. */
  async #waitedFor(before: Date): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const found = new Map<string, Set<string>>();
    const add = ({ service, event, since }: Waiting) => {
      if (new Date(since) < before) found.set(service, (found.get(service) ?? new Set()).add(event));
    };
    for (let after: Place | undefined; ; ) {
      const page = await listSagas(this.#options.dataSource, { begunBefore: before, after, limit: PAGE });
      for (const { waiting } of page) waiting.forEach(add);
      const last = page.at(-1);
      if (last?.startedAt == null) return found;
      after = { time: last.startedAt, id: last.orderId };
    }
  }

  /** Whether the service consumes, has little before it, and can call the outside world: what it has not done then it has not got. */
  async #isIdle(service: string): Promise<boolean> {
    const url = this.#options.urls.get(service);
    if (url === undefined) return false;
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => undefined);
    const metrics = (await answer?.text()) ?? '';
    const away = [...breakersIn(metrics).values()].includes(OPEN);
    return !away && number(metrics, 'quickstep_queue_messages') <= BACKLOG && number(metrics, 'quickstep_queue_consumers') > 0;
  }

  /** Without what an operator sees to, and what was sent already. */
  async #notSettled(service: string, events: readonly string[]): Promise<string[]> {
    const rows: { id: string }[] = await this.#options.dataSource.query(
      `select wanted.id from unnest($2::uuid[]) as wanted (id)
      where not exists (select from dead_letters as letter where letter.event_id = wanted.id and letter.service = $1)
        and not exists (select from resent_events as sent where sent.service = $1 and sent.event_id = wanted.id
          and (times >= ${TIMES} or sent_at > now() - interval '1 hour'))`,
      [service, events],
    );
    return rows.map(({ id }) => id);
  }

  async #archived(events: readonly string[]): Promise<ArchivedEvent[]> {
    const found = await Promise.all(events.map((id) => this.#options.archive.find(id)));
    return found.filter((event) => event !== undefined);
  }

  /** Those that not every step of the service has handled. */
  async #lost(service: string, events: readonly ArchivedEvent[]): Promise<ArchivedEvent[]> {
    if (events.length === 0) return [];
    const ids = events.map(({ event }) => event.id);
    const [known, { steps }] = [await this.#options.inboxes.handled(service, ids), listenersOf(service)];
    return events.filter(({ event: { id, type } }) => (steps.get(type) ?? []).some((step) => !known.get(id)?.has(step)));
  }

  /** Each part of the archive once, whatever is lost in it later. */
  async #compare(service: string, from: number, until: Date): Promise<number> {
    const types = [...listenersOf(service).steps.keys()];
    let [position, sent] = [Math.max(0, from, this.#compared.get(service) ?? 0), 0];
    while (sent < SENT_AT_MOST) {
      const page = await this.#options.archive.read(position, PAGE, { types, until });
      const last = page.at(-1);
      if (last === undefined) break;
      const unsettled = new Set(
        await this.#notSettled(
          service,
          page.map(({ event }) => event.id),
        ),
      );
      sent += await this.#send(
        service,
        await this.#lost(
          service,
          page.filter(({ event }) => unsettled.has(event.id)),
        ),
      );
      position = last.position;
      this.#compared.set(service, position);
    }
    return sent;
  }

  async #send(service: string, events: readonly ArchivedEvent[]): Promise<number> {
    if (events.length === 0) return 0;
    const { publish, dataSource } = this.#options;
    await Promise.all(events.map((each) => publish(messageOf(each, service, false))));
    await dataSource.query(
      `insert into resent_events (service, event_id) select $1, unnest($2::uuid[])
      on conflict (service, event_id) do update set times = resent_events.times + 1, sent_at = now()`,
      [service, events.map(({ event }) => event.id)],
    );
    this.sent.set(service, (this.sent.get(service) ?? 0) + events.length);
    return events.length;
  }

  async #record(service: string, sent: number, lost: readonly ArchivedEvent[]): Promise<void> {
    const times = lost.map(({ event }) => event.time).sort();
    await audit(this.#options.dataSource, {
      who: 'operations-service',
      what: 'resend-lost',
      about: service,
      why: 'Orders waited for what the service never got',
      details: { waitedFor: lost.length, since: times[0] },
      result: `sent ${sent}`,
    });
  }
}
