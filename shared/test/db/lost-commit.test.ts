import { once } from 'node:events';
import { connect as connectTo, createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PgStore } from '@quickstep/shared/db';
import { OutcomeUnknown, Unavailable } from '@quickstep/shared/pipeline';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { Connection } from '../../src/db/connection.js';
import { claimOf, dataSourceOf, migratedDatabase, nothing, outgoing } from './fixture.js';

let dataSource: DataSource;
let drop: () => Promise<void>;
let url: string;

beforeAll(async () => {
  ({ dataSource, url, drop } = await migratedDatabase());
});
afterAll(() => drop());

/** A way to PostgreSQL on which answers can be withheld and the connection cut. */
async function wire() {
  const target = new URL(url);
  const { hostname, port } = target;
  let deaf = false;
  const server = createServer((client) => {
    const upstream = connectTo(Number(port || '5432'), hostname);
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    client.pipe(upstream);
    upstream.on('data', (data) => void (deaf ? client.destroy() : client.write(data)));
    client.on('close', () => upstream.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('The server listens on no port');
  target.hostname = '127.0.0.1';
  target.port = String(address.port);
  return {
    url: target.href,
    /** The next answer is lost, and with it the connection. */
    loseAnswers: () => {
      deaf = true;
    },
    close: () => server.close(),
  };
}

test('a commit whose answer is lost has an unknown outcome: here it happened', async () => {
  const line = await wire();
  const remote = dataSourceOf(line.url);
  await remote.initialize();
  const store = new PgStore(remote);
  const claim = claimOf(v7());
  const batch = await store.begin([claim], []);
  line.loseAnswers();
  await expect(batch.commit({ ...nothing, outbox: { id: v7(), events: [outgoing('order.created')] } })).rejects.toThrow(
    OutcomeUnknown,
  );
  const direct = new PgStore(dataSource);
  const again = await direct.begin([claim], []);
  expect(again.claimed).toEqual([false]);
  await again.rollback();
  await Promise.all([store.close(), direct.close()]);
  await remote.destroy();
  line.close();
});

test('a commit that the server refuses is known not to have happened', async () => {
  await dataSource.query(`alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = on`);
  const frozen = dataSourceOf(url);
  await frozen.initialize();
  const store = new PgStore(frozen);
  const batch = await store.begin([], []);
  const outbox = { id: v7(), events: [outgoing('order.created')] };
  const failure: unknown = await batch.commit({ ...nothing, outbox }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Unavailable);
  expect(failure).not.toBeInstanceOf(OutcomeUnknown);
  await store.close();
  await frozen.destroy();
});

test('a commit that is not sent, because the connection broke before, is known not to have happened', async () => {
  const connection = await Connection.open(dataSource);
  await connection.send([{ text: 'begin' }]);
  await connection.close();
  const failure: unknown = await connection.commit([{ text: 'commit' }]).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Unavailable);
  expect(failure).not.toBeInstanceOf(OutcomeUnknown);
});
