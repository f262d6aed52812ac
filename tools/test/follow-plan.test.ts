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

const before = { ...process.env };
const directory = mkdtempSync(join(tmpdir(), 'quickstep-follow-'));
afterEach(() => {
  process.env = { ...before };
  rmSync(directory, { recursive: true, force: true });
});

test('a plan is followed on when the operations service was away meanwhile, and when its database was', async () => {
  const answers = [
    told(200, {}),
    told(200, plan('running', 0)),
    cut,
    told(503, { detail: 'Try again shortly' }),
    told(200, plan('running', 1)),
    told(200, plan('done', 2)),
  ];
  const server = createServer((_, response) => answers.shift()?.(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const secret = join(directory, 'secret');
  writeFileSync(secret, 'secret');
  process.env.OPERATIONS_URL = `http://127.0.0.1:${port}`;
  process.env.INSTALLATION_SECRET_FILE = secret;
  const { signal } = new AbortController();
  const lines: string[] = [];
  const code = await redriveDeadLetters.run(['p'], {
    client: () => operationsClient(signal),
    signal,
    print: (line) => lines.push(line),
  });
  server.close();
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
