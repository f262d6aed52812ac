import type { CloudEvent } from '@quickstep/shared/events';
import { BETWEEN_EVENTS, type OutgoingEvent } from '@quickstep/shared/pipeline';

/** A message: one event, or several of one type in CloudEvents batched content mode. */
export interface Message {
  readonly body: string;
  readonly batched: boolean;
  readonly events: readonly CloudEvent[];
  readonly final: boolean;
  /** How many attempts went before. */
  readonly attempt: number;
  /** It was delivered before, or is a copy. */
  readonly repeated: boolean;
}

const FIRST = { attempt: 0, repeated: false };

/** How the publisher packs what it is given; both ways exist in production. */
export function messagesOf(events: readonly OutgoingEvent[], batched: boolean): Message[] {
  if (!batched) return events.map(({ event, body, final }) => ({ events: [event], body, final, batched, ...FIRST }));
  const byType = new Map<string, OutgoingEvent[]>();
  for (const each of events) byType.set(each.event.type, [...(byType.get(each.event.type) ?? []), each]);
  return [...byType.values()].map((group) => ({
    events: group.map(({ event }) => event),
    body: `[${group.map(({ body }) => body).join(BETWEEN_EVENTS)}]`,
    final: group[0]?.final ?? false,
    batched,
    ...FIRST,
  }));
}

/** The copy that is made of one event of a message for its retry or for the dead letter. */
export function copyOf(message: Message, body: string, attempt: number): Message {
  const events = message.events.filter(({ id }) => body.includes(id));
  return { body, batched: false, events, final: false, attempt, repeated: true };
}

export function describe({ events, attempt }: Message): string {
  const types = events.map(({ type }) => type).join(' + ');
  return attempt === 0 ? types : `${types} (attempt ${attempt + 1})`;
}
