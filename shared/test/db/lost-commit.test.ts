import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PgStore } from '@quickstep/shared/db';
import { OutcomeUnknown, Unavailable } from '@quickstep/shared/pipeline';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { Connection } from '../../src/db/connection.js';
import { claimOf, dataSourceOf, migratedDatabase, nothing, outgoing } from './fixture.js';
import { wireTo } from './wire.js';

let dataSource: DataSource;
let drop: () => Promise<void>;
let url: string;

beforeAll(async () => {
  ({ dataSource, url, drop } = await migratedDatabase());
});
afterAll(() => drop());

test('a commit whose answer is lost has an unknown outcome: here it happened', async () => {
  const line = await wireTo(url);
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
