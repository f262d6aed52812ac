import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { OrderCompleted } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { createDataSource, kitMigrations, migrate } from '@quickstep/shared/db';
import { createLogger } from '@quickstep/shared/logging';
import { type FreshDatabase, freshDatabase, happened } from '@quickstep/shared/testing';
import type { DataSource } from 'typeorm';
import { FeedPositions } from '../src/archive/feed-positions.js';
import { Archive, Archive1760000000001, RecentEvents } from '../src/archive/index.js';
import { createPartitions, monthOf } from '../src/archive/partitions.js';
import { applyNext } from '../src/projections/batch.js';
import { type Generation, Generations } from '../src/projections/generations.js';
import { Projections, Projections1760000000002, projectionsPart } from '../src/projections/index.js';
import { sagas, sales } from '../src/read-models/index.js';

const ORDERS = 20;

const quiet = () => createLogger({ service: 'test', level: 'error', to: new PassThrough().resume() });

let database: FreshDatabase;
let dataSource: DataSource;
let archive: Archive;
let generations: Generations;
beforeEach(async () => {
  database = await freshDatabase();
  dataSource = createDataSource({
    url: database.url,
    applicationName: 'generations',
    entities: [],
    migrations: [...kitMigrations, Archive1760000000001, Projections1760000000002],
    poolSize: 6,
  });
  await dataSource.initialize();
  await migrate(dataSource);
  archive = new Archive(dataSource);
  generations = new Generations(dataSource);
  await new FeedPositions(dataSource).store('order-service', undefined, Array.from({ length: ORDERS }, line));
});
afterEach(async () => {
  await dataSource.destroy();
  await database.drop();
});

function line(_: unknown, number: number) {
  const event = happened(OrderCompleted({ ...sampleOrder(), trackingNumber: 'T' }));
  const { id, type, subject, correlationid: correlationId } = event;
  return {
    cursor: `c${number}`,
    id,
    type,
    subject,
    correlationId,
    time: new Date(event.time),
    event,
    body: JSON.stringify(event),
  };
}

async function one(live: boolean): Promise<Generation> {
  const found = (await generations.all()).find((each) => each.live === live);
  if (found === undefined) throw new Error('There is no such generation');
  return found;
}
const apply = async (generation: Generation) =>
  applyNext(dataSource, archive, { projection: sales, generation, end: await archive.end() });
const sold = async () => {
  const rows: { orders: number }[] = await dataSource.query('select sum(completed_orders)::int as orders from sales');
  return rows[0]?.orders;
};

test('while another replica applies the events, it rests', async () => {
  await generations.begin(sales);
  const live = await one(true);
  const other = dataSource.createQueryRunner();
  await other.startTransaction();
  await other.query('select from projections where name = $1 for update', [sales.name]);
  expect(await apply(live)).toEqual({ events: 0, refused: [], position: 0, more: false });
  await other.rollbackTransaction();
  await other.release();
  expect(await apply(live)).toMatchObject({ events: ORDERS });
});

test('of those who have the same events at the same time one applies them', async () => {
  await Promise.all([generations.begin(sales), generations.begin(sales)]);
  expect(await generations.all()).toHaveLength(1);
  const live = await one(true);
  const applied = await Promise.all([apply(live), apply(live), apply(live)]);
  expect(applied.map(({ events }) => events).sort((a, b) => a - b)).toEqual([0, 0, ORDERS]);
  // Sums count an order of two SKUs twice.
  expect(await sold()).toBe(2 * ORDERS);
});

