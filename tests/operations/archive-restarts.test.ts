import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { operationsClient } from '../../tools/src/ops/client.js';
import { verifyOrders } from '../../tools/src/ops/verify-orders.js';
import { archiveCaughtUp, archiveOf, eventsIn, logsAndArchive } from '../support/archived.js';
import { bearer, Operations, secretFile } from '../support/operations.js';
import { type ServiceProcess, startProcess } from '../support/process.js';
import { serviceNames } from '../support/services.js';
import { Shop } from '../support/shop.js';
import { PATIENCE, until } from '../support/until.js';

/** `ARCHIVE_ORDERS=50000 ARCHIVE_CLIENTS=256 ARCHIVE_KILLS=5 ARCHIVE_SERVICE_KILLS=2 npx jest tests/operations/archive-restarts` is the long run. */
const ORDERS = Number(process.env.ARCHIVE_ORDERS ?? 300);
/** Of each of two operations services. */
const KILLS = Number(process.env.ARCHIVE_KILLS ?? 2);
/** Of each other service. */
const SERVICE_KILLS = Number(process.env.ARCHIVE_SERVICE_KILLS ?? 1);
const CLIENTS = Number(process.env.ARCHIVE_CLIENTS ?? 8);
const PATIENT = PATIENCE + 10 * ORDERS;

const secret = secretFile();
const environment = { ...process.env };
let shop: Shop<ServiceProcess>;
let operations: Operations;
let archive: Client;
beforeAll(async () => {
  shop = await Shop.open(startProcess, secret.env);
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

/** Places orders until there are enough and `enough` says so too. */
async function placeMany(enough: () => boolean): Promise<string[]> {
  const ids: string[] = [];
  let begun = 0;
  const client = async () => {
    while (begun < ORDERS || !enough()) {
      const id = await shop.placeSurely(begun++ % 7 === 0 ? { paymentMethod: 'pm_card_declined' } : {});
      // When there are enough it is only so that the killed find work: a few at a time.
      if (ids.push(id) > ORDERS) await shop.ended(id);
    }
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
  (select md5(string_agg(s::text, ';' order by s::text)) from sales as s) as sales`;
const GENERATIONS = `select name, generation from projections
  where not exists (select from projections where not live or position < (select max(position) from archive)) order by name`;

/** Projections made anew have the rows that they had, and orders made of their events those of the order service. */
async function expectSound(url: string): Promise<void> {
  const caughtUp = async () => {
    const { rows } = await archive.query<{ name: string; generation: number }>(GENERATIONS);
    return rows.length > 0 ? rows : undefined;
  };
  const before = await until(caughtUp, () => 'The projections do not catch up', PATIENT);
  const rows = (await archive.query(ROWS)).rows;
  for (const { name } of before)
    await fetch(`${url}/projections/${name}/rebuild`, { method: 'POST', headers: bearer('operator') });
  const after = await until(caughtUp, () => 'The projections are not made anew', PATIENT);
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

async function killReplicas(replicas: ServiceProcess[]): Promise<void> {
  for (let kill = 0; kill < KILLS; kill++) {
    for (const [index, replica] of replicas.entries()) {
      await killAtWork(replica);
      replicas[index] = await startProcess('operations', operations.env);
    }
  }
}

async function killServices(): Promise<void> {
  for (let kill = 0; kill < SERVICE_KILLS; kill++) {
    for (const name of serviceNames) {
      await shop.service(name).kill();
      await shop.start(name);
    }
  }
}

test(
  `two replicas, killed ${KILLS} times each while ${ORDERS} orders run and each other service is killed ${SERVICE_KILLS} times, archive every event of every log once, and all that is made of it is right`,
  async () => {
    let killed = false;
    const placing = placeMany(() => killed);
    const replicas = await Promise.all([startProcess('operations', operations.env), startProcess('operations', operations.env)]);
    await Promise.all([killReplicas(replicas), killServices()]);
    killed = true;
    const ids = await placing;
    await Promise.all(ids.map((id) => shop.ended(id)));
    await shop.settled();
    await archiveCaughtUp(shop, archive, PATIENT);
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
  },
  4 * PATIENT + 120_000,
);
