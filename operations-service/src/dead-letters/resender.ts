import type { IdDigest } from '@quickstep/shared/db';
import { digestOfBoth, NO_IDS } from '@quickstep/shared/db';
import type { DataSource } from 'typeorm';
import type { ArchivedEvent } from '../archive/index.js';
import { audit } from '../db/audit.js';
import type { ResentEvents } from '../db/resent-events.js';
import type { Inboxes } from './inboxes.js';
import { listenersOf } from './listeners.js';
import { messageOf, type ReplayOptions } from './replay.js';

/** Of one pass, to one service, about: what is left is found by the next. */
const SENT_AT_MOST = 2_000;

/** What steps of a service react to. */
export const typesOf = (service: string, steps: readonly string[]): string[] =>
  [...listenersOf(service).steps].flatMap(([type, reacting]) => (reacting.some((step) => steps.includes(step)) ? [type] : []));

/** What a step should have handled of what is archived, by type. */
export const expectedOf = (service: string, step: string, archived: ReadonlyMap<string, IdDigest>): IdDigest =>
  typesOf(service, [step]).reduce((sum, type) => digestOfBoth(sum, archived.get(type) ?? NO_IDS), NO_IDS);

interface ResenderOptions extends Pick<ReplayOptions, 'publish'> {
  readonly service: string;
  readonly resent: ResentEvents;
  readonly inboxes: Pick<Inboxes, 'handled'>;
}

/** Sends one service, in one pass, what its steps have not handled. */
export class Resender {
  readonly #options: ResenderOptions;
  readonly sent: ArchivedEvent[] = [];

  constructor(options: ResenderOptions) {
    this.#options = options;
  }

  get enough(): boolean {
    return this.sent.length >= SENT_AT_MOST;
  }

  /**
   * @returns those that are lost: they may be sent, and not every one of these steps has handled them
   * @throws Error when the broker does not take one
   */
  async send(events: readonly ArchivedEvent[], steps: readonly string[]): Promise<readonly ArchivedEvent[]> {
    const { service, resent } = this.#options;
    const lost = await this.#lostOf(events, steps);
    if (lost.length === 0) return lost;
    const claimed = await resent.claim(service, idsOf(lost));
    await this.#publish(lost.filter(({ event }) => claimed.has(event.id)));
    return lost;
  }

  async #publish(events: readonly ArchivedEvent[]): Promise<void> {
    const { service, publish, resent } = this.#options;
    const published = await Promise.allSettled(events.map((each) => publish(messageOf(each, service, false))));
    this.sent.push(...events.filter((_, index) => published[index]?.status === 'fulfilled'));
    const failed = events.filter((_, index) => published[index]?.status === 'rejected');
    await resent.unclaim(service, idsOf(failed));
    const refusal = published.find((each) => each.status === 'rejected');
    if (refusal !== undefined) throw refusal.reason;
  }

  async #lostOf(events: readonly ArchivedEvent[], steps: readonly string[]): Promise<readonly ArchivedEvent[]> {
    const { service, inboxes, resent } = this.#options;
    const sendable = await resent.sendable(service, idsOf(events));
    const asked = events.filter(({ event }) => sendable.has(event.id));
    const known = await inboxes.handled(service, idsOf(asked));
    const reacting = (type: string) => (listenersOf(service).steps.get(type) ?? []).filter((step) => steps.includes(step));
    return asked.filter(({ event: { id, type } }) => reacting(type).some((step) => !known.get(id)?.has(step)));
  }

  async record(dataSource: DataSource): Promise<void> {
    if (this.sent.length === 0) return;
    const [since] = this.sent.map(({ event }) => event.time).sort();
    await audit(dataSource, {
      who: 'operations-service',
      what: 'resend-lost',
      about: this.#options.service,
      why: 'The service never got what the archive has',
      details: { since },
      result: `sent ${this.sent.length}`,
    });
  }
}

const idsOf = (events: readonly ArchivedEvent[]) => events.map(({ event }) => event.id);
