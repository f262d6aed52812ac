import { type IdDigest, type IdRange, isSame, joined, NO_IDS } from '@quickstep/shared/db';
import { reasonOf } from '@quickstep/shared/pipeline';
import type { DataSource } from 'typeorm';
import type { Archive, ArchivedEvent, ArchivedIds } from '../archive/index.js';
import { audit } from '../db/audit.js';
import { ComparedDeliveries } from '../db/compared-deliveries.js';
import { ResentEvents } from '../db/resent-events.js';
import type { Inboxes } from './inboxes.js';
import { listenersOf } from './listeners.js';
import { isIdle } from './load.js';
import { messageOf, type ReplayOptions } from './replay.js';

const PAGE = 500;
/** Of one pass, to one service, about: what is left is found by the next. */
const SENT_AT_MOST = 2_000;
/** What is compared at once. */
const SPAN_MS = 60_000;
/** Of one pass: the rest of a long time without comparing comes with the next ones. */
const SPANS_AT_MOST = 60;
const DAY_MS = 86_400_000;

export interface LostDeliveriesOptions extends Pick<ReplayOptions, 'publish'> {
  readonly dataSource: DataSource;
  readonly archive: Pick<Archive, 'find'>;
  readonly ids: ArchivedIds;
  readonly inboxes: Pick<Inboxes, 'handled' | 'digests' | 'retentionDays'>;
  /** Where services tell how long their queues are. */
  readonly urls: ReadonlyMap<string, string>;
  /** By service, up to when the archive has its log. */
  readUpTo(): ReadonlyMap<string, Date | undefined>;
  /** Milliseconds after which an event that a service does not know counts as lost. */
  readonly after: number;
}

/** What one pass knows of a service. */
interface Looked {
  readonly service: string;
  /** By step that it has, up to when it has been compared. */
  readonly compared: ReadonlyMap<string, Date>;
  /** What was lost and was sent again. */
  readonly sent: ArchivedEvent[];
}

const soonest = (times: readonly Date[]) => new Date(Math.min(...times.map((time) => time.getTime())));

/**
 * Finds events that never reached a service, and sends them to its queue again. The ids of events hold the time when they were made: what the
 * archive has of a minute is compared with what the service's steps have handled of it, by number and mark. Only where these differ, and the
 * service has nothing to do, is it looked which events are missing.
 */
export class LostDeliveries {
  readonly #options: LostDeliveriesOptions;
  readonly #compared: ComparedDeliveries;
  readonly #resent: ResentEvents;
  #stopped = false;
  /** By service, since the start. */
  readonly sent: Map<string, number>;

  constructor(options: LostDeliveriesOptions) {
    this.#options = options;
    this.#compared = new ComparedDeliveries(options.dataSource);
    this.#resent = new ResentEvents(options.dataSource);
    this.sent = new Map([...options.urls.keys()].map((service) => [service, 0]));
  }

