import { describe, expect, test } from '@jest/globals';
import { isReadable, NoFeed, readPage } from '../src/archive/feed-page.js';

const now = new Date('2026-11-24T12:00:00Z');
const event = {
  specversion: '1.0',
  id: '0193A4B0-0000-7000-8000-00000000000a',
  type: 'order.created',
  source: '/order-service',
  subject: 'subject',
  time: '2026-11-24T11:59:59.123Z',
  correlationid: 'correlation',
  causationid: 'cause',
  data: { text: 'line\nbreak' },
};
const line = (body: string, cursor = 'Y3Vyc29y') => `{"cursor":"${cursor}","event":${body}}\n`;

describe('a page of a feed', () => {
  test('gives each event its own text', () => {
    const body = `{ "spaces" : "kept", ${JSON.stringify(event).slice(1)}`;
    expect(readPage(line(body), now)).toEqual([
      {
        cursor: 'Y3Vyc29y',
        id: event.id.toLowerCase(),
        type: 'order.created',
        subject: 'subject',
        correlationId: 'correlation',
        time: new Date(event.time),
        event: JSON.parse(body),
        body,
      },
    ]);
  });

  test('may be empty', () => expect(readPage('', now)).toEqual([]));

  test('ends an event where the next line begins, whatever is in it', () => {
    const page = readPage(line('two\nlines', 'a') + line(JSON.stringify(event), 'b'), now);
    expect(page.map(({ cursor }) => cursor)).toEqual(['a', 'b']);
    expect(page[0]).toMatchObject({ bytes: Buffer.from('two\nlines') });
    expect(page.map(isReadable)).toEqual([false, true]);
  });

  test.each([
    ['nothing', '', 'JSON'],
    ['a list', '[]', 'its id is missing'],
    ['null', 'null', 'it is no object'],
    ['no UUID', JSON.stringify({ ...event, id: '1' }), 'its id is no UUID'],
    ['a NUL', JSON.stringify({ ...event, type: 'a\0' }), 'its type has a NUL character in it'],
    ['no subject', JSON.stringify({ ...event, subject: '' }), 'its subject is missing'],
    ['a number', JSON.stringify({ ...event, correlationid: 1 }), 'its correlationid is missing'],
    [
      'a text without end',
      JSON.stringify({ ...event, causationid: 'x'.repeat(513) }),
      'its causationid is longer than 512 characters',
    ],
    ['no time', JSON.stringify({ ...event, time: 'soon' }), 'its time is none'],
    [
      'a time of long ago',
      JSON.stringify({ ...event, time: '0001-01-01T00:00:00Z' }),
      'its time is not between 2000 and a year from now',
    ],
    [
      'a time to come',
      JSON.stringify({ ...event, time: '2027-12-01T00:00:00Z' }),
      'its time is not between 2000 and a year from now',
    ],
  ])('keeps %s as it is', (_, body, reason) => {
    const [kept] = readPage(line(body), now);
    expect(kept).toEqual({ cursor: 'Y3Vyc29y', bytes: Buffer.from(body), reason: expect.stringContaining(reason) });
  });

  test.each(['<html>', '<html>\n', '{"cursor":"a"}\n', line('{}').trimEnd(), '{"cursor":"a b","event":1}\n'])(
    'is not %j',
    (text) => {
      expect(() => readPage(text, now)).toThrow(NoFeed);
    },
  );
});
