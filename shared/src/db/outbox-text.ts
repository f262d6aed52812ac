import type { OutgoingEvent } from '../pipeline/index.js';

const FINAL = 'final';
const MANDATORY = 'mandatory';

/**
 * The events of an outbox entry as text: one a line, `mandatory` or `final` before it. Bodies stay byte-identical and are not
 * escaped a second time, which a JSON array of strings would do (and which costs 2 us an event).
 *
 * @throws TypeError when a body has a line break; `JSON.stringify` never makes one
 */
export function outboxText(events: readonly OutgoingEvent[]): string {
  return events
    .map(({ body, final }) => {
      if (body.includes('\n')) throw new TypeError('The body of an event must be JSON on one line');
      return `${final ? FINAL : MANDATORY} ${body}`;
    })
    .join('\n');
}

export function outboxEvents(text: string): OutgoingEvent[] {
  return text.split('\n').map((line) => {
    const space = line.indexOf(' ');
    const body = line.slice(space + 1);
    return { event: JSON.parse(body), body, final: line.slice(0, space) === FINAL };
  });
}
