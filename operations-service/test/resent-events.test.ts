import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BATCHED } from '@quickstep/shared/messaging';
import { v7 } from 'uuid';
import { DeadLetterIndex } from '../src/db/dead-letter-index.js';
import { parkedCopies } from '../src/db/dead-letter-queries.js';
import { ResentEvents } from '../src/db/resent-events.js';
import { letterOf } from '../src/dead-letters/letter.js';
import { type LettersDatabase, lettersDatabase } from './letters.js';

const SERVICE = 'notification-service';

let database: LettersDatabase;
beforeEach(async () => {
  database = await lettersDatabase();
});
afterEach(() => database.close());

/** A message of several events that the broker has parked. */
const batch = (events: readonly unknown[]) =>
  letterOf({
    fields: { exchange: 'dead-letter', routingKey: SERVICE },
    properties: {
      headers: {},
      messageId: v7(),
      type: 'order.completed',
      correlationId: undefined,
      contentType: BATCHED,
      appId: undefined,
      userId: undefined,
    },
    content: Buffer.from(JSON.stringify(events)),
  });

test('what lies among others in a parked message is not sent to its service, whatever has become of the message', async () => {
  const { dataSource } = database;
  const resent = new ResentEvents(dataSource);
  const [first, second, missing] = [v7(), v7(), v7()];
  await new DeadLetterIndex(dataSource).add([batch([{ id: first }, {}, null, { id: second }]), batch([])]);
  for (const state of ['parked', 'discarded']) {
    await dataSource.query('update dead_letters set state = $1', [state]);
    expect(await resent.sendable(SERVICE, [first, second, missing])).toEqual(new Set([missing]));
    for (const id of [first, second])
      expect(await parkedCopies(dataSource.manager, id)).toMatchObject([{ service: SERVICE, state }]);
  }
  expect(await resent.sendable('order-service', [first])).toEqual(new Set([first]));
});
