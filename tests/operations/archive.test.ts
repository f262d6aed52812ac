import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CloudEvent } from '@quickstep/shared/events';
import { Client } from 'pg';
import { archiveCaughtUp, archiveOf, type EffectTree, eventsIn, logsAndArchive, typesIn, written } from '../support/archived.js';
import { Operations, secretFile } from '../support/operations.js';
import { antarctica, openShop, type Shop } from '../support/shop.js';
import { until } from '../support/until.js';

const secret = secretFile();
let shop: Shop;
let operations: Operations;
let archive: Client;
beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, secret.env);
  archive = await archiveOf(operations);
});
afterAll(async () => {
  await archive.end();
  await operations.close();
  await shop.close();
  secret.remove();
});

interface Archived {
  readonly position: number;
  readonly service: string;
  readonly event: CloudEvent;
}
interface Page {
  readonly items: readonly Archived[];
  readonly nextCursor?: string;
}

async function caughtUp(): Promise<void> {
  await shop.settled();
  await archiveCaughtUp(shop, archive);
}

test('holds every event of every log, byte for byte, once', async () => {
  const ids = await Promise.all([
    shop.place().then(({ id }) => id),
    shop.place({ paymentMethod: 'pm_card_declined' }).then(({ id }) => id),
    shop.place({ shippingAddress: antarctica }).then(({ id }) => id),
  ]);
  await Promise.all(ids.map((id) => shop.ended(id)));
  await caughtUp();
  const kept = await logsAndArchive(shop, archive);
  expect(kept.archive).toEqual(kept.logs);
  expect(eventsIn(kept.logs)).toBeGreaterThan(20);
});

