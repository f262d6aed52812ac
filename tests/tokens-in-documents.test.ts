import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { roleToken } from '@quickstep/operations-service/access';
import { feedToken } from '@quickstep/shared/http';
import { consoleUrl } from '../tools/src/console-url.js';

const SECRET = 'secret of an installation\n';
const page = readFileSync(resolve(__dirname, '..', 'docs/event-log.md'), 'utf8');

/** The command between `name=$(` and the `)` that ends the line. */
function commandOf(name: string): string {
  const [, command] = new RegExp(`^${name}=\\$\\((.*)\\)$`, 'm').exec(page) ?? [];
  if (command === undefined) throw new Error(`docs/event-log.md has no command for "${name}"`);
  return command;
}

test("docs/event-log.md makes the feed's token as the services do", () => {
  const folder = mkdtempSync(join(tmpdir(), 'quickstep-token-'));
  try {
    const file = join(folder, '.quickstep/start/secrets/installation-secret');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, SECRET);
    const printed = execFileSync('sh', ['-c', commandOf('feed')], { cwd: folder, encoding: 'utf8' });
    expect(printed.trim()).toBe(feedToken(SECRET));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("docs/event-log.md takes a role's token out of the link that the command prints", () => {
  const [, cut = ''] = commandOf('token').split(' | ');
  const link = consoleUrl('http://127.0.0.1:3000', SECRET, 'reader');
  expect(execFileSync('sh', ['-c', cut], { input: `${link}\n`, encoding: 'utf8' }).trim()).toBe(roleToken(SECRET, 'reader'));
});
