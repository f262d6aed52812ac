import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { archiveCaughtUp, archiveOf, logsAndArchive } from '../support/archived.js';
import { Operations, secretFile } from '../support/operations.js';
import { type ServiceProcess, startProcess } from '../support/process.js';
import { openShop, type Shop } from '../support/shop.js';

/** `ARCHIVE_ORDERS=5000 ARCHIVE_KILLS=10 npx jest tests/operations/archive-restarts` places and kills that many. */
const ORDERS = Number(process.env.ARCHIVE_ORDERS ?? 300);
const KILLS = Number(process.env.ARCHIVE_KILLS ?? 4);
const CLIENTS = 8;

const secret = secretFile();
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

test(`two replicas, killed ${KILLS} times each while ${ORDERS} orders run, archive every event of every log once`, async () => {
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
  await Promise.all(replicas.map((replica) => replica.stop()));
  const kept = await logsAndArchive(shop, archive);
  expect(kept.archive.length).toBeGreaterThan(ORDERS * 5);
  expect(kept.archive).toEqual(kept.logs);
  // Counted with each page that was stored: no event came in two of them.
  const stored = await archive.query('select service, events::int from archive_feeds order by service');
  const held = await archive.query('select service, count(*)::int as events from archive group by service order by service');
  expect(stored.rows).toEqual(held.rows);
});
