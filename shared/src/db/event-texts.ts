import type { OutgoingEvent } from '../pipeline/index.js';

/** No JSON holds this character unescaped (RFC 8259, section 7). */
const SEPARATOR = '\u0001';

const FINAL = 'final';

/**
 * Bodies of events as one text, which PostgreSQL need only cut (`string_to_table`), neither parse nor unescape: an array would
 * be escaped a second time, which costs 2 us an event.
 *
 * @throws TypeError when a body has a line break; `JSON.stringify` never makes one
 */
export function joinedBodies(events: readonly OutgoingEvent[]): string {
  const bodies = events.map(({ body }) => {
    if (body.includes('\n')) throw new TypeError('The body of an event must be JSON on one line');
    return body;
  });
  return bodies.join(SEPARATOR);
}

/** Events as the store gives them out: one a line, `mandatory` or `final` before it. */
export function eventsOf(text: string): OutgoingEvent[] {
  return text.split('\n').map((line) => {
    const space = line.indexOf(' ');
    const body = line.slice(space + 1);
    return { event: JSON.parse(body), body, final: line.slice(0, space) === FINAL };
  });
}
