import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { operationsClient } from '../../tools/src/ops/client.js';
import { verifyOrders } from '../../tools/src/ops/verify-orders.js';
import { archiveCaughtUp, archiveOf, eventsIn, logsAndArchive } from '../support/archived.js';
import { bearer, Operations, secretFile } from '../support/operations.js';
import { type ServiceProcess, startProcess } from '../support/process.js';
import { openShop, type Shop } from '../support/shop.js';
import { until } from '../support/until.js';

/** `ARCHIVE_ORDERS=5000 ARCHIVE_KILLS=10 npx jest tests/operations/archive-restarts` places and kills that many. */
const ORDERS = Number(process.env.ARCHIVE_ORDERS ?? 300);
const KILLS = Number(process.env.ARCHIVE_KILLS ?? 4);
const CLIENTS = 8;

const secret = secretFile();
const environment = { ...process.env };
let shop: Shop;
let operations: Operations;
let archive: Client;
beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, secret.env);
  await operations.stop();
  archive = await archiveOf(operations);
});
afterAll(async () => {
  process.env = environment;
  await archive.end();
  await operations.close();
  await shop.close();
  secret.remove();
});

async function placeMany(): Promise<string[]> {
  const ids: string[] = [];
  let left = ORDERS;
  const client = async () => {
    while (left-- > 0) ids.push(await shop.placeSurely(left % 7 === 0 ? { paymentMethod: 'pm_card_declined' } : {}));
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return ids;
}

const archivedEvents = async () => Number((await archive.query('select count(*) as count from archive')).rows[0].count);

/** Kills it once it has stored something since it was started, so that it is killed at work. */
async function killAtWork(replica: ServiceProcess): Promise<void> {
  const before = await archivedEvents();
  const until = performance.now() + 2_000;
  while ((await archivedEvents()) === before && performance.now() < until);
  await replica.kill();
}

const ROWS = `select (select md5(string_agg(s::text, ';' order by s::text)) from sagas as s) as sagas,
  (select md5(string_agg(c::text, ';' order by c::text)) from customer_orders as c) as customers,
  (select md5(string_agg(s::text, ';' order by s::text)) from sales as s) as sales`;
const GENERATIONS = `select name, generation from projections
  where not exists (select from projections where not live or position < (select max(position) from archive)) order by name`;

/** Projections made anew have the rows that they had, and orders made of their events those of the order service. */
async function expectSound(url: string): Promise<void> {
  const caughtUp = async () => {
    const { rows } = await archive.query<{ name: string; generation: number }>(GENERATIONS);
    return rows.length > 0 ? rows : undefined;
  };
  const before = await until(caughtUp, () => 'The projections do not catch up');
  const rows = (await archive.query(ROWS)).rows;
  for (const { name } of before)
    await fetch(`${url}/projections/${name}/rebuild`, { method: 'POST', headers: bearer('operator') });
  const after = await until(caughtUp, () => 'The projections are not made anew');
  for (const [index, { generation }] of before.entries()) expect(after[index]?.generation).toBeGreaterThan(generation);
  expect((await archive.query(ROWS)).rows).toEqual(rows);
  Object.assign(process.env, secret.env, { OPERATIONS_URL: url, ORDER_URL: shop.service('order').url });
  const { signal } = new AbortController();
  const lines: string[] = [];
  const context = { client: () => operationsClient(signal), signal, print: (line: string) => void lines.push(line) };
  expect({ code: await verifyOrders.run([], context), lines }).toEqual({
    code: 0,
    lines: [expect.stringContaining('their rows are')],
  });
}

test(`two replicas, killed ${KILLS} times each while ${ORDERS} orders run, archive every event of every log once, and all that is made of it is right`, async () => {
  const placing = placeMany();
  const replicas = await Promise.all([startProcess('operations', operations.env), startProcess('operations', operations.env)]);
  for (let kill = 0; kill < KILLS; kill++) {
    for (const [index, replica] of replicas.entries()) {
      await killAtWork(replica);
      replicas[index] = await startProcess('operations', operations.env);
    }
  }
  const ids = await placing;
  await Promise.all(ids.map((id) => shop.ended(id)));
  await shop.settled();
  await archiveCaughtUp(shop, archive);
  const [first] = replicas;
  if (first !== undefined) await expectSound(first.url);
  await Promise.all(replicas.map((replica) => replica.stop()));
  const kept = await logsAndArchive(shop, archive);
  expect(eventsIn(kept.archive)).toBeGreaterThan(ORDERS * 5);
  expect(kept.archive).toEqual(kept.logs);
  // Counted with each page that was stored: no event came in two of them.
  const stored = await archive.query('select service, events::int from archive_feeds order by service');
  const held = await archive.query('select service, count(*)::int as events from archive group by service order by service');
  expect(stored.rows).toEqual(held.rows);
});
