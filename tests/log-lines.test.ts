import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ServiceProcess, startProcess } from './support/process.js';
import { type ServiceName, serviceNames } from './support/services.js';
import { antarctica, Shop } from './support/shop.js';

/** What no line may hold, whoever logs it. */
const secrets = {
  email: 'grace.hopper@example.org',
  name: 'Grace Brewster Murray Hopper',
  line1: '77 Compiler Close',
  city: 'Quantico-on-Sea',
  postalCode: 'ZZ99 3CZ',
  customerId: 'customer-private-4711',
  paymentMethod: 'pm_card_declined',
};
const { email, customerId, paymentMethod, ...address } = secrets;
const shippingAddress = { ...address, country: 'GB' };
const person = { customerId, email, shippingAddress };

let shop: Shop<ServiceProcess>;
const lines = new Map<ServiceName, readonly string[]>();
const exitCodes: (number | null)[] = [];

/** An order for every ending, a wrong request, messages that are parked: everything that makes a service say something. */
beforeAll(async () => {
  shop = await Shop.open(startProcess, { LOG_LEVEL: 'debug' });
  const orders = [
    await shop.place(person),
    await shop.place({ ...person, paymentMethod }),
    await shop.place({ ...person, paymentMethod: 'pm_card_flaky' }),
    await shop.place({ ...person, shippingAddress: { ...shippingAddress, country: antarctica.country } }),
    await shop.place({ ...person, items: [{ sku: 'SKU-RARE', quantity: 2 }] }),
  ];
  for (const { id } of orders) await shop.ended(id);
  await shop.call('order', 'POST', '/orders', { ...person, [email]: email, items: [{ sku: email, quantity: 1 }] });
  shop.spy.publish('order.events', 'order.created', `{"email":"${email}" nonsense`);
  shop.spy.publish('order.events', 'order.created', JSON.stringify({ type: 'order.created', data: person }));
  await shop.spy.parkedBecause(({ reason }) => reason.includes('is not JSON'), 'the nonsense');
  await shop.spy.parkedBecause(({ reason }) => reason.includes('breaks its contract'), 'the broken event');
  await shop.settled();
  for (const name of serviceNames) {
    const service = shop.service(name);
    exitCodes.push(await service.stop());
    lines.set(name, service.lines);
  }
});
afterAll(() => shop.close());

const linesOf = (name: ServiceName) => lines.get(name) ?? [];

describe.each<[ServiceName]>(serviceNames.map((name) => [name]))('the lines of %s', (name) => {
  test('are JSON, one object each, with time, level, service and message', () => {
    expect(linesOf(name).length).toBeGreaterThan(2);
    for (const line of linesOf(name)) {
      expect(JSON.parse(line)).toMatchObject({
        time: expect.stringMatching(/Z$/),
        level: expect.stringMatching(/^(debug|info|warn|error)$/),
        service: `${name}-service`,
        message: expect.any(String),
      });
    }
  });

  test.each(Object.entries(secrets))('never hold the %s of a customer', (_, secret) => {
    expect(linesOf(name).filter((line) => line.includes(secret))).toEqual([]);
  });

  test('never hold a password', () => {
    expect(linesOf(name).filter((line) => /(amqps?|postgres(ql)?):\/\/[^/]*:[^/]*@/.test(line))).toEqual([]);
  });
});

test('what happened to an order can be followed by its id', () => {
  const [id = ''] = shop.placed;
  for (const name of serviceNames) expect(linesOf(name).some((line) => line.includes(id))).toBe(true);
});

test('a service that is told to stop ends with 0', () => {
  expect(exitCodes).toEqual([0, 0, 0, 0, 0]);
});
