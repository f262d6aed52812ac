import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operationsConfig, startOperationsService } from '@quickstep/operations-service/service';
import { withPath } from '@quickstep/shared/config';
import { withClient } from '@quickstep/shared/db';
import { type Management, managementOf } from '@quickstep/shared/rights';
import { operations, type ServiceName, serviceNames, services } from '@quickstep/system';
import { connect } from 'amqplib';
import { provideAccounts, restoreTopology } from '../../tools/src/setup/index.js';
import { keepTopology } from '../../tools/src/setup/keep-topology.js';
import { setUpSystem } from '../../tools/src/setup.js';
import { startProcess } from '../support/process.js';
import { as, brokerAdministrator, type OwnServers, ownServers } from '../support/restricted.js';
import { type Running, startHere } from '../support/services.js';
import { until } from '../support/until.js';

const VHOST = 'quickstep';
const PASSWORD = 'owner';
let servers: OwnServers;
let accounts: string;

interface Listed {
  readonly name: string;
}

const api: Management = (path, options) => managementOf(brokerAdministrator(servers, VHOST))(path, options);

function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  return withClient(url, async (client) => (await client.query(text)).rows);
}

const setUp = () => setUpSystem([], new AbortController().signal);
const passwordFile = (service: string, server: string) => join(accounts, service, `${server}-password`);
const inDatabase = (name: string, text: string) => query(as(servers.postgresUrl, 'owner', PASSWORD, `/${name}`), text);

/** As docker-compose.yml does: the URLs name the service's account, the files hold its passwords. */
function environmentOf(name: ServiceName): NodeJS.ProcessEnv {
  return environmentFor(services[name].choreography.service, services[name].database);
}

function environmentFor(service: string, database: string): NodeJS.ProcessEnv {
  const rabbitmq = new URL(as(servers.administrator.rabbitmqUrl, service, '', `/${VHOST}`));
  const postgres = new URL(as(servers.postgresUrl, service, '', `/${database}`));
  return {
    PORT: '0',
    LOG_LEVEL: 'error',
    RABBITMQ_URL: rabbitmq.href,
    RABBITMQ_PASSWORD_FILE: passwordFile(service, 'rabbitmq'),
    POSTGRES_URL: postgres.href,
    POSTGRES_PASSWORD_FILE: passwordFile(service, 'postgres'),
  };
}

const refusalOf = async (starting: Promise<Running>) => {
  const outcome = await starting.catch((error: unknown) => error);
  if (outcome instanceof Error) return `${outcome.name}: ${outcome.message}`;
  throw new Error('It started');
};

beforeAll(async () => {
  servers = await ownServers();
  const { postgresUrl, rabbitmqUrl } = servers.administrator;
  await query(postgresUrl, `create role owner login createdb createrole password '${PASSWORD}'`);
  await query(postgresUrl, 'grant connect on database postgres to owner');
  accounts = mkdtempSync(join(servers.directory, 'accounts-'));
  Object.assign(process.env, {
    ACCOUNTS_FOLDER: accounts,
    RABBITMQ_URL: withPath(rabbitmqUrl, `/${VHOST}`),
    POSTGRES_URL: as(servers.postgresUrl, 'owner', PASSWORD, '/postgres'),
    INSTALLATION_SECRET_FILE: join(servers.directory, 'installation-secret'),
  });
});
afterAll(() => servers?.stop());

test('the committed template can be imported as it is; nobody can log in then', async () => {
  const template = readFileSync(join(__dirname, '..', '..', 'docs', 'generated', 'broker-definitions.json'), 'utf8');
  await api('/definitions', { method: 'POST', body: JSON.parse(template) });
  const users = (await api<Listed[]>('/users')).map(({ name }) => name);
  expect(users).toEqual(expect.arrayContaining(serviceNames.map((name) => services[name].choreography.service)));
  for (const password of ['', 'order-service'])
    await expect(connect(as(process.env.RABBITMQ_URL ?? '', 'order-service', password))).rejects.toThrow();
});

