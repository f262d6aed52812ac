import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { consumedBy, emittedBy } from '@quickstep/shared/choreography';
import { exchangeOf } from '@quickstep/shared/events';
import { managementOf } from '@quickstep/shared/rights';
import { choreographies, serviceNames, services } from '@quickstep/system';
import { type ChannelModel, connect } from 'amqplib';
import { tryAt, tryPublish, tryQuery } from '../support/attempt.js';
import { as, brokerAdministrator, type OwnServers, openRestricted, ownServers, type Restricted } from '../support/restricted.js';

const all = choreographies.map(({ service }) => service);
const types = [...new Set(choreographies.flatMap((each) => [...emittedBy(each), ...consumedBy(each)].map(({ type }) => type)))];
const emittersOf = (type: string) =>
  choreographies.filter((each) => emittedBy(each).some((event) => event.type === type)).map(({ service }) => service);
const foreign = (service: string) => all.filter((each) => each !== service);

const REFUSED = '403';

let servers: OwnServers;
let restricted: Restricted;
const connections = new Map<string, ChannelModel>();

const connection = (service: string) => {
  const open = connections.get(service);
  if (open === undefined) throw new Error(`${service} is not connected`);
  return open;
};
const account = (service: string) => {
  const found = restricted.accounts.find((each) => each.service === service);
  if (found === undefined) throw new Error(`${service} has no account`);
  return found;
};
const databaseUrl = (service: string, of = service) =>
  as(servers.postgresUrl, service, account(service).postgres.value, `/${account(of).database}`);

beforeAll(async () => {
  servers = await ownServers();
  restricted = await openRestricted(servers);
  for (const service of all) {
    const url = as(restricted.shop.vhost.url, service, account(service).rabbitmq.value);
    connections.set(service, await connect(url));
  }
});
afterAll(async () => {
  for (const each of connections.values()) await each.close();
  await restricted?.shop.close();
  await servers?.stop();
});

/** Each attempt that did not come out as it should. */
async function surprises(
  attempts: readonly (readonly [what: string, expected: string, fate: Promise<string>])[],
): Promise<string[]> {
  const fates = await Promise.all(attempts.map(async ([what, expected, fate]) => [what, expected, await fate] as const));
  return fates.filter(([, expected, fate]) => fate !== expected).map(([what, , fate]) => `${what}: ${fate}`);
}

