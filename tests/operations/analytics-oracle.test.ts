import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type AlertFound,
  Analysis,
  type AnalyticsState,
  emptyState,
  patterns,
  type WindowDeclaration,
  windows,
} from '@quickstep/operations-service/analytics';
import { Duck } from '../../tools/src/batch/duckdb.js';
import { eventsIn } from '../../tools/src/batch/event-file.js';
import { windowQuery } from '../../tools/src/batch/window-query.js';
import { analyse } from '../support/analyse.js';
import { generatedEvents } from '../support/generated-events.js';

const ORDERS = 100_000;
const events = generatedEvents(ORDERS, 7);
const directory = mkdtempSync(join(tmpdir(), 'quickstep-oracle-'));
const state = emptyState();
let alerts: AlertFound[];
let duck: Duck;

beforeAll(async () => {
  const file = join(directory, 'events.jsonl');
  const lines = Readable.from(events.map((each) => `${JSON.stringify(each)}\n`));
  await pipeline(lines, createWriteStream(file));
  duck = await Duck.open(directory);
  await duck.run(`create table events as select * from ${eventsIn(file, 'jsonl')}`);
  alerts = analyse(new Analysis(windows, patterns), events, state);
}, 240_000);
afterAll(() => {
  duck.close();
  rmSync(directory, { recursive: true, force: true });
});

/** As the batch has them: ordered by start and key. */
function streamed(name: string, { windows: results }: AnalyticsState) {
  return [...results]
    .filter(([id]) => id.startsWith(`${name} `))
    .map(([, { start, key, count, sum, least, most }]) => ({ start, key, count, sum, least, most }))
    .sort((a, b) => a.start - b.start || (a.key < b.key ? -1 : 1));
}

describe('over 100,000 orders, with 5 % of the events up to two minutes late', () => {
  test.each(windows.map((each) => [each.name, each] as const))(
    'the windows "%s" are what DuckDB says',
    async (name, declared) => {
      const batch = await duck.rows(windowQuery(declared, 'events'));
      expect(batch.length).toBeGreaterThan(5);
      expect(streamed(name, state)).toEqual(batch);
      expect(state.counts.get(name)?.tooLate).toBe(0);
    },
  );

  test('windows were corrected after they had closed', () => {
    expect(state.counts.get('orders-placed')?.corrections).toBeGreaterThan(1_000);
  });

  test('without lateness what comes late is missing, and is counted', async () => {
    const [first] = windows;
    const strict: WindowDeclaration[] = first === undefined ? [] : [{ ...first, window: { ...first.window, lateness: 0 } }];
    const alone = emptyState();
    analyse(new Analysis(strict, []), events, alone);
    const counted = streamed('orders-placed', alone).reduce((sum, { count }) => sum + count, 0);
    const tooLate = alone.counts.get('orders-placed')?.tooLate ?? 0;
    expect(tooLate).toBeGreaterThan(1_000);
    expect(counted + tooLate).toBe(ORDERS);
  });

  test('the customers with three declined payments within ten minutes are those that DuckDB finds', async () => {
    const found = new Set(alerts.filter(({ pattern }) => pattern === 'declined-three-times').map(({ key }) => key));
    const batch = await duck.rows(`
      with declined as (select c.data->>'customerId' as customer, f.time from events f join events c using (subject)
             where f.type = 'payment.failed' and c.type = 'inventory.reserved'),
           spans as (select customer, time - lag(time, 2) over (partition by customer order by time) as span from declined)
      select distinct customer from spans where span <= interval 10 minutes order by customer`);
    expect(found.size).toBeGreaterThan(100);
    expect([...found].sort()).toEqual(batch.map(({ customer }) => customer));
  });
});
