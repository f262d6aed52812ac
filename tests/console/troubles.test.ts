import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CloudEvent } from '@quickstep/shared/events';
import type { Page } from 'playwright-core';
import { complaintsOf, PLAIN_NAME, shown, waitForText } from '../support/console/browser.js';
import { ConsoleWorld } from '../support/console/world.js';
import { completedOrder } from '../support/dead-letters.js';

let world: ConsoleWorld;
let page: Page;
beforeAll(async () => {
  world = await ConsoleWorld.open();
});
afterAll(() => world.close());
beforeEach(async () => {
  page = await world.visit();
});
afterEach(() => page.context().close());

const main = () => page.locator('main');
const dialog = () => page.getByRole('dialog');
const says = (text: string | RegExp): Promise<void> => waitForText(main(), text);
const told = (state: string) => page.getByRole('status').getByText(state, { exact: true }).waitFor();

describe('a name that the service does not take', () => {
  test.each(['Пётр', 'José'])('%s: is not sent or kept, and the form says what is allowed', async (name) => {
    await world.go(page, '/services');
    await main().getByRole('button', { name: 'Rebuild sales' }).click();
    const field = dialog().getByLabel('Your name, for the audit');
    await field.fill(name);
    await field.press('Enter');
    await dialog().getByText('Letters from A to Z without accents').waitFor();
    expect(await field.evaluate((input) => input.matches(':invalid'))).toBe(true);
    await page.reload();
    await told('live');
    await field.waitFor({ state: 'detached' });
    await main().getByRole('button', { name: 'Rebuild sales' }).click();
    expect(await field.inputValue()).toBe('');
  });

  test('that was kept by an earlier version locks nobody out', async () => {
    await page.evaluate("localStorage.setItem('quickstep.operator', 'Пётр')");
    await page.reload();
    await shown(page);
    await told('live');
  });
});

test.each([401, 502])('after the answer %d the live stream is opened again', async (status) => {
  const streams = '**/events/arrivals';
  await page.route(streams, (route) => route.fulfill({ status, body: 'no stream' }));
  await page.reload();
  await told('connection lost, trying again');
  await page.unroute(streams);
  await told('live');
});

test('over plain HTTP from another machine a page is live, too; a tab that is not seen lets its stream go', async () => {
  const complaints = complaintsOf(page);
  const plain = world.link('operator').replace(/127\.0\.0\.1|localhost/, PLAIN_NAME);
  await page.goto(plain);
  expect(await page.evaluate('isSecureContext')).toBe(false);
  await told('live');
  await page.goto(`${new URL(plain).origin}/#/orders`);
  await world.shop.place({ customerId: 'customer-plain' });
  await page.getByRole('cell', { name: 'customer-plain' }).waitFor();
  const seen = (visible: boolean) =>
    page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${!visible}, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'))`);
  const letGo = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/events/arrivals'));
  await seen(false);
  await letGo;
  const held = page.waitForRequest('**/events/arrivals');
  await seen(true);
  await held;
  expect(complaints).toEqual([]);
});

const unavailable = {
  status: 503,
  contentType: 'application/problem+json',
  body: JSON.stringify({ title: 'The service is not available', detail: 'The service starts' }),
};

test('a page that cannot be told who is signed in says why, and goes on by itself', async () => {
  await page.route('**/me', (route) => route.fulfill(unavailable));
  await page.reload();
  await says('The service starts');
  await page.unroute('**/me');
  await told('live');
});

describe('the map', () => {
  const arrow = () => main().getByRole('link', { name: 'order.created' }).first();

  test('counts nothing while it cannot be read, and says why', async () => {
    await page.route('**/flow?*', (route) => route.fulfill(unavailable));
    await page.reload();
    await says('The service starts');
    expect(await arrow().textContent()).toMatch(/^order.created\s*$/);
    await page.unroute('**/flow?*');
    await arrow().locator('.number').getByText(/\d/).waitFor();
    await main().getByRole('alert').waitFor({ state: 'detached' });
  });

  test('says so when the services cannot be asked', async () => {
    await page.route('**/services', (route) => route.fulfill(unavailable));
    await page.reload();
    await says('The service starts');
  });
});

test('a service that does not answer is told, beside what was read before, and asked again', async () => {
  await world.go(page, '/services');
  await page.getByRole('cell', { name: 'payment-service' }).waitFor();
  // Never answered.
  await page.route('**/projections', () => undefined);
  await says('The operations service does not answer');
  await page.getByRole('cell', { name: 'payment-service' }).waitFor();
  await page.unroute('**/projections');
  await main().getByRole('alert').waitFor({ state: 'detached' });
});

