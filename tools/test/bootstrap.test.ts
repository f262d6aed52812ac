import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { claim } from '../src/claim.js';
import { root } from '../src/paths.js';

let checkout: string;
beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), 'quickstep-checkout-'));
  for (const each of ['bootstrap.mjs', 'problem.mjs', 'node'])
    cpSync(join(root, 'tools', each), join(checkout, 'tools', each), { recursive: true });
  writeFileSync(join(checkout, 'package-lock.json'), '{}');
});
afterAll(() => rmSync(checkout, { recursive: true, force: true }));

function run(...args: string[]): Promise<{ readonly code: unknown; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(checkout, 'tools', 'bootstrap.mjs'), ...args], (error, _stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stderr }),
    );
  });
}

test.each(['start', 'dev'])('the modules of a running system are not replaced (%s)', async (directory) => {
  mkdirSync(join(checkout, '.quickstep', directory), { recursive: true });
  claim(join(checkout, '.quickstep', directory), '');
  const { code, stderr } = await run('ops');
  expect(code).toBe(1);
  expect(stderr).toContain(`while Quickstep runs from it (process ${process.pid})`);
  rmSync(join(checkout, '.quickstep', directory), { recursive: true });
});
