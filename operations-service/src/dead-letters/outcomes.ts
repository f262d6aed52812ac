import { cutByBytes } from '../db/dead-letter-bytes.js';
import type { DeadLetterIndex, StoredMessage } from '../db/dead-letter-index.js';
import { type Item, type PlanItems, redriveOf } from '../db/dead-letter-items.js';
import type { Handled, Inboxes } from './inboxes.js';
import { listenersOf } from './listeners.js';
import { awaitedOf, decodeLetter, isHandled } from './verdict.js';

export interface OutcomesOptions {
  readonly index: DeadLetterIndex;
  readonly items: PlanItems;
  readonly inboxes: Pick<Inboxes, 'handled'>;
}

const PAGE = 500;

/** The events in a message, with the steps that must handle each; of one whose body was deleted, what the index still knows. */
function eventsIn(stored: StoredMessage): ReadonlyMap<string, readonly string[]> {
  const { service, eventId, type, bodyGoneSince } = stored;
  if (bodyGoneSince === null) return awaitedOf(service, decodeLetter(stored));
  const steps = listenersOf(service).steps.get(type);
  return new Map(eventId === null || steps === undefined ? [] : [[eventId, steps]]);
}

/** Finds out what has become of messages that were sent again: their service has handled them, or has parked them again. */
export class Outcomes {
  readonly #options: OutcomesOptions;

  constructor(options: OutcomesOptions) {
    this.#options = options;
  }

  /** Writes down what is known now. @returns how many of these came back, and how many are not decided yet */
  async decide(plan: string, items: readonly Item[]): Promise<{ readonly returned: number; readonly open: readonly Item[] }> {
    const open: Item[] = [];
    let returned = 0;
    for (let from = 0; from < items.length; from += PAGE) {
      const page = await this.#decidePage(plan, items.slice(from, from + PAGE));
      returned += page.returned;
      open.push(...page.open);
    }
    return { returned, open };
  }

  async #decidePage(plan: string, items: readonly Item[]) {
    const { items: record } = this.#options;
    const back = await record.returned(items.map((item) => redriveOf({ id: plan }, item)));
    const returned = items.filter((item) => back.has(redriveOf({ id: plan }, item)));
    const rest = items.filter((item) => !returned.includes(item));
    const processed = await this.#processed(rest);
    const open = rest.filter((item) => !processed.has(item.position));
    await record.decide(
      plan,
      returned.map(({ position }) => position),
      'returned',
    );
    await record.decide(plan, [...processed], 'processed');
    return { returned: returned.length, open };
  }

  async #processed(items: readonly Item[]): Promise<ReadonlySet<number>> {
    const facts = await this.#options.index.facts(items.map(({ deadLetterId }) => deadLetterId));
    const done = new Set<number>();
    for (const piece of cutByBytes(items, ({ deadLetterId }) => facts.get(deadLetterId)?.bytes ?? 0))
      await this.#addProcessed(piece, done);
    return done;
  }

  async #addProcessed(items: readonly Item[], done: Set<number>): Promise<void> {
    const { index, inboxes } = this.#options;
    const bodies = await index.bodies(items.map(({ deadLetterId }) => deadLetterId));
    for (const service of new Set(items.map((item) => item.service))) {
      const awaited = items.flatMap((item) => {
        const stored = item.service === service ? bodies.get(item.deadLetterId) : undefined;
        return stored === undefined ? [] : [{ item, events: eventsIn(stored) }];
      });
      const ids = [...new Set(awaited.flatMap(({ events }) => [...events.keys()]))];
      // A service that cannot be asked now is asked again.
      const handled: Handled = ids.length === 0 ? new Map() : await inboxes.handled(service, ids).catch(() => new Map());
      for (const { item, events } of awaited) if (isHandled(events, handled)) done.add(item.position);
    }
  }
}
