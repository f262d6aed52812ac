import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Analysis, patterns, windows } from '@quickstep/operations-service/analytics';
import type { CloudEvent } from '@quickstep/shared/events';
import { connect } from 'amqplib';
import { Client } from 'pg';
import { Duck } from '../../tools/src/batch/duckdb.js';
import { type ExportFormat, eventsIn } from '../../tools/src/batch/event-file.js';
import { windowQuery } from '../../tools/src/batch/window-query.js';
import { exportCommand } from '../../tools/src/ops/export.js';
import { archiveCaughtUp } from '../support/archived.js';
import { Operations, secretFile } from '../support/operations.js';
import { runOps } from '../support/ops-command.js';
import { antarctica, openShop, type Shop } from '../support/shop.js';
import { until } from '../support/until.js';

interface WindowsPage {
  readonly watermark: string | null;
  readonly counted: number;
  readonly tooLate: number;
  readonly items: readonly { readonly start: string; readonly key: string; readonly count: number; readonly sum: number }[];
  readonly nextCursor?: string;
}
interface AlertView {
  readonly id: string;
  readonly pattern: string;
  readonly key: string;
  readonly raisedAt: string | null;
}

const secret = secretFile();
const directory = mkdtempSync(join(tmpdir(), 'quickstep-analytics-'));
let shop: Shop;
let operations: Operations;
let database: Client;
/** `analytics.alert_raised`, as anybody hears it. */
const heard: CloudEvent[] = [];
let stopHearing: () => Promise<void>;

beforeAll(async () => {
  shop = await openShop(secret.env);
  const connection = await connect(shop.vhost.url);
  stopHearing = () => connection.close();
  const channel = await connection.createChannel();
  await channel.assertExchange('analytics.events', 'topic', { durable: true });
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'analytics.events', '#');
  await channel.consume(queue, (message) => message && heard.push(JSON.parse(message.content.toString())), { noAck: true });
  operations = await Operations.open(shop, secret.env);
  database = new Client({ connectionString: operations.database.url });
  await database.connect();
});
afterAll(async () => {
  await database.end();
  await stopHearing();
  await operations.close();
  await shop.close();
  secret.remove();
  rmSync(directory, { recursive: true, force: true });
});

const types = new Analysis(windows, patterns).observes.map(({ type }) => type);

/** Resolves when windows and patterns have seen everything that was emitted. */
async function analysed(): Promise<void> {
  await shop.settled();
  await archiveCaughtUp(shop, database);
  const behind = `select count(*)::int as behind from archive, analytics_progress p
    where archive.position > p.position and type = any($1)`;
  await until(
    async () => ((await database.query<{ behind: number }>(behind, [types])).rows[0]?.behind === 0 ? true : undefined),
    () => 'The archive is not analysed',
  );
}

const alerts = async (pattern: string) =>
  (await operations.call<{ items: AlertView[] }>('GET', '/analytics/alerts?limit=1000')).body.items.filter(
    (each) => each.pattern === pattern,
  );

async function exported(format: ExportFormat): Promise<string> {
  const file = join(directory, `events-${heard.length}-${Math.random()}.${format}`);
  const { code } = await runOps(operations, exportCommand, '--format', format, '--out', file);
  expect(code).toBe(0);
  return file;
}

test.each<[ExportFormat]>([['parquet'], ['csv'], ['jsonl']])(
  'over a real run the windows are what DuckDB makes of an export as %s',
  async (format) => {
    const placed = await Promise.all([
      ...Array.from({ length: 30 }, () => shop.place()),
      ...Array.from({ length: 4 }, (_, index) => shop.place({ customerId: `buyer-${index}`, paymentMethod: 'pm_card_declined' })),
      shop.place({ shippingAddress: antarctica }),
    ]);
    await Promise.all(placed.map(({ id }) => shop.ended(id)));
    await analysed();
    const duck = await Duck.open(directory);
    const events = eventsIn(await exported(format), format);
    for (const declared of windows) {
      const { body } = await operations.call<WindowsPage>('GET', `/analytics/windows?name=${declared.name}&limit=1000`);
      const streamed = body.items.map(({ start, key, count, sum }) => ({ start: Date.parse(start), key, count, sum }));
      const batch = await duck.rows(`select start, key, count, sum from (${windowQuery(declared, events)}) order by start, key`);
      expect(streamed).toEqual(batch);
      expect(body.tooLate).toBe(0);
    }
    duck.close();
  },
);

