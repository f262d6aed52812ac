import { type IdDigest, type IdRange, isSameDigest } from '@quickstep/shared/db';
import { reasonOf } from '@quickstep/shared/pipeline';
import type { DataSource } from 'typeorm';
import type { Archive, ArchivedIds } from '../archive/index.js';
import { type Compared, ComparedDeliveries } from '../db/compared-deliveries.js';
import { ResentEvents } from '../db/resent-events.js';
import type { Inboxes } from './inboxes.js';
import { listenersOf } from './listeners.js';
import { isIdle } from './load.js';
import type { ReplayOptions } from './replay.js';
import { expectedOf, Resender, typesOf } from './resender.js';

const PAGE = 500;
/** What is compared at once. */
const SPAN_MS = 60_000;
/** Of one pass: the rest of a long time without comparing comes with the next ones. */
const SPANS_AT_MOST = 60;
/** Positions of the archive of which one query looks for late events. */
const ARRIVALS = 100_000;
const DAY_MS = 86_400_000;

export interface LostDeliveriesOptions extends Pick<ReplayOptions, 'publish'> {
  readonly dataSource: DataSource;
  readonly archive: Pick<Archive, 'find' | 'end'>;
  readonly ids: ArchivedIds;
  readonly inboxes: Pick<Inboxes, 'handled' | 'digests' | 'retentionDays' | 'beganAt'>;
  /** Where services tell how long their queues are. */
  readonly urls: ReadonlyMap<string, string>;
  /** By service, the seconds by which the archive may be behind its log. */
  lags(): ReadonlyMap<string, number>;
  /** Milliseconds after which an event that a service does not know counts as lost. */
  readonly lostAfterMs: number;
}

type DigestsByType = ReadonlyMap<string, IdDigest>;

/** Services stand at the same place mostly, and of the archive each minute is read once. */
function onceEach(read: (range: IdRange) => Promise<DigestsByType>): (range: IdRange) => Promise<DigestsByType> {
  const known = new Map<string, Promise<DigestsByType>>();
  return (range) => {
    const key = `${range.from.getTime()} ${range.until.getTime()}`;
    const digests = known.get(key) ?? read(range);
    known.set(key, digests);
    return digests;
  };
}

