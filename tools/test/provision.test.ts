import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withClient } from '@quickstep/shared/db';
import { connect } from 'amqplib';
import { readRecords } from '../src/processes.js';
import type { Progress } from '../src/progress.js';
import { provision, type Servers } from '../src/provision/index.js';
import { createTemporaryDirectory, discardServers, removeTemporaryDirectory } from '../src/provision/leftovers.js';
import { serviceNamed, specOf } from '../src/services.js';

const silent: Progress = {
  step: (_label, work) =>
    work(
      () => undefined,
      () => undefined,
    ),
  line: () => undefined,
};
const saved = { ...process.env };
let directory: string;
let servers: Servers;

const start = () => provision({ directory, progress: silent, forTests: true });

beforeAll(async () => {
  for (const name of ['RABBITMQ_URL', 'POSTGRES_URL', 'RABBITMQ_MANAGEMENT_URL']) delete process.env[name];
  Object.assign(process.env, { PLANTED_TOKEN: 'planted', ORDER_DEADLINE_MS: '1234', LINGER_MS: '5' });
  directory = await createTemporaryDirectory();
  servers = await start();
});

afterAll(async () => {
  if (directory !== undefined) await removeTemporaryDirectory(directory);
  for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
  Object.assign(process.env, saved);
});

/** Every file and folder, with its mode in octal digits. */
function modes(path: string): [string, string][] {
  const { mode } = statSync(path);
  const own: [string, string] = [path, (mode & 0o777).toString(8)];
  if ((mode & 0o170000) !== 0o040000) return [own];
  return [own, ...readdirSync(path).flatMap((name) => modes(join(path, name)))];
}

function query(url: string, text: string): Promise<unknown[]> {
  return withClient(url, async (client) => (await client.query(text)).rows);
}

async function management(path: string, login: string, method = 'GET'): Promise<{ status: number; body: string }> {
  const authorization = `Basic ${Buffer.from(login).toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const response = await fetch(`${servers.managementUrl}/api${path}`, { method, headers });
  return { status: response.status, body: await response.text() };
}

function loginOf(url: string): string {
  const { username, password } = new URL(url);
  return `${username}:${password}`;
}

describe('the private servers', () => {
  test('leave nothing that another user of the machine can read', () => {
    // The database's user, which root lends it, passes the outer folders.
    const open = modes(directory).filter(([, mode]) => !/^.00$/.test(mode) && mode !== '711');
    expect(open).toEqual([]);
    const names = modes(join(directory, 'secrets')).map(([path, mode]) => [path.slice(directory.length + 1), mode]);
    expect(Object.fromEntries(names)).toEqual({
      secrets: '700',
      'secrets/installation-secret': '600',
      'secrets/postgres-administrator': '600',
      'secrets/postgres-services': '600',
      'secrets/rabbitmq-administrator': '600',
      'secrets/rabbitmq-services': '600',
    });
  });

  test('have passwords that nobody can know, each another one', () => {
    const values = readdirSync(join(directory, 'secrets')).map((name) => readFileSync(join(directory, 'secrets', name), 'utf8'));
    for (const value of values) expect(Buffer.from(value, 'base64url')).toHaveLength(32);
    expect(new Set(values).size).toBe(values.length);
  });

  const hasProc = existsSync('/proc/self/environ');
  const why = hasProc ? '' : ' (skipped: without /proc no process shows its environment)';
  (hasProc ? test : test.skip).each(['postgres', 'rabbitmq', 'epmd'])(
    `%s does not inherit what is none of its business${why}`,
    (name) => {
      const record = readRecords(directory).find((each) => each.name === name);
      expect(readFileSync(`/proc/${record?.pid}/environ`, 'utf8')).not.toContain('planted');
    },
  );
});

describe('PostgreSQL', () => {
  test('gives the services a role that creates databases and nothing more', async () => {
    const role = `select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles where rolname = current_user`;
    expect(await query(servers.postgresUrl, role)).toEqual([
      { rolsuper: false, rolcreatedb: true, rolcreaterole: false, rolreplication: false, rolbypassrls: false },
    ]);
    await query(servers.postgresUrl, 'create database provision_test');
    await query(servers.postgresUrl, 'drop database provision_test');
    await expect(query(servers.postgresUrl, "copy (select 1) to program 'true'")).rejects.toThrow(/permission denied/);
  });

  test('refuses the password that everybody knows', async () => {
    const url = new URL(servers.administrator.postgresUrl);
    url.password = 'postgres';
    await expect(query(url.href, 'select 1')).rejects.toThrow(/password authentication failed/);
  });
});

describe('RabbitMQ', () => {
  test('knows no guest', async () => {
    const url = new URL(servers.rabbitmqUrl);
    await expect(connect(`amqp://guest:guest@${url.host}`)).rejects.toThrow(/ACCESS_REFUSED|403/);
    expect((await management('/overview', 'guest:guest')).status).toBe(401);
    const { body } = await management('/users', loginOf(servers.administrator.rabbitmqUrl));
    const users: { name: string; tags: string[] }[] = JSON.parse(body);
    expect(users.map(({ name, tags }) => [name, tags])).toEqual([
      ['administrator', ['administrator']],
      ['quickstep', ['monitoring']],
    ]);
  });

  test('gives the services one virtual host, and no rights over others', async () => {
    const services = loginOf(servers.rabbitmqUrl);
    expect((await management('/vhosts/another', services, 'PUT')).status).toBe(401);
    const connection = await connect(servers.rabbitmqUrl);
    await connection.close();
    const elsewhere = new URL(servers.rabbitmqUrl);
    elsewhere.pathname = '/%2F';
    await expect(connect(elsewhere.href)).rejects.toThrow(/ConnectionClose/);
  });

  test('lets in the administrator that is printed', async () => {
    const { user, passwordFile } = servers.managementLogin ?? { user: '', passwordFile: '' };
    expect((await management('/whoami', `${user}:${readFileSync(passwordFile, 'utf8')}`)).status).toBe(200);
  });
});

