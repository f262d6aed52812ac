import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { withPath } from '@quickstep/shared/config';
import { withClient } from '@quickstep/shared/db';
import { feedToken } from '@quickstep/shared/http';
import { testEnvironment } from '@quickstep/shared/testing';
import { serviceNames, services } from '@quickstep/system';
import { EventSpy } from './support/event-spy.js';
import { blocksIn, compile, copyShop, installPacked, write } from './support/other-repository.js';
import { type ServiceProcess, startMain } from './support/process.js';
import { as, type OwnServers, ownServers } from './support/restricted.js';
import { until } from './support/until.js';

const VHOST = 'quickstep';
const blocks = blocksIn(readFileSync(resolve(__dirname, '..', 'docs', 'adding-a-service.md'), 'utf8'));
const folders = serviceNames.map((name) => services[name].choreography.service);

let folder: string;
let shop: string;
let repository: string;
let packed: string[];
let servers: OwnServers;
let spy: EventSpy;
const processes: ServiceProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adding-a-service-'));
  shop = join(folder, 'shop');
  repository = join(folder, 'fraud-service');
  mkdirSync(repository);
  servers = await ownServers();
  copyShop(shop, folders);
  write(
    shop,
    blocks.filter((each) => each.shop),
  );
  write(
    folder,
    blocks.filter((each) => !each.shop),
  );
});
afterAll(async () => {
  await Promise.all(processes.map((each) => each.stop()));
  await spy?.close();
  await servers?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the page changes three places of the shop, and names every file of the service', () => {
  expect(blocks.filter((each) => each.shop).map(({ file }) => file)).toEqual([
    'shared/src/contracts/fraud.ts',
    'shared/src/contracts/index.ts',
    'shared/src/contracts/inventory.ts',
    'payment-service/src/choreography.ts',
    'payment-service/src/choreography.ts',
  ]);
  expect(blocks.filter((each) => !each.shop)).toHaveLength(10);
});

test('the shop compiles, and the kit is packed with its types and nothing that is not needed', () => {
  expect(compile(shop, ['-b', 'shared', ...folders])).toBe('');
  packed = installPacked(shop, repository);
  expect(packed).toEqual(expect.arrayContaining(['package.json', 'dist/rights/index.js', 'dist/contracts/index.d.ts']));
  expect(packed.filter((path) => !/^(package\.json|README\.md|LICENSE|dist\/.*\.(js|d\.ts))$/.test(path))).toEqual([]);
});

test('the service compiles against the package, all types included, and its own tests pass', () => {
  expect(compile(repository, ['-p', '.'])).toBe('');
  const printed = execFileSync(process.execPath, ['--test', 'dist/**/*.test.js'], {
    cwd: repository,
    encoding: 'utf8',
    env: outside,
  });
  expect(printed).toMatch(/pass 2\b/);
});

/** This process's variables are those of a test runner. */
const outside = { PATH: process.env.PATH };

async function startShop(): Promise<ServiceProcess> {
  const broker = withPath(servers.administrator.rabbitmqUrl, `/${VHOST}`);
  spy = await EventSpy.listen(broker);
  for (const name of serviceNames) {
    const { choreography, database } = services[name];
    const main = join(shop, choreography.service, 'dist', 'main.js');
    const env = testEnvironment(broker, withPath(servers.postgresUrl, `/${database}`));
    processes.push(await startMain(name, main, { ...outside, ...env }));
  }
  const inventory = processes[serviceNames.indexOf('inventory')];
  const order = processes[serviceNames.indexOf('order')];
  if (inventory === undefined || order === undefined) throw new Error('They do not run');
  const item = { name: 'Item', unitPrice: 600_000, currency: 'EUR', onHand: 10 };
  await send(`${inventory.url}/inventory/SKU-1`, 'PUT', item);
  await spy.eventOf('SKU-1', 'inventory.item_changed');
  return order;
}

async function send(url: string, method: string, body: object): Promise<{ id: string; status: number }> {
  const response = await fetch(url, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  return { ...JSON.parse(await response.text()), status: response.status };
}

/** The catalogue reaches the order service by an event. */
async function place(order: ServiceProcess, quantity: number): Promise<string> {
  const shippingAddress = { name: 'Ada', line1: '1 Main St', city: 'London', postalCode: 'N1', country: 'GB' };
  const request = { customerId: 'c', items: [{ sku: 'SKU-1', quantity }], paymentMethod: 'pm_card_ok', shippingAddress };
  const attempt = async () => {
    const { status, id } = await send(`${order.url}/orders`, 'POST', request);
    return status === 202 ? id : undefined;
  };
  return until(attempt, () => 'The order service does not take the order');
}

test('between reservation and payment orders are cleared and rejected, under accounts of its own', async () => {
  const order = await startShop();
  const secret = (name: string, value: string) => {
    const file = join(repository, name);
    writeFileSync(file, value, { mode: 0o600 });
    return file;
  };
  const files = {
    RABBITMQ_PASSWORD_FILE: secret('rabbitmq-password', 'secret-of-rabbitmq'),
    POSTGRES_PASSWORD_FILE: secret('postgres-password', 'secret-of-postgres'),
  };
  const setup = {
    ...outside,
    ...files,
    POSTGRES_ADMINISTRATOR_URL: servers.administrator.postgresUrl,
    POSTGRES_OWNER_URL: servers.postgresUrl,
    RABBITMQ_MANAGEMENT_URL: servers.managementUrl,
    RABBITMQ_ADMINISTRATOR_PASSWORD_FILE: secret('administrator-password', new URL(servers.administrator.rabbitmqUrl).password),
  };
  execFileSync(process.execPath, ['dist/setup.js'], { cwd: repository, env: setup, stdio: 'pipe' });
  const rabbitmq = as(servers.administrator.rabbitmqUrl, 'fraud-service', '', `/${VHOST}`);
  const postgres = as(servers.postgresUrl, 'fraud-service', '', '/quickstep_fraud');
  const main = join(repository, 'dist', 'main.js');
  const installation = { INSTALLATION_SECRET_FILE: secret('installation-secret', 'secret of an installation') };
  const env = { ...outside, ...testEnvironment(rabbitmq, postgres), ...files, ...installation, RETRY_DELAYS_MS: '' };
  const fraud = await startMain('fraud', main, env);
  processes.push(fraud);

  const ordinary = await place(order, 1);
  await spy.eventOf(ordinary, 'order.completed');
  const types = (id: string) => spy.about(id).map(({ type }) => type);
  expect(types(ordinary)).toEqual(expect.arrayContaining(['inventory.reserved', 'payment.completed', 'shipping.shipped']));

  const dear = await place(order, 2);
  await spy.eventOf(dear, 'order.cancelled');
  expect(types(dear).sort()).toEqual(expect.arrayContaining(['inventory.release', 'inventory.released', 'inventory.reserved']));
  expect(types(dear)).not.toContain('payment.completed');
  const release = await spy.eventOf(dear, 'inventory.release');
  expect(release).toMatchObject({ source: '/fraud-service', data: { reason: 'The fraud check rejected the order' } });
  const authorization = `Bearer ${feedToken('secret of an installation')}`;
  const feed = await fetch(`${fraud.url}/log`, { headers: { authorization } });
  expect(await feed.text()).toContain('fraud.cleared');
  const { rows } = await withClient(as(postgres, 'fraud-service', 'secret-of-postgres'), (client) =>
    client.query('select order_id, verdict from fraud_checks order by verdict'),
  );
  expect(rows).toEqual([
    { order_id: ordinary, verdict: 'CLEARED' },
    { order_id: dear, verdict: 'REJECTED' },
  ]);
});
