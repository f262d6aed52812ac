import { type CloudEvent, type EarlierContract, type EventContract, majorOf } from '../events/index.js';
import type { Fate, OutgoingEvent, Publisher } from './ports.js';

interface Also {
  readonly current: EventContract;
  readonly older: readonly EarlierContract[];
}

/** An event in every major in which it is published: itself alone, unless its contract says otherwise. */
export type InAllMajors = (event: OutgoingEvent) => readonly OutgoingEvent[];

/**
 * For events whose contract says that they are published in older majors, too. Each copy has the event's own id, so that a consumer that
 * reads both handles it once, and `dataversions` names all versions, so that one that does not read a copy leaves it out.
 *
 * @param emitted the contracts of what the service emits
 * @returns undefined when there is no such contract
 */
export function inAllMajors(emitted: readonly EventContract[]): InAllMajors | undefined {
  const twice = new Map<string, Also>();
  for (const current of emitted) {
    const older = current.earlier.filter(({ downcast }) => downcast !== undefined);
    if (older.length > 0) twice.set(current.type, { current, older });
  }
  if (twice.size === 0) return undefined;
  return (each) => {
    const also = twice.get(each.event.type);
    // What an earlier version of the service has left in the outbox, or in the log, is of the major of then.
    const isCurrent = also !== undefined && majorOf(each.event.dataversion) === majorOf(also.current.dataversion);
    return isCurrent ? inAll(each, also) : [each];
  };
}

/** Publishes each event in all its majors: it counts as confirmed when all copies are. When all have one only, the publisher itself. */
export function sideBySide(publisher: Publisher, emitted: readonly EventContract[]): Publisher {
  const inAllOf = inAllMajors(emitted);
  if (inAllOf === undefined) return publisher;
  return {
    async publish(events) {
      const copies = events.map(inAllOf);
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
