import type { CloudEvent, EarlierContract, EventContract } from '../events/index.js';
import type { Fate, OutgoingEvent, Publisher } from './ports.js';

interface Also {
  readonly current: EventContract;
  readonly older: readonly EarlierContract[];
}

/**
 * Publishes events whose contract says so in older majors, too. Each copy has the event's own id, so that a consumer that reads both handles it
 * once, and `dataversions` names all versions, so that one that does not read a copy leaves it out. An event counts as confirmed when
 * all its copies are. With no such contract, the publisher itself.
 *
 * @param emitted the contracts of what the service emits
 */
export function sideBySide(publisher: Publisher, emitted: readonly EventContract[]): Publisher {
  const twice = new Map<string, Also>();
  for (const current of emitted) {
    const older = current.earlier.filter(({ downcast }) => downcast !== undefined);
    if (older.length > 0) twice.set(current.type, { current, older });
  }
  if (twice.size === 0) return publisher;
  return {
    async publish(events) {
      const copies = events.map((each) => {
        const also = twice.get(each.event.type);
        return also === undefined ? [each] : inAll(each, also);
      });
      const fates = await publisher.publish(copies.flat());
      const left = [...fates].reverse();
      return copies.map((each) => worst(each.map(() => left.pop() ?? 'failed')));
    },
  };
}

function inAll({ event, final }: OutgoingEvent, { current, older }: Also): OutgoingEvent[] {
  const dataversions = [current, ...older].map(({ dataversion }) => dataversion).join(' ');
  const outgoing = (changes: Partial<CloudEvent>): OutgoingEvent => {
    const copy = { ...event, ...changes, dataversions };
    return { event: copy, body: JSON.stringify(copy), final };
  };
  return [outgoing({}), ...older.map((each) => outgoing(asOf(each, event)))];
}

function asOf({ type, dataversion, downcast }: EarlierContract, { data }: CloudEvent): Partial<CloudEvent> {
  return { dataversion, dataschema: `urn:quickstep:${type}:${dataversion}`, data: downcast?.(data) };
}

const worst = (fates: readonly Fate[]): Fate =>
  fates.find((fate) => fate === 'failed') ?? fates.find((fate) => fate === 'returned') ?? 'confirmed';
