import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BrokerRefused, connectBroker } from '@quickstep/shared/messaging';
import { eventually, freshVhost, type Vhost } from '@quickstep/shared/testing';
import { closeConnection, connectionOf, Opened, outgoing, Reports } from './harness.js';

let vhost: Vhost;
const opened = new Opened(() => vhost);

// For each test one of its own: the management lists a connection for a while after it has closed.
beforeEach(async () => {
  vhost = await freshVhost();
});
afterEach(async () => {
  await opened.closeAll();
  await vhost.drop();
});

const connecting = (url: string, reports = new Reports()) => connectBroker({ url, service: 'stock-service', observer: reports });

interface ListedConnection {
  readonly user: string;
  /** The heartbeat, in seconds. */
  readonly timeout: number;
}

/** What the broker's management knows of the virtual host's connections: it learns of them a moment after they open and close. */
async function listed(wanted: (connections: readonly ListedConnection[]) => boolean): Promise<readonly ListedConnection[]> {
  let connections: readonly ListedConnection[] = [];
  await eventually(async () => {
    connections = await vhost.api<ListedConnection[]>('/vhosts/{vhost}/connections');
    // What it has only just heard of is listed without its details.
    return connections.every(({ user }) => user !== undefined) && wanted(connections);
  });
  return connections;
}

/** So many connections to the virtual host at most; undefined: no limit. */
const limitTo = (value: number | undefined) =>
  vhost.api(
    '/vhost-limits/{vhost}/max-connections',
    value === undefined ? { method: 'DELETE' } : { method: 'PUT', body: { value } },
  );

/** The broker behind a door. @param admit whether a connection, counted from 1, is let through; the others are hung up on */
async function behindDoor(admit: (nth: number) => Promise<boolean>): Promise<string> {
  const url = new URL(vhost.url);
  const target = { host: url.hostname, port: Number(url.port) };
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer(async (client) => {
    client.on('error', () => undefined);
    sockets.add(client);
    if (!(await admit(++count))) return client.resume().end();
    const broker = connect(target);
    broker.on('error', () => client.destroy());
    client.pipe(broker).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.add(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return url.href;
}

describe('connectBroker', () => {
  test('opens one connection for publishing and one for consuming, by name', async () => {
    const broker = await connecting(vhost.url);
    expect(await connectionOf(vhost, 'stock-service:publish')).toBeDefined();
    expect(await connectionOf(vhost, 'stock-service:consume')).toBeDefined();
    await broker.close();
  });

  test('a wrong password ends it with a clear error, which does not hold the password', async () => {
    const url = new URL(vhost.url);
    url.password = 'not-the-password';
    const refusal = await connecting(url.href).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(BrokerRefused);
    expect(String(refusal)).toContain(
      `The broker at ${url.hostname} refuses user "${decodeURIComponent(url.username)}" (403): check user and password in RABBITMQ_URL`,
    );
    expect(String(refusal)).not.toContain('not-the-password');
  });

  test('so does an unknown virtual host', async () => {
    const url = new URL(vhost.url);
    url.pathname = '/nowhere';
    await expect(connecting(url.href)).rejects.toThrow(/refuses virtual host "nowhere".*add_vhost/);
  });

  test('so does a URL that is none', async () => {
    await expect(connecting('http://localhost:5672')).rejects.toThrow(/must look like amqp:/);
  });

  test('tells whether the account is the one of the service', async () => {
    const service = decodeURIComponent(new URL(vhost.url).username);
    expect(await opened.broker(new Reports(), service)).toMatchObject({ ownAccount: true });
    expect(await opened.broker(new Reports(), `${service}s`)).toMatchObject({ ownAccount: false });
  });

  test.each([
    ['of five seconds', '', 5],
    ['of the URL, if it says one', '?heartbeat=7', 7],
  ])('asks for a heartbeat %s', async (_what, query, seconds) => {
    const broker = await connecting(`${vhost.url}${query}`);
    const connections = await listed(({ length }) => length === 2);
    expect(connections.map(({ timeout }) => timeout)).toEqual([seconds, seconds]);
    await broker.close();
  });

  test('one connection that is refused ends it, and the other is closed', async () => {
    await limitTo(1);
    // The second waits until the broker has counted the first.
    const url = await behindDoor(async (nth) => nth === 1 || (await listed(({ length }) => length === 1)).length === 1);
    const refusal = await connecting(url).catch((error: unknown) => error);
    await limitTo(undefined);
    expect(refusal).toBeInstanceOf(BrokerRefused);
    expect(String(refusal)).toContain(`refuses virtual host "${vhost.name}"`);
    await listed(({ length }) => length === 0);
  });

  test('waits for a broker that is not there yet, and says so once for each connection', async () => {
    const reports = new Reports();
    let tried = 0;
    const broker = await connecting(
      await behindDoor(async (nth) => {
        tried = nth;
        return nth > 6;
      }),
      reports,
    );
    expect(tried).toBe(8);
    const away = 'no connection to the broker yet; trying again';
    const said = await reports.take(2);
    expect(said.map((each) => each.split(': ').slice(0, 2)).sort()).toEqual([
      ['stock-service:consume', away],
      ['stock-service:publish', away],
    ]);
    reports.push('nothing else');
    expect(await reports.next()).toBe('nothing else');
    await broker.close();
  });
});

describe('a connection that has worked', () => {
  test('comes back once it is refused no longer; until then the publisher is not ready', async () => {
    const reports = new Reports();
    const broker = await opened.broker(reports);
    const publisher = await opened.publisher(broker, reports);
    await limitTo(0);
    await closeConnection(vhost, 'stock-service:publish');
    await reports.matching(/^stock-service:publish: no connection to the broker yet; trying again/);
    expect(publisher.ready).toBe(false);
    expect(await publisher.publish([outgoing()])).toEqual(['failed']);
    await limitTo(undefined);
    await eventually(() => publisher.ready);
    expect(await publisher.publish([outgoing()])).toEqual(['returned']);
  });

  test('says each time that it is lost, once', async () => {
    const reports = new Reports();
    await opened.broker(reports);
    for (let time = 0; time < 2; time++) {
      await closeConnection(vhost, 'stock-service:consume');
      expect(await reports.next()).toMatch(
        /^stock-service:consume: connection (failed|lost; connecting again): .*closed via management/i,
      );
    }
    reports.push('nothing else');
    expect(await reports.next()).toBe('nothing else');
  });
});