describe.each(all)('%s', (service) => {
  test('publishes what it declares, and of what others declare nothing', async () => {
    const attempts = types.map((type) => {
      const expected = emittersOf(type).includes(service) ? 'done' : REFUSED;
      return [type, expected, tryPublish(connection(service), exchangeOf(type), type)] as const;
    });
    expect(await surprises(attempts)).toEqual([]);
  });

  test('writes copies, parked messages, requests and answers in its own name only', async () => {
    const keys = (who: string): [string, string][] => [
      ['retry', `50ms.${who}`],
      ['dead-letter', who],
      ['log', `${who}.order-service`],
      ['redeliver', `${who}.order-service`],
      ['redeliver', `50ms.${who}`],
      ['redeliver', `redrive.${who}`],
    ];
    const attempts = foreign(service).flatMap((other) =>
      keys(other).map(
        ([exchange, key]) => [`${exchange} ${key}`, REFUSED, tryPublish(connection(service), exchange, key)] as const,
      ),
    );
    expect(await surprises(attempts)).toEqual([]);
    const own = [
      ['retry', `50ms.${service}`],
      ['dead-letter', service],
      ['redeliver', `${service}.nobody`],
    ].map(([exchange = '', key = '']) => [key, 'done', tryPublish(connection(service), exchange, key)] as const);
    expect(await surprises(own)).toEqual([]);
  });

  test('reaches no queue past the exchanges, and publishes under no other name', async () => {
    const attempts = foreign(service).map(
      (other) => [`default exchange to ${other}`, REFUSED, tryPublish(connection(service), '', other)] as const,
    );
    expect(await surprises(attempts)).toEqual([]);
    const [other = ''] = foreign(service);
    const forged = tryPublish(connection(service), 'dead-letter', service, { userId: other });
    expect(await forged).toBe('406');
  });

  test('reads its own queues only', async () => {
    const others = [
      ...foreign(service).flatMap((each) => [each, `${each}.dead-letter`]),
      'retry.50ms',
      'operations-service',
      'operations-service.dead-letter-index',
    ];
    const attempts = others.flatMap((queue) => [
      [`get from ${queue}`, REFUSED, tryAt(connection(service), (channel) => channel.get(queue))] as const,
      [`consume ${queue}`, REFUSED, tryAt(connection(service), (channel) => channel.consume(queue, () => undefined))] as const,
      [`purge ${queue}`, REFUSED, tryAt(connection(service), (channel) => channel.purgeQueue(queue))] as const,
    ]);
    expect(await surprises(attempts)).toEqual([]);
    expect(await tryAt(connection(service), (channel) => channel.get(`${service}.dead-letter`, { noAck: false }))).toBe('done');
  });

  test('configures nothing, its own queue included', async () => {
    const tried = connection(service);
    const attempts = [
      ['declare a queue', REFUSED, tryAt(tried, (channel) => channel.assertQueue('mine', { durable: true }))],
      ['declare an exclusive queue', REFUSED, tryAt(tried, (channel) => channel.assertQueue('', { exclusive: true }))],
      ['declare an exchange', REFUSED, tryAt(tried, (channel) => channel.assertExchange('mine', 'topic'))],
      ['delete its queue', REFUSED, tryAt(tried, (channel) => channel.deleteQueue(service))],
      ['delete an exchange', REFUSED, tryAt(tried, (channel) => channel.deleteExchange('retry'))],
      ['bind', REFUSED, tryAt(tried, (channel) => channel.bindQueue(service, 'payment.events', '#'))],
      ['unbind', REFUSED, tryAt(tried, (channel) => channel.unbindQueue(service, 'redeliver', `*.${service}`))],
    ] as const;
    expect(await surprises(attempts)).toEqual([]);
  });

  test('is let into no other virtual host and not into the management API', async () => {
    const { value } = account(service).rabbitmq;
    await expect(connect(as(restricted.shop.vhost.url, service, value, '/%2F'))).rejects.toThrow();
    const management = managementOf({ ...brokerAdministrator(servers, '/'), user: service, password: value });
    await expect(management('/overview')).rejects.toMatchObject({ status: 401 });
  });

  test('connects to its own database only', async () => {
    expect(await tryQuery(databaseUrl(service))).toBe('done');
    const others = foreign(service).map((other) => [other, '42501', tryQuery(databaseUrl(service, other))] as const);
    const role = (name: string) => as(servers.postgresUrl, service, account(service).postgres.value, `/${name}`);
    const general = ['postgres', 'template1', 'quickstep'].map((name) => [name, '42501', tryQuery(role(name))] as const);
    expect(await surprises([...others, ...general])).toEqual([]);
  });

  test('changes rows of its database, and neither its tables nor its past', async () => {
    const url = databaseUrl(service);
    const name = serviceNames.find((each) => services[each].choreography.service === service) ?? 'order';
    const { rows } = await restricted.shop
      .database(name)
      .query<{ name: string }>(
        "select relname as name from pg_inherits join pg_class on oid = inhrelid where inhparent = 'event_log'::regclass",
      );
    const partition = rows[0]?.name;
    const refused = [
      'create table mine (id integer)',
      'create schema mine',
      'create temporary table mine (id integer)',
      'drop table inbox',
      'alter table inbox add column mine integer',
      'truncate inbox',
      'update event_log set type = type',
      'delete from event_log',
      `delete from ${partition}`,
      `select * from ${partition}`,
      'update idempotency_secret set secret = secret',
      'delete from migrations',
      'create role mine',
      'create database mine',
      "select pg_read_file('PG_VERSION')",
    ].map((statement) => [statement, '42501', tryQuery(url, statement)] as const);
    expect(await surprises(refused)).toEqual([]);
    for (const statement of ['select * from event_log', 'delete from inbox where false', 'select keep_event_log_partitions(0)'])
      expect([statement, await tryQuery(url, statement)]).toEqual([statement, 'done']);
  });
});

test("the operator's service reads what is parked and sends it again, and has no part in the saga", async () => {
  const { service, rabbitmq } = restricted.operations;
  const own = await connect(as(restricted.shop.vhost.url, service, rabbitmq.value));
  const attempts = [
    ['redrive', 'done', tryPublish(own, 'redeliver', 'redrive.payment-service')],
    ['read copies', 'done', tryAt(own, (channel) => channel.get('operations-service.dead-letter-index'))],
    ['read what is parked', 'done', tryAt(own, (channel) => channel.get('payment-service.dead-letter'))],
    ['read what others are sent', REFUSED, tryAt(own, (channel) => channel.get('payment-service'))],
    ['answer for another', REFUSED, tryPublish(own, 'redeliver', 'order-service.payment-service')],
    ...types.map((type) => [type, REFUSED, tryPublish(own, exchangeOf(type), type)] as const),
  ] as const;
  expect(await surprises(attempts)).toEqual([]);
  await own.close();
});

test('what topic permissions are for: without them an emitter of one event of an exchange may publish all of it', async () => {
  const forge = () => tryPublish(connection('shipping-service'), 'payment.events', 'payment.completed');
  expect(await forge()).toBe(REFUSED);
  await restricted.shop.vhost.api('/topic-permissions/{vhost}/shipping-service', { method: 'DELETE' });
  expect(await forge()).toBe('done');
});