describe('setup', () => {
  test('makes accounts with passwords of their own, databases and topology, with which the services run', async () => {
    expect(await setUp()).toBe(0);
    const values = new Set<string>();
    for (const name of serviceNames) {
      const { service } = services[name].choreography;
      for (const file of readdirSync(join(accounts, service)).map((each) => join(accounts, service, each))) {
        expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
        values.add(readFileSync(file, 'utf8'));
      }
    }
    expect(values.size).toBe(serviceNames.length * 2);
    for (const name of serviceNames) {
      const running = await startHere(name, environmentOf(name));
      await running.stop();
    }
    const { INSTALLATION_SECRET_FILE } = process.env;
    const env = { ...environmentFor(operations.service, operations.database), INSTALLATION_SECRET_FILE };
    await (await startOperationsService(operationsConfig(env))).stop();
  });

  test('may be repeated: messages and passwords stay, bindings of earlier versions go', async () => {
    const before = readFileSync(passwordFile('order-service', 'rabbitmq'), 'utf8');
    await api('/bindings/{vhost}/e/payment.events/q/order-service', {
      method: 'POST',
      body: { routing_key: 'payment.forgotten' },
    });
    const connection = await connect(process.env.RABBITMQ_URL ?? '');
    const channel = await connection.createConfirmChannel();
    await channel.purgeQueue('order-service.dead-letter');
    channel.publish('dead-letter', 'order-service', Buffer.from('{}'), { persistent: true });
    await channel.waitForConfirms();
    expect(await setUp()).toBe(0);
    expect(readFileSync(passwordFile('order-service', 'rabbitmq'), 'utf8')).toBe(before);
    const bindings = await api<{ routing_key: string }[]>('/bindings/{vhost}/e/payment.events/q/order-service');
    expect(bindings.map(({ routing_key }) => routing_key).sort()).toEqual([
      'payment.completed',
      'payment.failed',
      'payment.refunded',
    ]);
    expect(await channel.checkQueue('order-service.dead-letter')).toMatchObject({ messageCount: 1 });
    await connection.close();
  });

  test('of a queue that had to be made again notes that its service asks for what it has missed', async () => {
    const { database } = services.payment;
    await inDatabase(database, "insert into handled_until values ('inventory-service', now()) on conflict do nothing");
    await api('/queues/{vhost}/payment-service', { method: 'DELETE' });
    expect(await setUp()).toBe(0);
    const asked = await inDatabase(database, 'select emitter from catch_up order by emitter');
    expect(asked).toEqual(['inventory-service', 'payment-service', 'shipping-service'].map((emitter) => ({ emitter })));
  });

  test('is done again when a queue or a binding is missing, and only then', async () => {
    const options = { accounts: provideAccounts(accounts) };
    const administrator = brokerAdministrator(servers, VHOST);
    expect(await restoreTopology(administrator, options)).toEqual([]);
    await api('/queues/{vhost}/order-service.dead-letter', { method: 'DELETE' });
    await api('/bindings/{vhost}/e/payment.events/q/order-service/payment.failed', { method: 'DELETE' });
    expect(await restoreTopology(administrator, options)).toEqual([
      'queue order-service.dead-letter',
      'binding dead-letter order-service.dead-letter order-service',
      'binding dead-letter order-service.dead-letter *.order-service',
      'binding payment.events order-service payment.failed',
    ]);
    expect(await restoreTopology(administrator, options)).toEqual([]);
  });

  test('that watches brings back what is deleted, and says so', async () => {
    const told = Promise.withResolvers<string>();
    const end = keepTopology(brokerAdministrator(servers, VHOST), { accounts: provideAccounts(accounts) }, told.resolve, 100);
    await api('/bindings/{vhost}/e/payment.events/q/order-service/payment.failed', { method: 'DELETE' });
    expect(await told.promise).toBe(
      'RabbitMQ lacked binding payment.events order-service payment.failed: set up again. What was missed comes later.',
    );
    end();
    const bindings = await api<{ routing_key: string }[]>('/bindings/{vhost}/e/payment.events/q/order-service');
    expect(bindings.map(({ routing_key }) => routing_key)).toContain('payment.failed');
  });

  test('says which variable is missing', async () => {
    const { ACCOUNTS_FOLDER: folder } = process.env;
    delete process.env.ACCOUNTS_FOLDER;
    await expect(setUp()).rejects.toThrow('ACCOUNTS_FOLDER is not set');
    process.env.ACCOUNTS_FOLDER = folder;
  });
});

describe('a service under its own account', () => {
  test('says all that is missing at the broker, and declares none of it', async () => {
    const missing = ['notification-service.dead-letter', 'retry.2s'];
    for (const queue of missing) await api(`/queues/{vhost}/${queue}`, { method: 'DELETE' });
    expect(await refusalOf(startHere('notification', environmentOf('notification')))).toMatch(
      /^BrokerRefused: The broker lacks queue "notification-service.dead-letter", queue "retry.2s"\..*import the definitions/,
    );
    await api('/exchanges/{vhost}/notification.events', { method: 'DELETE' });
    expect(await refusalOf(startHere('notification', environmentOf('notification')))).toMatch(
      /^BrokerRefused: The broker lacks exchange "notification.events"\./,
    );
    const queues = (await api<Listed[]>('/queues/{vhost}')).map(({ name }) => name);
    for (const queue of missing) expect(queues).not.toContain(queue);
    await setUp();
    await (await startHere('notification', environmentOf('notification'))).stop();
  });

  test('whose queue is deleted while it runs says so in its readiness, and takes up its work when the system has been set up again', async () => {
    const running = await startHere('notification', environmentOf('notification'));
    const readiness = async () => {
      const answer = await fetch(`${running.url}/health/ready?of=consuming`);
      return `${answer.status} ${await answer.text()}`;
    };
    await api('/queues/{vhost}/notification-service', { method: 'DELETE' });
    const told = (text: RegExp) =>
      until(
        async () => (text.test(await readiness()) ? true : undefined),
        () => `Readiness never said ${text}`,
      );
    await told(/^503 .*not subscribed to its queue: The broker lacks queue \\"notification-service\\".*npm run setup/);
    await setUp();
    await told(/^200 /);
    await running.stop();
  });

  test('says that it may not vacuum the outbox', async () => {
    await inDatabase(services.notification.database, 'revoke maintain on outbox from "notification-service"');
    const running = await startProcess('notification', environmentOf('notification'));
    expect(running.lines.join('\n')).toContain('this role may not vacuum the outbox');
    await running.stop();
    await setUp();
    const again = await startProcess('notification', environmentOf('notification'));
    expect(again.lines.join('\n')).not.toContain('vacuum');
    await again.stop();
  });

  test('names the migrations that have not run', async () => {
    await inDatabase(services.notification.database, "delete from migrations where name like 'CreateNotifications%'");
    const refusal = await refusalOf(startHere('notification', environmentOf('notification')));
    expect(refusal).toMatch(/^StartError: .*migrations have not run \(CreateNotifications1760000000001\)/);
  });

  test('says that a file with a password cannot be read', async () => {
    const env = { ...environmentOf('order'), POSTGRES_PASSWORD_FILE: '/nowhere' };
    await expect(startHere('order', env)).rejects.toThrow('POSTGRES_PASSWORD_FILE names a file that cannot be read');
  });
});
