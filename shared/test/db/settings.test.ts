import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { Session } from '../../src/db/session.js';
import { dataSourceOf, migratedDatabase } from './fixture.js';

let dataSource: DataSource;
let drop: () => Promise<void>;
let url: string;

const careless: Readonly<Record<string, string>> = {
  synchronous_commit: 'off',
  default_transaction_isolation: 'serializable',
  lock_timeout: '0',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
};

beforeAll(async () => {
  ({ dataSource, url, drop } = await migratedDatabase());
  for (const [name, value] of Object.entries(careless))
    await dataSource.query(`alter database ${nameOf(url)} set ${name} = '${value}'`);
});
afterAll(() => drop());

const nameOf = (of: string) => new URL(of).pathname.slice(1);
const names = Object.keys(careless);
const asked = { text: `select ${names.map((name) => `current_setting('${name}') as ${name}`).join(', ')}` };

async function settingsOf(session: Session): Promise<unknown> {
  const [answer] = await session.send([asked]);
  await session.close();
  return answer?.rows[0];
}

test('the settings that the promise rests on are set, whatever the database and the data source are set to', async () => {
  // Its connections are made after the database was changed.
  const fresh = dataSourceOf(url, 90_000);
  await fresh.initialize();
  const [plain]: Record<string, string>[] = await fresh.query(asked.text);
  expect(plain).toMatchObject({ synchronous_commit: 'off', default_transaction_isolation: 'serializable' });
  const set = {
    default_transaction_isolation: 'read committed',
    lock_timeout: '1500ms',
    statement_timeout: '30s',
    idle_in_transaction_session_timeout: '30s',
  };
  expect(await settingsOf(new Session(fresh))).toEqual({ ...set, synchronous_commit: 'on' });
  expect(await settingsOf(new Session(fresh, false))).toEqual({ ...set, synchronous_commit: 'off' });
  await fresh.destroy();
});
