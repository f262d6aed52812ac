import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CloudEvent } from '@quickstep/shared/events';
import type { ExportFormat } from '../../tools/src/batch/event-file.js';
import { exportEvents } from '../../tools/src/batch/export-events.js';
import { exportCommand } from '../../tools/src/ops/export.js';
import { archiveCaughtUp, archiveOf } from '../support/archived.js';
import { Operations, secretFile } from '../support/operations.js';
import { runOps } from '../support/ops-command.js';
import { openShop, type Shop } from '../support/shop.js';

const secret = secretFile();
const directory = mkdtempSync(join(tmpdir(), 'quickstep-export-'));
let shop: Shop;
let operations: Operations;

beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, secret.env);
  const { id } = await shop.place();
  await shop.ended(id);
  await shop.settled();
  const archive = await archiveOf(operations);
  await archiveCaughtUp(shop, archive);
  await archive.end();
});
afterAll(async () => {
  await operations.close();
  await shop.close();
  secret.remove();
  rmSync(directory, { recursive: true, force: true });
});

let files = 0;
async function exported(format: ExportFormat): Promise<string> {
  const file = join(directory, `events-${++files}.${format}`);
  const { code } = await runOps(operations, exportCommand, '--format', format, '--out', file);
  expect(code).toBe(0);
  return file;
}

describe('an export that fails', () => {
  test('leaves nothing behind', async () => {
    const file = join(directory, 'failed.parquet');
    async function* failing(): AsyncGenerator<CloudEvent[]> {
      yield shop.spy.all.slice(0, 5);
      throw new Error('The service is gone');
    }
    const before = readdirSync(directory);
    await expect(exportEvents(failing(), { format: 'parquet', out: file })).rejects.toThrow('The service is gone');
    expect(readdirSync(directory)).toEqual(before);
  });

  test.each(['jsonl', 'csv', 'parquet'] as const)(
    '%s is for its owner only: it has names and addresses in it',
    async (format) => {
      expect(statSync(await exported(format)).mode & 0o777).toBe(0o600);
    },
  );

  test('does not touch a file that is there', async () => {
    const file = await exported('jsonl');
    await expect(runOps(operations, exportCommand, '--format', 'csv', '--out', file)).rejects.toThrow('exists already');
  });

  test.each([
    [['--format', 'xml', '--out', 'x'], '--format must be one of parquet, csv, jsonl'],
    [['--format', 'csv'], '--out must name'],
    [['--format', 'csv', '--out', '/nowhere/at/all.csv'], 'Nothing can be written to'],
    [['--format', 'csv', '--out', join(directory, 'x.csv'), '--from', 'soon'], 'invalid_request'],
    [
      ['--format', 'csv', '--out', join(directory, 'x.csv'), '--type', 'order.created,order.creatd'],
      /no event is of type "order.creatd". There are:(.|\n)*order.created/,
    ],
  ])('%j says what is wrong, and writes nothing', async (args, reason) => {
    const before = readdirSync(directory);
    await expect(runOps(operations, exportCommand, ...args)).rejects.toThrow(reason);
    expect(readdirSync(directory)).toEqual(before);
  });
});

test('an export says when nothing matched, also of a type that is known and did not happen', async () => {
  const file = join(directory, 'nothing.jsonl');
  const { printed } = await runOps(
    operations,
    exportCommand,
    ...['--format', 'jsonl', '--out', file, '--type', 'order.created', '--to', '2000-01-01'],
  );
  expect(printed).toEqual([`Nothing matched: 0 events, 0 bytes: ${file}`]);
});