  /** @throws Error when a service cannot be asked, or the broker does not take an event: what is left is found by the next pass */
  async look(now: Date): Promise<void> {
    const failures: string[] = [];
    for (const service of this.#options.urls.keys()) {
      if (this.#stopped) break;
      await this.#lookAt(service, now).catch((error: unknown) => failures.push(`${service}: ${reasonOf(error)}`));
    }
    if (failures.length > 0) throw new Error(failures.join('; '));
  }

  /** What a pass has begun at one service it finishes for a minute of it at most. */
  stop(): void {
    this.#stopped = true;
  }

  async #lookAt(service: string, now: Date): Promise<void> {
    const { inboxes } = this.#options;
    const declared = new Set([...listenersOf(service).steps.values()].flat());
    if (declared.size === 0) return;
    const had = await inboxes.digests(service, { from: now, until: now });
    const steps = [...had.keys()].filter((step) => declared.has(step));
    const looked = { service, compared: await this.#compared.ofService(service, steps, now), sent: [] };
    try {
      await this.#sendAgain(looked);
      await this.#compare(looked, now);
    } finally {
      await this.#record(looked);
    }
  }

  /** What was sent and has not been handled since then. */
  async #sendAgain(looked: Looked): Promise<void> {
    const { archive, urls } = this.#options;
    const due = await this.#resent.due(looked.service, PAGE);
    if (due.length === 0 || !(await isIdle(urls, looked.service))) return;
    const events = (await Promise.all(due.map((id) => archive.find(id)))).filter((event) => event !== undefined);
    const lost = await this.#lostOf(looked, events, [...looked.compared.keys()]);
    await this.#send(looked, lost);
    const still = new Set(lost.map(({ event }) => event.id));
    await this.#resent.forget(
      looked.service,
      due.filter((id) => !still.has(id)),
    );
  }

  async #compare(looked: Looked, now: Date): Promise<void> {
    const { service } = looked;
    const end = this.#end(service, now);
    // Of what is older the service may have forgotten that it has handled it.
    const oldest = now.getTime() - (this.#options.inboxes.retentionDays(service) ?? 1) * DAY_MS;
    const compared = new Map([...looked.compared].map(([step, until]) => [step, Math.max(until.getTime(), oldest)]));
    for (let spans = 0; spans < SPANS_AT_MOST && !this.#stopped; spans++) {
      const from = Math.min(...compared.values());
      const steps = [...compared].flatMap(([step, until]) => (until === from ? [step] : []));
      const bound = Math.min(end, ...[...compared.values()].filter((until) => until > from));
      if (steps.length === 0 || bound <= from) return;
      const range = await this.#nextRange(from, bound);
      if (range !== undefined && !(await this.#compareRange(looked, range, steps))) return;
      const until = range?.until ?? new Date(bound);
      await this.#compared.advance(service, steps, until);
      for (const step of steps) compared.set(step, until.getTime());
    }
  }

  /** Up to when everything that the service listens to is archived, and has had its time to be handled. */
  #end(service: string, now: Date): number {
    const emitters = new Set([...listenersOf(service).contracts.values()].flatMap((contract) => contract.emitters));
    const logs = [...this.#options.readUpTo()].filter(([emitter]) => emitters.has(emitter));
    const read = logs.map(([, upTo]) => upTo ?? new Date(0));
    return Math.floor((soonest([now, ...read]).getTime() - this.#options.after) / 1_000) * 1_000;
  }

  /** Leaves out the time before it in which nothing happened; undefined when nothing did at all. */
  async #nextRange(from: number, until: number): Promise<IdRange | undefined> {
    const first = await this.#options.ids.first({ from: new Date(from), until: new Date(until) });
    return first && { from: first, until: new Date(Math.min(first.getTime() + SPAN_MS, until)) };
  }

  /** @returns whether it is done with */
  async #compareRange(looked: Looked, range: IdRange, steps: readonly string[]): Promise<boolean> {
    const { inboxes, ids, urls } = this.#options;
    const archived = await ids.digests(range);
    const wanted = steps.filter((step) => expected(looked.service, step, archived).events > 0);
    if (wanted.length === 0) return true;
    const handled = await inboxes.digests(looked.service, range);
    const differing = wanted.filter((step) => {
      const has = handled.get(step);
      return has !== undefined && !isSame(has, expected(looked.service, step, archived));
    });
    if (differing.length === 0) return true;
    if (!(await isIdle(urls, looked.service))) return false;
    return this.#compareEach(looked, range, differing);
  }

  async #compareEach(looked: Looked, range: IdRange, steps: readonly string[]): Promise<boolean> {
    const types = [...new Set(steps.flatMap((step) => typesOf(looked.service, step)))];
    for (let after: string | undefined; looked.sent.length < SENT_AT_MOST; ) {
      const page = await this.#options.ids.read(range, types, PAGE, after);
      const last = page.at(-1);
      if (last === undefined) return true;
      await this.#send(looked, await this.#lostOf(looked, page, steps));
      after = last.event.id;
    }
    return false;
  }

  /** Those that may be sent, and that not every one of these steps has handled. */
  async #lostOf({ service }: Looked, events: readonly ArchivedEvent[], steps: readonly string[]): Promise<ArchivedEvent[]> {
    const sendable = await this.#resent.sendable(
      service,
      events.map(({ event }) => event.id),
    );
    const asked = events.filter(({ event }) => sendable.has(event.id));
    const known = await this.#options.inboxes.handled(
      service,
      asked.map(({ event }) => event.id),
    );
    const reacting = (type: string) => (listenersOf(service).steps.get(type) ?? []).filter((step) => steps.includes(step));
    return asked.filter(({ event: { id, type } }) => reacting(type).some((step) => !known.get(id)?.has(step)));
  }

  async #send({ service, sent }: Looked, events: readonly ArchivedEvent[]): Promise<void> {
    if (events.length === 0) return;
    await Promise.all(events.map((each) => this.#options.publish(messageOf(each, service, false))));
    await this.#resent.note(
      service,
      events.map(({ event }) => event.id),
    );
    sent.push(...events);
    this.sent.set(service, (this.sent.get(service) ?? 0) + events.length);
  }

  async #record({ service, sent }: Looked): Promise<void> {
    if (sent.length === 0) return;
    const [since] = sent.map(({ event }) => event.time).sort();
    await audit(this.#options.dataSource, {
      who: 'operations-service',
      what: 'resend-lost',
      about: service,
      why: 'The service never got what the archive has',
      details: { since },
      result: `sent ${sent.length}`,
    });
  }
}

function typesOf(service: string, step: string): string[] {
  return [...listenersOf(service).steps].flatMap(([type, steps]) => (steps.includes(step) ? [type] : []));
}

function expected(service: string, step: string, archived: ReadonlyMap<string, IdDigest>): IdDigest {
  return typesOf(service, step).reduce((sum, type) => joined(sum, archived.get(type) ?? NO_IDS), NO_IDS);
}