test('a refusal is told where the act was asked for, and gone when it is asked for again', async () => {
  await world.go(page, '/services');
  await page.route('**/rebuild', (route) => route.fulfill(unavailable));
  const ask = () => main().getByRole('button', { name: 'Rebuild sales' }).click();
  await ask();
  await dialog().getByLabel('Your name, for the audit').fill('grace');
  await dialog().getByRole('button', { name: 'Rebuild sales' }).click();
  await dialog().getByRole('alert').getByText('The service starts').waitFor();
  await dialog().getByRole('button', { name: 'Not now' }).click();
  await dialog().waitFor({ state: 'detached' });
  await ask();
  await dialog().waitFor();
  expect(await dialog().getByRole('alert').count()).toBe(0);
});

describe('a refusal to show personal data is told where they were asked for, the page stays live, and they can be asked for again:', () => {
  const HIDDEN = /"email": "\*\*\* \(\d+ characters\)"/;
  const SHOWN = '"email": "ada@example.com"';
  const show = 'Show personal data';

  async function refusedAndAsked(path: string, live: () => Promise<void>): Promise<void> {
    await world.go(page, path);
    await says(HIDDEN);
    await page.route('**reveal=true', (route) => route.fulfill(unavailable));
    await main().getByRole('button', { name: show }).click();
    await dialog().getByLabel('Your name, for the audit').fill('grace');
    await dialog().getByRole('button', { name: show }).click();
    await dialog().getByRole('alert').getByText('The service starts').waitFor();
    await dialog().getByRole('button', { name: 'Not now' }).click();
    await dialog().waitFor({ state: 'detached' });
    await says(HIDDEN);
    await live();
    await page.unroute('**reveal=true');
    await main().getByRole('button', { name: show }).click();
    await dialog().getByRole('button', { name: show }).click();
    await says(SHOWN);
  }

  test.each<[string, (created: CloudEvent) => string]>([
    ['of an order', ({ subject }) => `/orders/${subject}?tab=events`],
    ['of an event', ({ id }) => `/events/${id}`],
  ])('%s', async (_, pathOf) => {
    const { gates } = world.shop;
    gates.beforeCharge.close();
    const { id } = await world.shop.place();
    await gates.beforeCharge.holds(id);
    await refusedAndAsked(pathOf(await world.shop.eventOf(id, 'order.created')), () => {
      gates.beforeCharge.open();
      return says('order.completed');
    });
  });

  test('of a dead letter', async () => {
    const event = { ...completedOrder(), data: { email: 'ada@example.com' } };
    world.parking.park(event, { errorClass: 'wrong-schema' });
    await world.parking.confirmed();
    const [letter] = await world.desk.waiting(1, 'errorClass=wrong-schema');
    await refusedAndAsked(`/dead-letters/${letter?.id}`, async () => {
      const plan = await world.desk.plan({ ids: [letter?.id] });
      await world.desk.act(plan, 'discard', { reason: 'sent by a test' });
      await world.desk.ended(plan);
      // Pages read again when an event arrives; a message that is discarded leaves none.
      await world.shop.place();
      await says(/^discarded$/);
    });
  });
});

test('the same failure in two services is two groups, each with a plan of its own messages', async () => {
  const parkers = ['notification-service', 'inventory-service'];
  for (const service of parkers) world.parking.park(completedOrder(), { service, errorClass: 'permanent' });
  await world.parking.confirmed();
  await world.desk.waiting(2, 'errorClass=permanent');
  await world.go(page, '/dead-letters?errorClass=permanent');
  const groups = main().getByRole('region', { name: 'Groups of dead letters' });
  const messages = main().getByRole('region', { name: 'Dead letters, latest first' });
  for (const service of parkers) await groups.getByRole('row').filter({ hasText: service }).waitFor();
  await groups.getByRole('row').filter({ hasText: 'inventory-service' }).getByRole('link').first().click();
  await messages.getByRole('row').filter({ hasText: 'notification-service' }).waitFor({ state: 'detached' });
  await main().getByRole('button', { name: 'Make a plan' }).click();
  await dialog().getByLabel('Your name, for the audit').fill('grace');
  await dialog().getByRole('button', { name: 'Make a plan' }).click();
  await page.waitForURL(/plans/);
  await says('0 of 1');
  await main().getByRole('link', { name: 'order.completed' }).click();
  await main().getByRole('link', { name: 'Others of its group' }).click();
  await messages.getByRole('row').filter({ hasText: 'inventory-service' }).waitFor();
  expect(await messages.getByRole('row').filter({ hasText: 'notification-service' }).count()).toBe(0);
});

test('an order of any name can be linked to, and an address that is no encoding of anything is taken as it stands', async () => {
  const subject = '100% /?#';
  world.parking.park({ ...completedOrder(), subject }, { errorClass: 'transient' });
  await world.parking.confirmed();
  await world.desk.waiting(1, 'errorClass=transient');
  await world.go(page, '/dead-letters?errorClass=transient');
  await main().getByRole('link', { name: subject }).click();
  await main()
    .getByRole('heading', { name: `Order ${subject}` })
    .waitFor();
  await says('There is no saga of this order');
  await world.go(page, '/orders/100%');
  await main().getByRole('heading', { name: 'Order 100%', exact: true }).waitFor();
});
