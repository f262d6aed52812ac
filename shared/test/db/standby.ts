import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@quickstep/shared/testing';
import { Client } from 'pg';
import { freePort } from '../../../tools/src/provision/ports.js';
import { isReachable, outsideRoot, postgresAccount } from '../../../tools/src/provision/postgres-account.js';
import { findBinaries, locatePackage } from '../../../tools/src/provision/postgres-binaries.js';

/** A server in recovery, which nobody has promoted and which follows nobody; it can be read. */
export async function standby(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const account = postgresAccount();
  const { postgres, initdb } = findBinaries((version) =>
    account === undefined || isReachable(locatePackage()) ? undefined : join(outsideRoot, `postgresql-${version}`),
  );
  const directory = mkdtempSync(join(tmpdir(), 'quickstep-standby-'));
  if (account !== undefined) chownSync(directory, account.uid, account.gid);
  const data = join(directory, 'data');
  const surroundings = { cwd: '/', env: { ...process.env, LC_ALL: 'C' }, ...account };
  await promisify(execFile)(initdb, ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync'], surroundings);
  // https://www.postgresql.org/docs/current/warm-standby.html
  writeFileSync(join(data, 'standby.signal'), '');
  const port = await freePort();
  const args = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  const server = spawn(postgres, args, { ...surroundings, stdio: 'ignore' });
  const ended = once(server, 'close');
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await eventually(() => {
    if (server.exitCode !== null) throw new Error(`The standby ended with ${server.exitCode}`);
    return answers(url);
  });
  return {
    url,
    async stop() {
      server.kill('SIGINT');
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}
