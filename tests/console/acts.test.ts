import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { archiveOf } from '../support/archived.js';
import { shown, waitForText } from '../support/console/browser.js';
import { failingOrder, wrongOrder } from '../support/console/scene.js';
import { ConsoleWorld } from '../support/console/world.js';

let world: ConsoleWorld;
let page: Page;
beforeAll(async () => {
  world = await ConsoleWorld.open();
  page = await world.visit();
});
afterAll(() => world.close());

const main = () => page.locator('main');
const dialog = () => page.getByRole('dialog');

/** Answers the question that an act asks. */
async function confirm(label: string, reason?: string): Promise<void> {
  await dialog().getByLabel('Your name, for the audit').fill('grace');
  if (reason !== undefined) await dialog().getByLabel('Reason').fill(reason);
  await dialog().getByRole('button', { name: label, exact: true }).click();
  await dialog().waitFor({ state: 'detached' });
}

async function act(label: string, reason?: string): Promise<void> {
  await main().getByRole('button', { name: label, exact: true }).click();
  await confirm(label, reason);
}

const says = (text: string | RegExp): Promise<void> => waitForText(main(), text);
const row = (...texts: string[]): Locator =>
  texts.reduce((rows, text) => rows.filter({ hasText: text }), main().getByRole('row')).first();

async function audited(what: string, about: string | null) {
  const found = (await world.desk.audit()).find((each) => each.what === what && (about === null || each.about === about));
  return found && { who: found.who, why: found.why };
}

/** Plans what the list shows. */
async function planAll(order: string): Promise<string> {
  await world.go(page, `/dead-letters?order=${order}`);
  await act('Make a plan');
  await page.waitForURL(/plans/);
  await shown(page);
  return page.url().split('/').at(-1) ?? '';
}

beforeEach(() => world.go(page, '/map'));

test('an order is cancelled, with a reason', async () => {
  const { shop } = world;
  shop.gates.beforeCharge.close();
  const { id } = await shop.place();
  await shop.gates.beforeCharge.holds(id);
  await world.go(page, `/orders/${id}`);
  await says('waits: charge payment');
  await act('Cancel the order', 'ordered twice');
  await says('order.cancellation_requested');
  await says('cancelled on request: ***');
  shop.gates.beforeCharge.open();
  await says(/^CANCELLED$/);
  expect(await audited('sagas.cancel', id)).toEqual({ who: 'grace', why: 'ordered twice' });
});

test('a dead letter is planned and sent again, and its order goes on, which the page shows by itself', async () => {
  const id = await failingOrder(world, 'customer-5');
  await world.go(page, `/orders/${id}`);
  await says('gave up on');
  const plan = await planAll(id);
  await says('1 would be processed');
  await act('Send again');
  await says('processed');
  await says('1 of 1');
  await says('by grace');
  expect(await audited('dead-letters.redrive', plan)).toMatchObject({ who: 'grace' });
  await world.go(page, `/orders/${id}`);
  await says('COMPLETED');
});

test('a plan is stopped, and goes on afterwards', async () => {
  const { shop } = world;
  const id = await failingOrder(world, 'customer-6');
  shop.gates.beforeCharge.close();
  await planAll(id);
  await act('Send again');
  await shop.gates.beforeCharge.holds(id);
  await act('Stop');
  await main().getByRole('button', { name: 'Go on sending' }).waitFor();
  shop.gates.beforeCharge.open();
  await act('Go on sending');
  await says('1 of 1');
  expect(await shop.ended(id)).toBe('COMPLETED');
});

test('a plan that does not hold all messages that are meant says so, and so does the list', async () => {
  await planAll(await failingOrder(world, 'customer-8'));
  await says('1 would be processed');
  expect(await main().getByText('these are the oldest').count()).toBe(0);
  const plan = page.url().split('/').at(-1);
  const database = await archiveOf(world.operations);
  await database.query('update dead_letter_plans set cut = true where id = $1', [plan]);
  await database.end();
  await page.reload();
  await says('More messages are meant than a plan holds: these are the oldest.');
  await world.go(page, '/dead-letters');
  await row('the oldest 1').waitFor();
});

test('a message that nobody can read is discarded, with a reason', async () => {
  world.parking.send('no JSON');
  await world.parking.confirmed();
  const [letter] = await world.desk.waiting(1, 'errorClass=unparsable&state=parked');
  await world.go(page, `/dead-letters/${letter?.id}`);
  await act('Plan this message');
  await page.waitForURL(/plans/);
  await says('1 refused');
  await act('Discard', 'sent by a test');
  await says('1 of 1');
  await world.go(page, '/audit');
  await row('dead-letters.discard', 'grace', 'sent by a test').waitFor();
});

test('of a message whose body was deleted the page says since when, and offers neither to show nor to change it', async () => {
  world.parking.send('no JSON at all');
  await world.parking.confirmed();
  const [letter] = await world.desk.waiting(1, 'errorClass=unparsable&state=parked');
  const plan = await world.desk.plan({ ids: [letter?.id] });
  await world.desk.act(plan, 'discard', { reason: 'sent by a test' });
  await world.desk.ended(plan);
  const database = await archiveOf(world.operations);
  await database.query("update dead_letters set body = '', emptied_at = '2026-11-20T12:00:00Z' where id = $1", [letter?.id]);
  await database.end();
  await world.go(page, `/dead-letters/${letter?.id}`);
  await says(/Its body is gone since .*20/);
  expect(
    await main()
      .getByRole('button', { name: /Show personal data|Change the message/ })
      .count(),
  ).toBe(0);
  expect(await main().getByRole('region', { name: 'The message' }).count()).toBe(0);
});

