import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BrokerRefused, connectBroker } from '@quickstep/shared/messaging';
import { freshVhost, type Vhost } from '@quickstep/shared/testing';
import { connectionOf, Reports } from './harness.js';

let vhost: Vhost;
beforeAll(async () => {
  vhost = await freshVhost();
});
afterAll(() => vhost.drop());

const connecting = (url: string) => connectBroker({ url, service: 'stock-service', observer: new Reports() });

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
    expect(String(refusal)).toMatch(/refuses user ".+" \(403\): check user and password in RABBITMQ_URL/);
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
});