describe('the API', () => {
  test('tells everything about an order, oldest first, no effect before its cause', async () => {
    const { id } = await shop.place({ shippingAddress: antarctica });
    await shop.ended(id);
    await caughtUp();
    const { status, body: events } = await operations.call<CloudEvent[]>('GET', `/orders/${id}/events?reveal=true`);
    expect(status).toBe(200);
    expect(events.map((event) => event.id).sort()).toEqual(
      shop.spy
        .about(id)
        .map((event) => event.id)
        .sort(),
    );
    expect(events[0]?.type).toBe('order.created');
    const places = new Map(events.map((event, place) => [event.id, place]));
    for (const [place, event] of events.entries()) expect(places.get(event.causationid) ?? -1).toBeLessThan(place);
    expect(events).toContainEqual(shop.spy.about(id).find(({ type }) => type === 'payment.refunded'));
  });

  test('tells what caused an event and what followed from it', async () => {
    const { id } = await shop.place({ paymentMethod: 'pm_card_declined' });
    await shop.ended(id);
    await caughtUp();
    const declined = await shop.eventOf(id, 'payment.failed');
    const { body } = await operations.call<{ event: CloudEvent; causes: Archived[]; effects: EffectTree[] }>(
      'GET',
      `/events/${declined.id}?reveal=true`,
    );
    expect(body.event).toEqual(declined);
    expect(body.causes.map(({ event }) => event.type)).toEqual(['order.created', 'inventory.reserved']);
    const reserved = body.causes[1];
    const whole = await operations.call<{ effects: EffectTree[] }>('GET', `/events/${reserved?.event.id}`);
    expect(typesIn(whole.body.effects)).toEqual([
      { 'payment.failed': [] },
      { 'inventory.release': [{ 'inventory.released': [{ 'order.cancelled': [{ 'notification.sent': [] }] }] }] },
    ]);
  });

  test('lists events by what they are, latest first, page by page', async () => {
    const { id } = await shop.place();
    await shop.ended(id);
    await caughtUp();
    const pages: Archived[][] = [];
    let cursor: string | undefined = '';
    while (cursor !== undefined) {
      const { body }: { body: Page } = await operations.call<Page>(
        'GET',
        `/events?order=${id}&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      pages.push([...body.items]);
      cursor = body.nextCursor;
    }
    const positions = pages.flat().map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted((a, b) => b - a));
    expect(new Set(pages.flat().map(({ event }) => event.id))).toEqual(new Set(shop.spy.about(id).map((event) => event.id)));
    expect(pages.slice(0, -1).every(({ length }) => length === 3)).toBe(true);

    const ofType = await operations.call<Page>('GET', `/events?type=payment.completed,shipping.shipped&correlation=${id}`);
    expect(ofType.body.items.map(({ event }) => event.type).sort()).toEqual(['payment.completed', 'shipping.shipped']);
    const ofService = await operations.call<Page>('GET', `/events?service=shipping-service&subject=${id}`);
    expect(ofService.body.items.map(({ service }) => service)).toEqual(['shipping-service']);
    const shipped = await shop.eventOf(id, 'shipping.shipped');
    const before = await operations.call<Page>('GET', `/events?order=${id}&to=${encodeURIComponent(shipped.time)}`);
    const since = await operations.call<Page>('GET', `/events?order=${id}&from=${encodeURIComponent(shipped.time)}`);
    expect(before.body.items.length + since.body.items.length).toBe(pages.flat().length);
    expect(since.body.items.map(({ event }) => event.id)).toContain(shipped.id);
  });
});

test('passes nothing by that a transaction commits after a later one', async () => {
  const order = shop.database('order');
  const late = new Client({ connectionString: shop.databaseUrl('order') });
  await late.connect();
  try {
    const write = (client: Client, id: string) =>
      client.query(
        `insert into event_log (event_id, type, subject, correlation_id, time, final, event)
         values ($1, 'test.written', 'hole', 'hole', now(), true, $2)`,
        [id, JSON.stringify(written(id))],
      );
    await late.query('begin');
    await write(late, '0193a4b0-0000-7000-8000-00000000000a');
    await write(order, '0193a4b0-0000-7000-8000-00000000000b');
    // Whatever is committed meanwhile: the feed holds it back until the older transaction has ended.
    const { id } = await shop.place();
    await shop.ended(id);
    await late.query('commit');
    await caughtUp();
    const { rows } = await archive.query("select id from archive where subject = 'hole' order by position");
    expect(rows.map((row) => String(row.id).at(-1))).toEqual(['a', 'b']);
  } finally {
    await late.end();
  }
});

test('keeps what it cannot read as it is, says why, and goes on behind it', async () => {
  const order = shop.database('order');
  const put = (body: string) =>
    order.query(
      `insert into event_log (event_id, type, subject, correlation_id, time, final, event)
       values (gen_random_uuid(), 'test.broken', 'broken', 'broken', now(), true, $1)`,
      [body],
    );
  const broken = [
    'no JSON',
    'two\nlines',
    '[]',
    JSON.stringify({ ...written('not-a-uuid') }),
    JSON.stringify({ ...written('0193a4b0-0000-7000-8000-00000000000c'), time: '9999-01-01T00:00:00Z' }),
    JSON.stringify({ ...written('0193a4b0-0000-7000-8000-00000000000d'), subject: 'a\0b' }),
  ];
  for (const body of broken) await put(body);
  const { id } = await shop.place();
  await shop.ended(id);
  await shop.settled();
  await until(
    async () =>
      (await archive.query("select from archive where subject = $1 and type = 'order.created'", [id])).rowCount || undefined,
    () => 'The archive does not go on',
  );
  const { rows } = await archive.query('select event, reason from archive_unreadable');
  expect(rows.map(({ event }) => String(event)).sort()).toEqual(broken.toSorted());
  expect(rows.map(({ reason }) => reason)).toEqual(
    expect.arrayContaining(['its id is no UUID', 'its subject has a NUL character in it']),
  );
  const metrics = await (await operations.open('/metrics')).text();
  expect(metrics).toMatch(new RegExp(`quickstep_archive_unreadable_events\\{[^}]*\\} ${broken.length}\\n`));
  for (const service of ['order', 'payment'])
    expect(metrics).toMatch(new RegExp(`quickstep_archive_lag_seconds\\{service="${service}-service"\\} \\d`));
  await order.query("delete from event_log where subject = 'broken'");
});

test('says which log it cannot read, goes on with the others, and catches up', async () => {
  await shop.service('shipping').stop();
  const away = await until(
    async () => {
      const { body } = await operations.call<{ failing: { name: string; detail: string }[] }>('GET', '/health/ready');
      return body.failing.find(({ name }) => name === 'archive');
    },
    () => 'Readiness does not say that a log cannot be read',
  );
  expect(away.detail).toContain('the log of shipping-service cannot be read');
  const { id } = await shop.place();
  await shop.eventOf(id, 'payment.completed');
  await until(
    async () => (await operations.call<CloudEvent[]>('GET', `/orders/${id}/events`)).body.length >= 3 || undefined,
    () => 'The other logs are not read',
  );
  await shop.start('shipping');
  await shop.ended(id);
  await caughtUp();
  const kept = await logsAndArchive(shop, archive);
  expect(kept.archive).toEqual(kept.logs);
});
