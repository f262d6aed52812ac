import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { OrderCompleted } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { createDataSource, kitMigrations, migrate } from '@quickstep/shared/db';
import { createLogger } from '@quickstep/shared/logging';
import { type FreshDatabase, freshDatabase, happened } from '@quickstep/shared/testing';
import type { DataSource } from 'typeorm';
import { Analysing } from '../src/analytics/analysing.js';
import type { WindowDeclaration } from '../src/analytics/declaration.js';
import { Analytics1760000000003 } from '../src/analytics/migration.js';
import { sourcesReached, totalsOf } from '../src/analytics/queries.js';
import { FeedPositions } from '../src/archive/feed-positions.js';
import { Archive1760000000001, RecentEvents } from '../src/archive/index.js';

const NOW = Date.UTC(2026, 10, 24, 12);
const MINUTE = 60_000;
const minutes: WindowDeclaration = {
  name: 'minutes',
  description: '',
  types: [OrderCompleted],
  window: { seconds: 60, lateness: 60 },
  measure: { kind: 'count' },
};

let database: FreshDatabase;
let dataSource: DataSource;
let analysing: Analysing;
let now = NOW;
let read = 0;
beforeEach(async () => {
  database = await freshDatabase();
  dataSource = createDataSource({
    url: database.url,
    applicationName: 'watermark',
    entities: [],
    migrations: [...kitMigrations, Archive1760000000001, Analytics1760000000003],
    poolSize: 2,
  });
  await dataSource.initialize();
  await migrate(dataSource);
  now = NOW;
  read = 0;
  const logger = createLogger({ service: 'test', level: 'error', to: new PassThrough().resume() });
  const clock = { now: () => new Date(now), elapsed: () => now, after: () => () => undefined };
  const resources = { dataSource, clock, logger };
  analysing = new Analysing({ windows: [minutes], patterns: [], recent: new RecentEvents(), resources });
  await analysing.prepare();
});
afterEach(async () => {
  await dataSource.destroy();
  await database.drop();
});

/** Archives one event for each of these times, and has them analysed. */
async function seen(...times: readonly number[]): Promise<void> {
  const lines = times.map((time, index) => {
    const event = { ...happened(OrderCompleted({ ...sampleOrder(), trackingNumber: 'T' })), time: new Date(time).toISOString() };
    const { id, type, subject, correlationid: correlationId } = event;
    const about = { id, type, subject, correlationId };
    return { cursor: `c${read + index + 1}`, ...about, time: new Date(time), event, body: JSON.stringify(event) };
  });
  await new FeedPositions(dataSource).store('order-service', read === 0 ? undefined : `c${read}`, lines);
  read += lines.length;
  await analysing.look();
}

test('an event of the future does not make those late that come after it', async () => {
  await seen(NOW, NOW + 60 * MINUTE);
  expect((await sourcesReached(dataSource)).get('order-service')).toBe(NOW + 10_000);
  now += 5 * MINUTE;
  await seen(now - MINUTE, now);
  expect(await totalsOf(dataSource, 'minutes')).toEqual({ counted: 4, corrections: 0, tooLate: 0 });
  await seen(NOW);
  expect(await totalsOf(dataSource, 'minutes')).toMatchObject({ tooLate: 1 });
});

test('what had been believed of the future is forgotten with the next event', async () => {
  await seen(NOW);
  await dataSource.query("update analytics_sources set reached_at = reached_at + interval '1 day'");
  now += MINUTE;
  await seen(now, now);
  expect((await sourcesReached(dataSource)).get('order-service')).toBe(now + 10_000);
  expect(await totalsOf(dataSource, 'minutes')).toMatchObject({ tooLate: 1 });
});