/** One pass over a service. */
interface Pass {
  readonly service: string;
  readonly now: Date;
  readonly archived: (range: IdRange) => Promise<DigestsByType>;
  /** Of what is older the service may have forgotten that it has handled it, or it was not to get it. */
  readonly oldest: number;
  readonly compared: readonly Compared[];
  readonly resender: Resender;
}

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
    const archived = onceEach((range) => this.#options.ids.digests(range));
    for (const service of this.#options.urls.keys()) {
      if (this.#stopped) break;
      await this.#lookAt(service, now, archived).catch((error: unknown) => failures.push(`${service}: ${reasonOf(error)}`));
    }
    if (failures.length > 0) throw new Error(failures.join('; '));
  }

  /** What a pass has begun at one service it finishes for a minute of it at most. */
  stop(): void {
    this.#stopped = true;
  }

  async #lookAt(service: string, now: Date, archived: Pass['archived']): Promise<void> {
    const { inboxes, publish, archive, dataSource } = this.#options;
    const declared = new Set([...listenersOf(service).steps.values()].flat());
    if (declared.size === 0) return;
    const stepsThere = await inboxes.digests(service, { from: now, until: now });
    const steps = [...stepsThere.keys()].filter((step) => declared.has(step));
    const end = await archive.end();
    const compared = await this.#compared.ofService(service, steps, now, end);
    const resender = new Resender({ service, resent: this.#resent, inboxes, publish });
    const remembered = now.getTime() - (inboxes.retentionDays(service) ?? 1) * DAY_MS;
    const oldest = Math.max(remembered, inboxes.beganAt(service)?.getTime() ?? 0);
    const pass: Pass = { service, now, archived, oldest, compared, resender };
    try {
      await this.#sendAgain(pass);
      if (await this.#compareLate(pass, end)) await this.#compare(pass);
    } finally {
      this.sent.set(service, (this.sent.get(service) ?? 0) + resender.sent.length);
      await resender.record(dataSource);
    }
  }

  /** What was sent and has not been handled since then. */
  async #sendAgain({ service, compared, resender }: Pass): Promise<void> {
    const { archive, urls } = this.#options;
    const due = await this.#resent.due(service, PAGE);
    if (due.length === 0 || !(await isIdle(urls, service))) return;
    const events = (await Promise.all(due.map((id) => archive.find(id)))).filter((event) => event !== undefined);
    const lost = await resender.send(
      events,
      compared.map(({ step }) => step),
    );
    const still = new Set(lost.map(({ event }) => event.id));
    await this.#resent.forget(
      service,
      due.filter((id) => !still.has(id)),
    );
  }

  /** Events that came when their time had been compared: a log could not be read for long, or an emitter's clock is behind. */
  async #compareLate({ service, oldest, compared, resender }: Pass, end: number): Promise<boolean> {
    const { ids, urls } = this.#options;
    for (const { step, since, until, position } of compared) {
      const from = new Date(Math.max(since.getTime(), oldest));
      for (let after = position; after < end && !this.#stopped; ) {
        const upTo = Math.min(end, after + ARRIVALS);
        const late = await ids.late({ after, upTo, from, until }, typesOf(service, [step]), PAGE);
        if (late.length > 0 && !(await isIdle(urls, service))) return false;
        await resender.send(late, [step]);
        after = late.length < PAGE ? upTo : (late.at(-1)?.position ?? upTo);
        await this.#compared.arrived(service, [step], after);
        if (resender.enough) return false;
      }
    }
    return !this.#stopped;
  }

  async #compare(pass: Pass): Promise<void> {
    const { oldest } = pass;
    const end = this.#end(pass);
    const compared = new Map(pass.compared.map(({ step, until }) => [step, Math.max(until.getTime(), oldest)]));
    for (let spans = 0; spans < SPANS_AT_MOST && !this.#stopped; spans++) {
      const from = Math.min(...compared.values());
      const steps = [...compared].flatMap(([step, until]) => (until === from ? [step] : []));
      const bound = Math.min(end, ...[...compared.values()].filter((until) => until > from));
      if (steps.length === 0 || bound <= from) return;
      const range = await this.#nextRange(from, bound);
      if (range !== undefined && !(await this.#compareRange(pass, range, steps))) return;
      const until = range?.until ?? new Date(bound);
      await this.#compared.advance(pass.service, steps, until);
      for (const step of steps) compared.set(step, until.getTime());
    }
  }

  /** Up to when everything that the service listens to is archived, and has had its time to be handled. */
  #end({ service, now }: Pass): number {
    const emitters = new Set([...listenersOf(service).contracts.values()].flatMap((contract) => contract.emitters));
    const lags = [...this.#options.lags()].flatMap(([emitter, lag]) => (emitters.has(emitter) ? [lag] : []));
    return now.getTime() - Math.ceil(Math.max(0, ...lags)) * 1_000 - this.#options.lostAfterMs;
  }

  /** Leaves out the time before it in which nothing happened; undefined when nothing did at all. */
  async #nextRange(from: number, until: number): Promise<IdRange | undefined> {
    const first = await this.#options.ids.first({ from: new Date(from), until: new Date(until) });
    return first && { from: first, until: new Date(Math.min(first.getTime() + SPAN_MS, until)) };
  }

  /** @returns whether it is done with */
  async #compareRange(pass: Pass, range: IdRange, steps: readonly string[]): Promise<boolean> {
    const { inboxes, urls } = this.#options;
    const { service } = pass;
    const archived = await pass.archived(range);
    const wanted = steps.filter((step) => expectedOf(service, step, archived).events > 0);
    if (wanted.length === 0) return true;
    const handled = await inboxes.digests(service, range);
    const differing = wanted.filter((step) => {
      const has = handled.get(step);
      return has !== undefined && !isSameDigest(has, expectedOf(service, step, archived));
    });
    if (differing.length === 0) return true;
    return (await isIdle(urls, service)) && this.#compareEach(pass, range, differing);
  }

  async #compareEach({ service, resender }: Pass, range: IdRange, steps: readonly string[]): Promise<boolean> {
    const types = typesOf(service, steps);
    for (let after: string | undefined; !resender.enough; ) {
      const page = await this.#options.ids.read(range, types, PAGE, after);
      const last = page.at(-1);
      if (last === undefined) return true;
      await resender.send(page, steps);
      after = last.event.id;
    }
    return false;
  }
}