test('readers see a rebuild when it has caught up, not before, and nothing is left of what was there', async () => {
  await generations.begin(sales);
  await apply(await one(true));
  expect([await generations.rebuild(sales), await generations.rebuild(sales)]).toEqual([true, false]);
  const next = await one(false);
  const end = await archive.end();
  expect(await generations.switchTo(sales, next.generation, end)).toBe(false);
  expect(await sold()).toBe(2 * ORDERS);
  await apply(next);
  const switched = await Promise.all([
    generations.switchTo(sales, next.generation, end),
    generations.switchTo(sales, next.generation, end),
  ]);
  expect(switched.sort()).toEqual([false, true]);
  expect(await generations.all()).toEqual([expect.objectContaining({ generation: next.generation, live: true, events: ORDERS })]);
  expect(await sold()).toBe(2 * ORDERS);
  const tables: { name: string }[] = await dataSource.query(
    "select relname as name from pg_class where relkind = 'r' and relname like 'sales%'",
  );
  expect(tables).toEqual([{ name: `sales_g${next.generation}` }]);
});

test('how old the first event is that readers do not see is told until it is applied', async () => {
  await generations.begin(sales);
  await createPartitions(dataSource.manager, [monthOf(new Date(Date.now() - 3 * 3_600_000))]);
  await dataSource.query(
    "update archive set time = now() - interval '3 hours' where position = (select min(position) + 1 from archive)",
  );
  const live = await one(true);
  const oldest = async () => (await generations.oldestSeconds()).get('sales');
  const first = await oldest();
  expect(first).toBeGreaterThanOrEqual(0);
  expect(first).toBeLessThan(3_600);
  // Of the second event, the first having been applied.
  await dataSource.query('update projections set position = (select min(position) from archive)');
  expect(await oldest()).toBeGreaterThan(10_000);
  await generations.rebuild(sales);
  expect(await oldest()).toBeGreaterThan(10_000);
  await dataSource.query('update projections set position = $1', [live.position]);
  await apply(live);
  expect(await oldest()).toBe(0);
});

test('another version is made beside the one that readers see', async () => {
  await generations.begin(sales);
  await apply(await one(true));
  const changed = { ...sales, version: sales.version + 1 };
  await generations.begin(changed);
  expect((await generations.all()).map(({ version, live }) => [version, live])).toEqual([
    [1, true],
    [2, false],
  ]);
  expect(await sold()).toBe(2 * ORDERS);
  await apply(await one(false));
  expect(await generations.switchTo(changed, (await one(false)).generation, await archive.end())).toBe(true);
  expect((await generations.all()).map(({ version, live }) => [version, live])).toEqual([[2, true]]);
  expect(await sold()).toBe(2 * ORDERS);
});

test('while somebody locks the rows of one projection the others go on', async () => {
  const kept = new Projections({ projections: [sales, sagas], dataSource, archive, logger: quiet() });
  await kept.begin();
  const locked = (await generations.all()).find(({ name }) => name === 'sales');
  const somebody = dataSource.createQueryRunner();
  await somebody.startTransaction();
  await somebody.query(`lock table sales_g${locked?.generation} in exclusive mode`);
  // Ends while the lock is held.
  expect(await kept.advance()).toBe('failed');
  const reached = (await generations.all()).map(({ name, position }) => [name, position]);
  expect(reached).toEqual([
    ['sagas', await archive.end()],
    ['sales', 0],
  ]);
  await somebody.rollbackTransaction();
  await somebody.release();
  expect(kept.states().map(({ projection, failure }) => [projection.name, failure])).toEqual([
    ['sales', 'canceling statement due to lock timeout'],
    ['sagas', undefined],
  ]);
});

test('a projection that stands still is left alone for a second', async () => {
  const apply = () => {
    throw new Error('a bug in it');
  };
  const logger = quiet();
  const kept = new Projections({ projections: [{ ...sales, apply }], dataSource, archive, logger });
  let rests = (_: number) => {};
  const rest = new Promise<number>((resolve) => {
    rests = resolve;
  });
  const after = (milliseconds: number) => {
    rests(milliseconds);
    return () => undefined;
  };
  const part = projectionsPart(kept, {
    recent: new RecentEvents(),
    clock: { now: () => new Date(), elapsed: () => 0, after },
    logger,
  });
  await part.start?.();
  expect(await rest).toBe(1_000);
  await part.stop?.(AbortSignal.abort());
});