describe('an alert', () => {
  test('is raised once as an event, also when everything is analysed anew', async () => {
    const customerId = `declined-${Date.now()}`;
    for (let time = 0; time < 3; time++)
      await shop.ended((await shop.place({ customerId, paymentMethod: 'pm_card_declined' })).id);
    const raised = () => heard.filter(({ data }) => JSON.stringify(data).includes(customerId));
    await until(
      async () => raised()[0],
      () => 'No alert was raised',
    );
    const [found] = (await alerts('declined-three-times')).filter(({ key }) => key === customerId);
    expect(found?.raisedAt).not.toBeNull();
    expect(raised()[0]).toMatchObject({
      type: 'analytics.alert_raised',
      source: '/operations-service',
      subject: found?.id,
      data: { pattern: 'declined-three-times', key: customerId, detail: '3 times within 600 s' },
    });
    await analysed();
    const before = await results();
    await database.query("update analytics_progress set version = 'another'");
    await database.query("delete from analytics_alerts where key = 'buyer-0'");
    await operations.restart();
    await analysed();
    expect(await results()).toEqual(before);
    // Found in events that had been analysed before: noted, and not told as news.
    expect((await alerts('declined-three-times')).filter(({ key }) => key === 'buyer-0')).toMatchObject([{ raisedAt: null }]);
    // Whatever is raised by mistake would be raised before this one.
    const next = `declined-again-${Date.now()}`;
    for (let time = 0; time < 3; time++)
      await shop.ended((await shop.place({ customerId: next, paymentMethod: 'pm_card_declined' })).id);
    await until(
      async () => heard.find(({ data }) => JSON.stringify(data).includes(next)),
      () => 'No second alert was raised',
    );
    expect(raised()).toHaveLength(1);
    expect(heard.filter(({ data }) => JSON.stringify(data).includes('buyer-0'))).toHaveLength(1);
    await analysed();
    // Alerts are archived like any other event, and nothing is found in them.
    const { body } = await operations.call<{ items: { event: CloudEvent }[] }>(
      'GET',
      '/events?service=operations-service&limit=1000',
    );
    expect(body.items.map(({ event }) => event.id).sort()).toEqual(heard.map(({ id }) => id).sort());
  });

  /** All results and alerts. */
  async function results() {
    const rows = async (statement: string) => (await database.query(statement)).rows;
    return [
      await rows('select * from analytics_windows order by id'),
      await rows('select id, state from analytics_patterns order by id'),
      await rows('select * from analytics_totals order by name'),
      await rows('select * from analytics_sources order by service'),
      await rows("select * from analytics_alerts where key <> 'buyer-0' order by id"),
    ];
  }
});

test('an event that does not keep its contract holds nothing up', async () => {
  await database.query(`insert into archive (id, service, type, subject, correlation_id, time, event)
    select gen_random_uuid(), service, type, 'broken', correlation_id, time,
      jsonb_set(event::jsonb, '{data}', '{"total": "much"}')::text
    from archive where type = 'order.completed' limit 1`);
  const { id } = await shop.place({ customerId: 'after-it' });
  await shop.ended(id);
  await analysed();
  const { body } = await operations.call<WindowsPage>('GET', '/analytics/windows?name=orders-placed');
  expect(body.counted).toBe(shop.placed.length);
  await database.query("delete from archive where subject = 'broken'");
});

describe('the API', () => {
  test('says so while the results are being made anew', async () => {
    const path = '/analytics/windows?name=sales';
    await database.query('update analytics_progress set silent_until = silent_until + 1000000');
    expect(await operations.call('GET', path)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    await database.query('update analytics_progress set silent_until = silent_until - 1000000');
    expect(await operations.call('GET', path)).toMatchObject({ status: 200 });
  });

  test('pages through windows, by time and key', async () => {
    const paged = async (more: string) => {
      const items: unknown[] = [];
      for (let cursor = ''; ; ) {
        const { body } = await operations.call<WindowsPage>('GET', `/analytics/windows?name=units-sold&limit=1${more}${cursor}`);
        items.push(...body.items);
        if (body.nextCursor === undefined) return items;
        cursor = `&cursor=${body.nextCursor}`;
      }
    };
    const all = await operations.call<WindowsPage>('GET', '/analytics/windows?name=units-sold&limit=1000');
    expect(await paged('')).toEqual(all.body.items);
    expect(await paged('&latest=true')).toEqual(all.body.items.toReversed());
    const { body } = await operations.call<WindowsPage>(
      'GET',
      '/analytics/windows?name=units-sold&key=SKU-1&from=2020-01-01&to=2100-01-01',
    );
    expect(body.items.every(({ key }) => key === 'SKU-1')).toBe(true);
    expect(body.items.length).toBeGreaterThan(0);
    expect((await operations.call<WindowsPage>('GET', '/analytics/windows?name=units-sold&to=2020-01-01')).body.items).toEqual(
      [],
    );
  });
});
