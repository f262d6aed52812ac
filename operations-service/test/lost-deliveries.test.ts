import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createDataSource, type IdRange, idBounds, kitMigrations, migrate, selectDigest } from '@quickstep/shared/db';
import { type FreshDatabase, freshDatabase } from '@quickstep/shared/testing';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { FeedPositions } from '../src/archive/feed-positions.js';
import { Archive, Archive1760000000001, ArchivedIds } from '../src/archive/index.js';
import { deadLetterMigrations } from '../src/db/dead-letter-migration.js';
import { LostDeliveries } from '../src/dead-letters/lost-deliveries.js';
import { Meeting } from './meeting.js';

const service = 'notification-service';
const step = 'notifyCustomer';
const AFTER = 600_000;
const start = Date.parse('2026-11-24T12:00:00Z');
const at = (seconds: number) => new Date(start + seconds * 1_000);
/** When an event that was made in the second after the start counts as lost. */
const LATER = at(AFTER / 1_000 + 120);

let database: FreshDatabase;
let dataSource: DataSource;
let metrics: Server;
let waiting: number;
let lag: number;
let askedEach: number;
let began: Date | undefined;
let sent: string[];
let refusing: boolean;
/** Of those who ask for single events. */
let meeting: Meeting;
let lost: LostDeliveries;
beforeEach(async () => {
  database = await freshDatabase();
  const migrations = [...kitMigrations, Archive1760000000001, ...deadLetterMigrations];
  dataSource = createDataSource({ url: database.url, applicationName: 'lost', entities: [], migrations, poolSize: 4 });
  await dataSource.initialize();
  await migrate(dataSource);
  [waiting, lag, askedEach, sent, began, refusing, meeting] = [0, 0, 0, [], undefined, false, new Meeting()];
  metrics = createServer((_, response) =>
    response.end(`quickstep_queue_messages{queue="q"} ${waiting}\nquickstep_queue_consumers{queue="q"} 1\n`),
  );
  await new Promise<void>((listening) => metrics.listen(0, '127.0.0.1', listening));
  lost = looking();
  await lost.look(at(0));
});
afterEach(async () => {
  await new Promise((closed) => metrics.close(closed));
  await dataSource.destroy();
  await database.drop();
});

/** The service's inbox stands in the same database as the archive. */
const inboxes = {
  retentionDays: () => 30,
  beganAt: () => began,
  async handled(_: string, ids: readonly string[]) {
    if (ids.length > 0) askedEach++;
    if (ids.length > 0) await meeting.join();
    const rows: { id: string }[] = await dataSource.query('select event_id as id from inbox where event_id = any($1)', [ids]);
    return new Map(rows.map(({ id }) => [id, new Map([[step, 'then']])]));
  },
  async digests(_: string, range: IdRange) {
    const [row]: { events: number; mark: string }[] = await dataSource.query(
      `select ${selectDigest('event_id')} from inbox where event_id >= $1 and event_id < $2`,
      idBounds(range),
    );
    return new Map([[step, { events: row?.events ?? 0, mark: BigInt(row?.mark ?? 0) }]]);
  },
};

function looking() {
  const address = metrics.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return new LostDeliveries({
    dataSource,
    archive: new Archive(dataSource),
    ids: new ArchivedIds(dataSource),
    inboxes,
    urls: new Map([[service, `http://127.0.0.1:${port}`]]),
    lags: () => new Map([['order-service', lag]]),
    lostAfterMs: AFTER,
    async publish(message) {
      if (refusing) throw new Error('the broker does not take it');
      sent.push(message.options.messageId ?? '');
    },
  });
}

/** @param made the time that its id holds */
async function archived(made: Date): Promise<string> {
  const id = v7({ msecs: made.getTime() });
  const about = { type: 'order.completed', subject: 's', correlationId: 's' };
  const body = JSON.stringify({ id, type: about.type, time: made });
  const line = { cursor: id, id, ...about, time: made, event: JSON.parse(body), body };
  const positions = new FeedPositions(dataSource);
  await positions.store('order-service', await positions.cursorOf('order-service'), [line]);
  return id;
}
const handle = (id: string) => dataSource.query('insert into inbox (event_id, step) values ($1, $2)', [id, step]);
const anHourPasses = () => dataSource.query("update resent_events set sent_at = sent_at - interval '61 minutes'");

test('an event that a service does not know is sent, those of the same minute that it knows are not', async () => {
  await handle(await archived(at(10)));
  const missing = await archived(at(11));
  await handle(await archived(at(12)));
  await lost.look(LATER);
  expect(sent).toEqual([missing]);
  // After a restart, too.
  await looking().look(at(AFTER / 1_000 + 240));
  expect(sent).toEqual([missing]);
  expect([...lost.sent]).toEqual([[service, 1]]);
  const acts: unknown = await dataSource.query('select who, what, about, result from audit');
  expect(acts).toEqual([{ who: 'operations-service', what: 'resend-lost', about: service, result: 'sent 1' }]);
});

