import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { operationsClient } from '../src/ops/client.js';
import { redriveDeadLetters } from '../src/ops/dead-letters.js';

const plan = (state: string, processed: number) => ({
  id: 'p',
  state,
  action: 'redrive',
  total: 2,
  verdicts: { 'would-be-processed': 2 },
  states: { processed, waiting: 2 - processed },
  stoppedBecause: null,
});
const told = (status: number, body: object) => (response: ServerResponse) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const cut = (response: ServerResponse) => void response.destroy();

/** A server that gives these answers, one after the other, and what a command prints that asks it. */
async function printed(answers: ((response: ServerResponse) => void)[]): Promise<{ code: number; lines: string[] }> {
  const server = createServer((_, response) => answers.shift()?.(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const directory = mkdtempSync(join(tmpdir(), 'quickstep-follow-'));
  const secret = join(directory, 'secret');
  writeFileSync(secret, 'secret');
  process.env.OPERATIONS_URL = `http://127.0.0.1:${port}`;
  process.env.INSTALLATION_SECRET_FILE = secret;
  const { signal } = new AbortController();
  const lines: string[] = [];
  const context = { client: () => operationsClient(signal), signal, print: (line: string) => void lines.push(line) };
  try {
    return { code: await redriveDeadLetters.run(['p'], context), lines };
  } finally {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

test('a plan is followed on when the operations service was away meanwhile, and when its database was', async () => {
  const { code, lines } = await printed([
    told(200, {}),
    told(200, plan('running', 0)),
    cut,
    told(503, { detail: 'Try again shortly' }),
    told(200, plan('running', 1)),
    told(200, plan('done', 2)),
  ]);
  expect(code).toBe(0);
  expect(lines).toEqual([
    '0 processed, 2 waiting',
    'the operations service is away; the plan goes on when it is back',
    '1 processed, 1 waiting',
    '2 processed, 0 waiting',
    'plan p: 2 messages, done',
    '  what would happen: 2 would-be-processed',
    '  what has happened: 2 processed, 0 waiting',
  ]);
});

test('what was skipped is told with the reason, whether it was left out from the start or when its turn came', async () => {
  const skipped = { ...plan('done', 0), states: { skipped: 4 } };
  const items = [
    { verdict: 'refused', detail: 'The message is not JSON', decidedAt: null },
    { verdict: 'refused', detail: 'The message is not JSON', decidedAt: null },
    { verdict: 'would-be-undone', detail: null, decidedAt: null },
    { verdict: 'would-be-processed', detail: 'it is no longer in its dead-letter queue', decidedAt: '2026-11-24T10:00:00Z' },
  ];
  const { lines } = await printed([told(200, {}), told(200, skipped), told(200, { items })]);
  expect(lines.slice(-3)).toEqual([
    '    skipped: 2 refused: The message is not JSON',
    '    skipped: 1 would-be-undone',
    '    skipped: 1 it is no longer in its dead-letter queue',
  ]);
});
