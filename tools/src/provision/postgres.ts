import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inherited } from '../environment.js';
import { Problem, reasonOf } from '../problem.js';
import { isRunning, startDetached, startFailure } from '../processes.js';
import type { Note } from '../progress.js';
import { until } from '../wait.js';
import { checkGivenServer } from './given-server.js';
import { freePort } from './ports.js';
import { type Account, isReachable, outsideRoot, postgresAccount, postgresHome } from './postgres-account.js';
import { findBinaries, locatePackage, type PostgresBinaries } from './postgres-binaries.js';
import { prepareRoles } from './postgres-roles.js';
import type { Database } from './provided.js';
import { secretOf } from './secrets.js';
import type { ServerOptions } from './server-options.js';

const run = promisify(execFile);
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  max_wal_size: '4GB',
  random_page_cost: '1.1',
  jit: 'off',
  // A fresh server would stop for 50 to 200 ms whenever it fills another 16 MB of log with zeros; an old one uses its files again.
  wal_init_zero: 'off',
};

/** Nothing is waited for to be on the disk: a server that is killed loses nothing by it, a machine would. */
const settingsOfTests = { fsync: 'off', full_page_writes: 'off', max_connections: '400' };

export async function providePostgres(options: ServerOptions, note: Note): Promise<Database> {
  const given = process.env.POSTGRES_URL;
  if (given) {
    await checkGivenServer('POSTGRES_URL', given, 5432);
    note('PostgreSQL as POSTGRES_URL says');
    return { url: given, administratorUrl: given };
  }
  const account = postgresAccount();
  const home = postgresHome(options.directory, account);
  const binaries = findBinaries((version) =>
    account === undefined || isReachable(locatePackage()) ? undefined : join(outsideRoot, `postgresql-${version}`),
  );
  const data = join(home, 'data');
  const secret = secretOf(options.directory, 'postgres-administrator');
  await initialise(binaries, home, data, account, secret.value);
  const port = await freePort(options.standardPorts ? 5432 : undefined);
  await startServer(options, binaries, data, port, account);
  const elsewhere = home.startsWith(options.directory) ? '' : `, data in ${home}`;
  note(`PostgreSQL ${binaries.majorVersion} on 127.0.0.1:${port}${elsewhere}`);
  return prepareRoles({ port, data, administrator: secret, services: secretOf(options.directory, 'postgres-services') });
}

/** In a folder that gets its name when it is complete: an interrupted initialisation leaves nothing that looks like a database. */
async function initialise(
  binaries: PostgresBinaries,
  home: string,
  data: string,
  account: Account | undefined,
  password: string,
): Promise<void> {
  if (existsSync(data)) return checkVersion(binaries, data);
  const unfinished = join(home, 'unfinished');
  const passwordFile = join(home, 'password');
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account) for (const path of [home, passwordFile]) chownSync(path, account.uid, account.gid);
  const args = ['-D', unfinished, '-U', 'postgres', '-E', 'UTF8', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  await run(binaries.initdb, [...args, ...locale], { cwd: '/', env: { ...inherited(), LC_ALL: 'C' }, ...account }).catch(
    (error) => {
      throw new Problem(`PostgreSQL could not create its data in ${unfinished}:\n${reasonOf(error)}`);
    },
  );
  rmSync(passwordFile);
  renameSync(unfinished, data);
}

function checkVersion(binaries: PostgresBinaries, data: string): void {
  const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (version === binaries.majorVersion) return;
  throw new Problem(
    `The data in ${data} was written by PostgreSQL ${version}, not ${binaries.majorVersion}. Remove that folder to start afresh.`,
  );
}

async function startServer(
  options: ServerOptions,
  binaries: PostgresBinaries,
  data: string,
  port: number,
  account: Account | undefined,
) {
  const used = { ...settings, ...(options.forTests ? settingsOfTests : {}) };
  const server = startDetached({
    directory: options.directory,
    name: 'postgres',
    command: binaries.postgres,
    args: ['-D', data, '-p', `${port}`, ...Object.entries(used).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    env: { ...inherited(), LC_ALL: 'C' },
    logFile: join(options.directory, 'logs', 'postgres.log'),
    // SIGINT is PostgreSQL's fast shutdown; on SIGTERM it would wait for its clients to leave.
    stopSignal: 'SIGINT',
    owner: account,
  });
  const ready = async () => {
    if (!isRunning(server)) throw startFailure(server);
    return isReady(join(data, 'postmaster.pid'), server.pid);
  };
  await until(ready, { timeoutMs: 120_000, signal: options.signal, failure: 'PostgreSQL was not ready' });
}

/** The first line of postmaster.pid is the process, the eighth its state. */
function isReady(file: string, pid: number): boolean {
  if (!existsSync(file)) return false;
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines[0] === `${pid}` && lines[7]?.trim() === 'ready';
}
