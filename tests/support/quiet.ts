import { type Choreography, reactsTo } from '@quickstep/shared/choreography';
import type { CloudEvent } from '@quickstep/shared/events';
import { type ServiceName, serviceNames, services } from '@quickstep/system';
import type { Client } from 'pg';
import type { EventSpy } from './event-spy.js';
import { until } from './until.js';

/** Which steps of a service consume each type of event. */
function consumersIn({ steps }: Choreography): Map<string, string[]> {
  const consumers = new Map<string, string[]>();
  for (const [name, step] of Object.entries(steps)) {
    for (const { type } of reactsTo(step)) consumers.set(type, [...(consumers.get(type) ?? []), name]);
  }
  return consumers;
}

const CONSUMERS = serviceNames.map((name) => [name, consumersIn(services[name].choreography)] as const);

/** Knows when nothing moves any more: every event is in the inbox of each step that consumes it, and every outbox is empty. */
export class Quiet {
  readonly #spy: EventSpy;
  readonly #database: (name: ServiceName) => Client;
  /** Events that are in all their inboxes need not be looked for again. */
  readonly #done = new Set<string>();

  constructor(spy: EventSpy, database: (name: ServiceName) => Client) {
    this.#spy = spy;
    this.#database = database;
  }

  /** Waits for this event no longer: it was lost on purpose. */
  giveUp(event: CloudEvent): void {
    this.#done.add(event.id);
  }

  async reached(): Promise<void> {
    let waitsFor = '';
    await until(
      async () => {
        waitsFor = await this.#waitsFor();
        return waitsFor === '' || undefined;
      },
      () => `The shop does not come to rest: ${waitsFor}`,
    );
  }

  async #waitsFor(): Promise<string> {
    await this.#spy.caughtUp();
    const events = this.#spy.all;
    for (const [name, consumers] of CONSUMERS) {
      const missing = await this.#notInInbox(name, consumers, events);
      if (missing !== '') return missing;
      const { rows } = await this.#database(name).query('select count(*)::int as entries from outbox');
      if (rows[0].entries > 0) return `${rows[0].entries} entries in the outbox of ${name}`;
    }
    await this.#spy.caughtUp();
    if (this.#spy.all.length > events.length) return 'events still follow';
    for (const { id } of events) this.#done.add(id);
    return '';
  }

  async #notInInbox(name: ServiceName, consumers: ReadonlyMap<string, string[]>, events: readonly CloudEvent[]): Promise<string> {
    const parked = new Set(this.#spy.parked.map(({ service, event }) => `${service} ${event?.id}`));
    const wanted = events
      .filter(({ id }) => !this.#done.has(id) && !parked.has(`${name}-service ${id}`))
      .flatMap(({ id, type }) => (consumers.get(type) ?? []).map((step) => ({ id, type, step })));
    if (wanted.length === 0) return '';
    const { rows } = await this.#database(name).query<{ event_id: string; step: string }>(
      'select event_id, step from inbox where event_id = any($1)',
      [wanted.map(({ id }) => id)],
    );
    const handled = new Set(rows.map(({ event_id, step }) => `${step} ${event_id}`));
    const missing = wanted.filter(({ id, step }) => !handled.has(`${step} ${id}`));
    const [first] = missing;
    return first === undefined ? '' : `${first.step} of ${name} has not handled ${first.type} (${missing.length} such events)`;
  }
}
