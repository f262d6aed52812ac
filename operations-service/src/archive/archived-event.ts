import type { CloudEvent, EventContract } from '@quickstep/shared/events';

/** An event as the archive keeps it. */
export interface ArchivedEvent {
  /** Its place in the archive: events get them in the order in which they arrive, and none ever appears below a place that has been read. */
  readonly position: number;
  /** In whose log it stands. */
  readonly service: string;
  readonly event: CloudEvent;
  /** The event as it stood in the log, to the byte. */
  readonly body: string;
  /** What a reader has found when it checked the event; several read the same one from memory. */
  checked?: CheckedEvent;
}

/** A row of the archive. */
export type StoredEvent = Pick<ArchivedEvent, 'position' | 'service' | 'body'>;

export const archived = ({ position, service, body }: StoredEvent): ArchivedEvent => ({
  position,
  service,
  body,
  event: JSON.parse(body),
});

/** An event of the archive as the current major of its contract has it. */
export interface ReadEvent {
  readonly event: CloudEvent;
  /** The event's. */
  readonly time: Date;
}

/** An event and the contract that it was checked against; with a reason when the contract is not kept. */
export type CheckedEvent = { readonly contract: EventContract } & (ReadEvent | { readonly reason: string });

/** What a reader wants of the archive; everything when nothing is said. */
export interface ArchiveFilter {
  readonly types?: readonly string[];
  readonly subject?: string;
  /** About any of these. */
  readonly subjects?: readonly string[];
  readonly correlationId?: string;
  readonly service?: string;
  /** Events of this time and later. */
  readonly from?: Date;
  /** Events before this time. */
  readonly until?: Date;
}

/** Whether the filter lets an event through, as the archive's queries decide it. */
export function matches(
  { types, subject, subjects, correlationId, service, from, until }: ArchiveFilter,
  archived: ArchivedEvent,
): boolean {
  const { event } = archived;
  const time = Date.parse(event.time);
  return (
    (types === undefined || types.includes(event.type)) &&
    (subject === undefined || event.subject === subject) &&
    (subjects === undefined || subjects.includes(event.subject)) &&
    (correlationId === undefined || event.correlationid === correlationId) &&
    (service === undefined || archived.service === service) &&
    (from === undefined || time >= from.getTime()) &&
    (until === undefined || time < until.getTime())
  );
}