test('of replicas that find the same event one sends it, and writes that down', async () => {
  const missing = await archived(at(10));
  const another = looking();
  await another.look(at(0));
  // Both have asked the service before either sends.
  meeting.expect(2);
  await Promise.all([lost.look(LATER), another.look(LATER)]);
  expect(sent).toEqual([missing]);
  expect(await dataSource.query('select times from resent_events')).toEqual([{ times: 1 }]);
  expect(await dataSource.query('select result from audit')).toEqual([{ result: 'sent 1' }]);
  await anHourPasses();
  meeting.expect(2);
  await Promise.all([lost.look(LATER), another.look(LATER)]);
  expect(sent).toEqual([missing, missing]);
  expect(await dataSource.query('select times from resent_events')).toEqual([{ times: 2 }]);
});

test('an event that the broker does not take is sent by the next look', async () => {
  const missing = await archived(at(10));
  refusing = true;
  await expect(lost.look(LATER)).rejects.toThrow('the broker does not take it');
  expect(sent).toEqual([]);
  refusing = false;
  await lost.look(LATER);
  expect(sent).toEqual([missing]);
  expect(await dataSource.query('select times from resent_events')).toEqual([{ times: 1 }]);
});

test('where everything was handled nobody is asked for single events', async () => {
  await handle(await archived(at(10)));
  await handle(await archived(at(100)));
  await lost.look(LATER);
  expect({ sent, askedEach }).toEqual({ sent: [], askedEach: 0 });
});

test('what was handled under another id in that minute does not hide what is missing', async () => {
  const missing = await archived(at(10));
  await handle(v7({ msecs: at(11).getTime() }));
  await lost.look(LATER);
  expect(sent).toEqual([missing]);
});

test('an event that is not handled when it was sent is sent three times, an hour apart', async () => {
  const missing = await archived(at(10));
  await lost.look(LATER);
  for (let hours = 0; hours < 4; hours++) {
    await lost.look(LATER);
    await anHourPasses();
    await lost.look(LATER);
  }
  expect(sent).toEqual([missing, missing, missing]);
});

test('an event that is handled when it was sent is forgotten', async () => {
  await handle(await archived(at(9)));
  const missing = await archived(at(10));
  await lost.look(LATER);
  await handle(missing);
  await anHourPasses();
  await lost.look(LATER);
  expect(sent).toEqual([missing]);
  expect(await dataSource.query('select * from resent_events')).toEqual([]);
});

test('nothing counts as lost before its time, or before the log of its emitter has been read', async () => {
  const missing = await archived(at(10));
  await lost.look(at(AFTER / 1_000 + 9));
  lag = 3_600;
  await lost.look(LATER);
  lag = Number.POSITIVE_INFINITY;
  await lost.look(LATER);
  expect(sent).toEqual([]);
  lag = 0;
  await lost.look(LATER);
  expect(sent).toEqual([missing]);
});

test('what a service still has before it is waited for', async () => {
  const missing = await archived(at(10));
  waiting = 101;
  await lost.look(LATER);
  expect(sent).toEqual([]);
  waiting = 100;
  await lost.look(LATER);
  expect(sent).toEqual([missing]);
});

test('an event that is archived after its time has been compared is found', async () => {
  await handle(await archived(at(100)));
  await lost.look(LATER);
  const late = await archived(at(20));
  await lost.look(LATER);
  expect(sent).toEqual([late]);
});

test('what was published before a step was first seen is not sent, whenever it is archived', async () => {
  await archived(at(-10));
  await lost.look(LATER);
  await archived(at(-5));
  await lost.look(LATER);
  expect(sent).toEqual([]);
});

test('what an operator sees to is not sent', async () => {
  const parked = await archived(at(10));
  await dataSource.query(
    `insert into dead_letters (id, service, type, group_id, error_class, reason, attempts, first_failed_at, parked_at, exchange,
      routing_key, event_id, headers, body)
    values (gen_random_uuid(), $1, 'order.completed', 'g', 'E', 'r', 1, now(), now(), 'x', 'k', $2, '{}', '')`,
    [service, parked],
  );
  await lost.look(LATER);
  expect(sent).toEqual([]);
});

test('of what is older than the service remembers nothing is sent', async () => {
  await archived(at(10));
  await lost.look(at(31 * 86_400));
  expect(sent).toEqual([]);
});

test('a service that was told to leave out what it has missed does not get it', async () => {
  await archived(at(10));
  began = at(60);
  const missing = await archived(at(70));
  await lost.look(LATER);
  await archived(at(50));
  await lost.look(LATER);
  expect(sent).toEqual([missing]);
});
