import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type CatchUpFrom, PgCatchUp } from '@quickstep/shared/db';
import type { DataSource } from 'typeorm';
import { migratedDatabase } from './fixture.js';

let database: Awaited<ReturnType<typeof migratedDatabase>>;
let dataSource: DataSource;
let catchUp: PgCatchUp;
beforeAll(async () => {
  database = await migratedDatabase();
  ({ dataSource } = database);
});
afterAll(() => database.drop());
beforeEach(async () => {
  await dataSource.query('truncate handled_until, catch_up, catch_up_settings, queue_beginnings');
  catchUp = new PgCatchUp(dataSource);
});

const EMITTERS = ['order-service', 'payment-service'];
const NINE = new Date('2026-11-24T09:00:00Z');
const TEN = new Date('2026-11-24T10:00:00Z');
const ELEVEN = new Date('2026-11-24T11:00:00Z');
const missed = async () => [...(await catchUp.missed())].sort((a, b) => (a.emitter < b.emitter ? -1 : 1));
const handled = (latest: Record<string, Date>) =>
  catchUp.handled(new Map(Object.entries(latest).map(([emitter, time]) => [emitter, time.toISOString()])));
const all = (since: Date | undefined) => EMITTERS.map((emitter) => ({ emitter, since }));
const none: ReturnType<typeof all> = [];

describe('a queue that has to be created', () => {
  test('for the first time misses nothing: what comes from then on counts', async () => {
    await catchUp.plan(EMITTERS, 'last', true);
    expect(await missed()).toEqual([]);
    expect(await dataSource.query('select emitter from handled_until order by emitter')).toEqual(
      EMITTERS.map((emitter) => ({ emitter })),
    );
    const [{ now }]: [{ now: Date }] = await dataSource.query("select date_trunc('milliseconds', now()) as now");
    const began = await catchUp.beganAt();
    expect(began?.getTime()).toBeLessThanOrEqual(now.getTime());
    await catchUp.plan(EMITTERS, 'last', true);
    expect((await missed()).map(({ emitter }) => emitter)).toEqual(EMITTERS);
  });

  test('again misses what came since an hour before the latest event of each emitter; of an unknown one, since the earliest', async () => {
    await handled({ 'order-service': ELEVEN, 'shipping-service': TEN });
    await catchUp.plan(EMITTERS, 'last', true);
    expect(await missed()).toEqual([
      { emitter: 'order-service', since: TEN },
      { emitter: 'payment-service', since: NINE },
    ]);
  });

  test('misses nothing when it is to begin now', async () => {
    await handled({ 'order-service': ELEVEN });
    await catchUp.plan(EMITTERS, 'now', false);
    expect(await catchUp.beganAt()).toBeUndefined();
    await catchUp.plan(EMITTERS, 'now', true);
    expect(await missed()).toEqual([]);
    expect(await catchUp.beganAt()).toBeInstanceOf(Date);
  });
});

test('a queue that is there misses nothing', async () => {
  await handled({ 'order-service': ELEVEN });
  await catchUp.plan(EMITTERS, 'last', false);
  expect(await missed()).toEqual([]);
});

describe.each<[CatchUpFrom, Date | undefined]>([
  ['beginning', undefined],
  [TEN, TEN],
])('to begin at %s', (from, since) => {
  test.each([true, false])('is acted on once, whether the queue is missing: %s', async (missing) => {
    await catchUp.plan(EMITTERS, from, missing);
    expect(await missed()).toEqual(all(since));
    for (const each of await missed()) await catchUp.asked(each);
    await catchUp.plan(EMITTERS, from, false);
    expect(await missed()).toEqual(none);
  });

  test('counts as no reason not to ask when the queue is missing once more', async () => {
    await catchUp.plan(EMITTERS, from, true);
    for (const each of await missed()) await catchUp.asked(each);
    await handled({ 'order-service': TEN });
    await catchUp.plan(EMITTERS, from, true);
    expect(await missed()).toEqual(all(NINE));
  });
});

describe('two reasons to ask are one question', () => {
  const plans: readonly [CatchUpFrom, CatchUpFrom, Date | undefined][] = [
    [TEN, NINE, NINE],
    [NINE, TEN, NINE],
    [NINE, 'beginning', undefined],
    ['beginning', NINE, undefined],
  ];
  test.each(plans)('%s and %s', async (first, second, since) => {
    await catchUp.plan(EMITTERS, first, false);
    await catchUp.plan(EMITTERS, second, false);
    expect(await missed()).toEqual(all(since));
  });
});

test('what was widened after it had been asked stays to be asked', async () => {
  await catchUp.plan(EMITTERS, TEN, false);
  const asked = await missed();
  await catchUp.plan(['order-service'], NINE, false);
  for (const each of asked) await catchUp.asked(each);
  expect(await missed()).toEqual([{ emitter: 'order-service', since: NINE }]);
});

test('the latest event handled never moves back', async () => {
  await handled({ 'order-service': ELEVEN });
  await handled({ 'order-service': NINE });
  expect(await dataSource.query('select emitter, time from handled_until')).toEqual([{ emitter: 'order-service', time: ELEVEN }]);
});

test('an event more than five minutes ahead of the database does not hide what is missed until then', async () => {
  const ahead = (minutes: number) => new Date(Date.now() + minutes * 60_000);
  await handled({ 'order-service': ELEVEN });
  await handled({ 'order-service': ahead(60), 'payment-service': ahead(60), 'shipping-service': ahead(1) });
  const known: { emitter: string; time: Date }[] = await dataSource.query(
    'select emitter, time from handled_until order by emitter',
  );
  expect(known.map(({ emitter }) => emitter)).toEqual(['order-service', 'shipping-service']);
  expect(known[0]?.time).toEqual(ELEVEN);
});
