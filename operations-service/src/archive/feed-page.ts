import type { CloudEvent } from '@quickstep/shared/events';
import { reasonOf } from '@quickstep/shared/pipeline';

/** A line of a feed that is an event. */
export interface ReadableLine {
  readonly cursor: string;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly correlationId: string;
  readonly time: Date;
  readonly event: CloudEvent;
  /** The event's own text. */
  readonly body: string;
}

/** A line of a feed that is no event: kept as it came, with what is wrong. */
export interface UnreadableLine {
  readonly cursor: string;
  readonly reason: string;
  readonly bytes: Buffer;
}

export type FeedLine = ReadableLine | UnreadableLine;

export const isReadable = (line: FeedLine): line is ReadableLine => 'body' in line;

/** What answered gave out no feed: nothing of it can be kept, as it does not say where in the log it stands. */
export class NoFeed extends Error {
  override readonly name = 'NoFeed';
}

const LINE = /^\{"cursor":"([\w-]{1,100})","event":(.*)\}$/s;
/** An event that was written into the log by hand may have line breaks in it: a line ends where another begins. */
const BETWEEN = /\n(?=\{"cursor":")/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LONGEST = 512;
/** The archive has a partition for each month: an absurd time must not make one. */
const EARLIEST = Date.UTC(2000, 0);
const AHEAD = 366 * 24 * 3_600_000;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

function textIn(event: Readonly<Record<string, unknown>>, attribute: string): string {
  const value = event[attribute];
  if (typeof value !== 'string' || value === '') throw new TypeError(`its ${attribute} is missing`);
  if (value.length > LONGEST) throw new TypeError(`its ${attribute} is longer than ${LONGEST} characters`);
  // PostgreSQL has no text with this character in it.
  if (value.includes('\0')) throw new TypeError(`its ${attribute} has a NUL character in it`);
  return value;
}

function timeIn(event: Readonly<Record<string, unknown>>, now: Date): Date {
  const time = Date.parse(textIn(event, 'time'));
  if (Number.isNaN(time)) throw new TypeError('its time is none');
  if (time < EARLIEST || time > now.getTime() + AHEAD) throw new TypeError('its time is not between 2000 and a year from now');
  return new Date(time);
}

function readLine(cursor: string, body: string, now: Date): ReadableLine {
  const event = JSON.parse(body);
  const attributes: unknown = event;
  if (!isRecord(attributes)) throw new TypeError('it is no object');
  const id = textIn(attributes, 'id');
  if (!UUID.test(id)) throw new TypeError('its id is no UUID');
  // Chains of causes are made of it.
  textIn(attributes, 'causationid');
  return {
    cursor,
    id: id.toLowerCase(),
    type: textIn(attributes, 'type'),
    subject: textIn(attributes, 'subject'),
    correlationId: textIn(attributes, 'correlationid'),
    time: timeIn(attributes, now),
    event,
    body,
  };
}

/**
 * Reads a page of a feed. What is no event is among the lines, too.
 *
 * @param now events of more than a year ahead of it are not believed
 * @throws NoFeed when it is no page at all
 */
export function readPage(text: string, now: Date): FeedLine[] {
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new NoFeed('What it answers does not end with a line: it was cut off, or is no feed');
  return text
    .slice(0, -1)
    .split(BETWEEN)
    .map((line) => {
      const [, cursor, body = ''] = LINE.exec(line) ?? [];
      if (cursor === undefined) throw new NoFeed('A line of what it answers has no cursor: it is no feed');
      try {
        return readLine(cursor, body, now);
      } catch (error) {
        return { cursor, reason: reasonOf(error), bytes: Buffer.from(body) };
      }
    });
}
