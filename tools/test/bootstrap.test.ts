import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { claim } from '../src/claim.js';
import { root } from '../src/paths.js';

const scriptsOfTheRoot: Record<string, string> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts;
let checkout: string;
beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), 'quickstep-checkout-'));
  for (const each of ['bootstrap.mjs', 'problem.mjs', 'node'])
    cpSync(join(root, 'tools', each), join(checkout, 'tools', each), { recursive: true });
  writeFileSync(join(checkout, 'package-lock.json'), '{}');
});
afterAll(() => rmSync(checkout, { recursive: true, force: true }));

function run(command: string, env: NodeJS.ProcessEnv = {}): Promise<{ readonly code: unknown; readonly stderr: string }> {
  return new Promise((resolve) => {
    const script = join(checkout, 'tools', 'bootstrap.mjs');
    execFile(process.execPath, [script, command], { env: { ...process.env, ...env } }, (error, _stdout, stderr) =>
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

test('when npm does not get through to its registry it is told where to look', async () => {
  const registry = 'http://127.0.0.1:9/';
  const dependencies = { dependencies: { kit: '1.0.0' } };
  const kit = { version: '1.0.0', resolved: `${registry}kit-1.0.0.tgz`, integrity: `sha512-${'A'.repeat(86)}==` };
  const packages = { '': dependencies, 'node_modules/kit': kit };
  writeFileSync(join(checkout, 'package.json'), JSON.stringify(dependencies));
  writeFileSync(join(checkout, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, requires: true, packages }));
  const { code, stderr } = await run('check', { NPM_CONFIG_REGISTRY: registry, NPM_CONFIG_FETCH_RETRIES: '0' });
  expect(code).toBe(1);
  expect(stderr).toContain('ECONNREFUSED');
  expect(stderr).toContain('npm config get registry');
});

test.each(Object.entries(scriptsOfTheRoot))('npm run %s prepares what it needs', (_name, script) => {
  expect(script).toMatch(/\bexec node tools\/bootstrap\.mjs |^npm sbom /);
});