test('personal data are hidden until an operator asks, which is written down; then a message can be changed, and what differs is shown', async () => {
  const event = wrongOrder();
  world.parking.send(JSON.stringify(event));
  await world.parking.confirmed();
  const [letter] = await world.desk.waiting(1, 'errorClass=wrong-schema&state=parked');
  await world.go(page, `/dead-letters/${letter?.id}`);
  const message = main().getByRole('region', { name: 'The message' });
  await message.getByText('"currency": "euro"').waitFor();
  expect(await message.textContent()).not.toContain(event.data.email);
  expect(await main().getByRole('button', { name: 'Change the message' }).count()).toBe(0);
  expect(await audited('dead-letters.reveal', letter?.id ?? '')).toBeUndefined();

  await act('Show personal data');
  await message.getByText(`"email": "${event.data.email}"`).waitFor();
  expect(await audited('dead-letters.reveal', letter?.id ?? '')).toMatchObject({ who: 'grace' });

  await main().getByRole('button', { name: 'Change the message' }).click();
  const field = dialog().getByLabel('The event; it is checked');
  await field.fill((await field.inputValue()).replace('"euro"', '"EURO"'));
  await dialog().getByLabel('Your name, for the audit').fill('grace');
  await dialog().getByLabel('Reason').fill('the shop wrote a word');
  await dialog().getByRole('button', { name: 'Change the message' }).click();
  await dialog().getByRole('alert').getByText('must NOT have more than 3 characters').waitFor();
  await field.fill((await field.inputValue()).replace('"EURO"', '"EUR"'));
  await confirm('Change the message');
  await says('Changed by grace');
  expect(await main().locator('.diff').textContent()).toBe('/data/currency "euro" "EUR"');
  expect(await audited('dead-letters.edit', letter?.id ?? '')).toEqual({ who: 'grace', why: 'the shop wrote a word' });
  await act('Plan this message');
  await page.waitForURL(/plans/);
  await act('Send again');
  await says('1 of 1');
});

test('personal data of an order are hidden until an operator asks, which is written down', async () => {
  const { id } = await world.shop.place();
  await world.go(page, `/orders/${id}?tab=events`);
  const created = main().getByRole('region', { name: 'order.created' });
  await created.getByText(/"email": "\*\*\* \(\d+ characters\)"/).waitFor();
  expect(await audited('orders.reveal', id)).toBeUndefined();
  await act('Show personal data');
  await created.getByText('"email": "ada@example.com"').waitFor();
  expect(await audited('orders.reveal', id)).toMatchObject({ who: 'grace' });
});

test('personal data are shown of the one moment that was asked for', async () => {
  const { id } = await world.shop.place();
  await world.shop.ended(id);
  await world.go(page, `/orders/${id}?tab=time`);
  const order = main().getByRole('region', { name: 'The order at that time' });
  const hidden = order.getByText(/"email": "\*\*\* \(\d+ characters\)"/);
  await hidden.waitFor();
  await act('Show personal data');
  await order.getByText('"email": "ada@example.com"').waitFor();
  await page.getByRole('slider').press('ArrowLeft');
  await hidden.waitFor();
  const reveals = (await world.desk.audit()).filter(({ what, about }) => what === 'orders.reveal' && about === id);
  expect(reveals).toHaveLength(1);
});

test('a projection is made anew', async () => {
  await world.go(page, '/services');
  await act('Rebuild sales');
  await row('sales', '1', 'no').waitFor();
  expect(await audited('projections.rebuild', 'sales')).toMatchObject({ who: 'grace' });
});

test('by keyboard alone, a dead letter is found, planned and sent again', async () => {
  const id = await failingOrder(world, 'customer-7');
  /** Goes on with Tab until something of this name has the focus. */
  const reach = async (name: RegExp) => {
    for (let pressed = 0; pressed < 200; pressed++) {
      await page.keyboard.press('Tab');
      const focused = page.locator(':focus');
      if ((await focused.count()) === 0) continue;
      if (name.test((await focused.textContent()) || (await focused.getAttribute('id')) || '')) return;
    }
    throw new Error(`Nothing named ${name} can be reached`);
  };
  await reach(/^find$/);
  await page.keyboard.type(id);
  await page.keyboard.press('Enter');
  await says('gave up on');
  await reach(/^charge payment$/);
  await page.keyboard.press('Enter');
  await page.waitForURL(/dead-letters/);
  await shown(page);
  await says('Its order');
  await reach(/^Plan this message$/);
  await page.keyboard.press('Enter');
  await dialog().locator(':focus').waitFor();
  expect(await dialog().locator(':focus').getAttribute('id')).toBe('name-plan-this-message');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('ada');
  expect(await dialog().getByLabel('Your name, for the audit').inputValue()).toBe('ada');
  await page.keyboard.press('Enter');
  await page.waitForURL(/plans/);
  await says('1 would be processed');
  await reach(/^Send again$/);
  await page.keyboard.press('Enter');
  await dialog().waitFor();
  await page.keyboard.press('Enter');
  await says('1 of 1');
  expect(await world.shop.ended(id)).toBe('COMPLETED');
  expect(await audited('dead-letters.redrive', page.url().split('/').at(-1) ?? '')).toMatchObject({ who: 'ada' });
});