test('a service inherits its settings, and nothing that is none of its business', () => {
  const { env } = specOf({ service: serviceNamed('order-service'), servers, directory });
  expect(env).toMatchObject({
    ORDER_DEADLINE_MS: '1234',
    LINGER_MS: '5',
    PATH: process.env.PATH,
    INSTALLATION_SECRET_FILE: join(directory, 'secrets', 'installation-secret'),
  });
  expect(Object.keys(env)).not.toContain('PLANTED_TOKEN');
  expect(specOf({ service: serviceNamed('payment-service'), servers, directory }).env).not.toHaveProperty('ORDER_DEADLINE_MS');
});

describe('the next start', () => {
  test('finds its data and its secret again, and makes new passwords for the services where their files were removed', async () => {
    const old = servers;
    const installationSecret = readFileSync(old.installationSecretFile, 'utf8');
    await query(old.postgresUrl, 'create table remembered ()');
    await old.stop();
    for (const name of ['postgres-services', 'rabbitmq-services']) rmSync(join(directory, 'secrets', name));
    servers = await start();
    expect(await query(servers.postgresUrl, 'select from remembered')).toEqual([]);
    await (await connect(servers.rabbitmqUrl)).close();
    expect((await management('/whoami', loginOf(old.rabbitmqUrl))).status).toBe(401);
    expect(readFileSync(servers.installationSecretFile, 'utf8')).toBe(installationSecret);
  });

  test.each(['postgres', 'rabbitmq'])('without the password of %s it says what to do', async (name) => {
    await discardServers(directory);
    const file = join(directory, 'secrets', `${name}-administrator`);
    renameSync(file, `${file}.away`);
    await expect(start()).rejects.toThrow(/does not know the password in .*secrets.*move .* away to begin anew/s);
    renameSync(`${file}.away`, file);
  });
});
