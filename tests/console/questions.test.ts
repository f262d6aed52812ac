import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { waitForText } from '../support/console/browser.js';
import { playScene, type Scene } from '../support/console/scene.js';
import { ConsoleWorld } from '../support/console/world.js';

/** As many clicks may an answer cost. A search that is sent with Enter counts as one. */
const AT_MOST = 3;

let world: ConsoleWorld;
let scene: Scene;
let page: Page;
let clicks: number;
beforeAll(async () => {
  world = await ConsoleWorld.open();
  scene = await playScene(world);
  const plan = await world.desk.plan({ errorClass: 'unparsable' });
  await world.desk.act(plan, 'discard', { reason: 'sent by a test' });
  await world.desk.ended(plan);
  page = await world.visit();
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.go(page, '/map');
  clicks = 0;
});

const main = () => page.locator('main');
const answer = (text: string | RegExp) => waitForText(main(), text);

async function click(what: Locator): Promise<void> {
  clicks += 1;
  expect(clicks).toBeLessThanOrEqual(AT_MOST);
  await what.first().click();
}

const menu = (view: string) => click(page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view }));
const link = (name: string | RegExp) => click(main().getByRole('link', { name }));
const tab = (name: string) => click(page.getByRole('tab', { name }));

async function search(wanted: string): Promise<void> {
  clicks += 1;
  await page.getByRole('searchbox', { name: 'Order id or customer' }).fill(wanted);
  await page.keyboard.press('Enter');
}

test('1. Where is order X?', async () => {
  await search(scene.stuck);
  await answer(/^CANCELLING$/);
  await answer(/^stuck$/);
});

test('2. What does it wait for?', async () => {
  await search(scene.stuck);
  await answer('waits: refund payment');
  await answer('has to answer payment.refund with payment.refunded');
});

test('3. Why is it late?', async () => {
  await search(scene.failing);
  await answer('payment gave up on');
  await answer('after 4 attempts: The payment gateway answers 503');
});

test('4. Which orders are stuck or late?', async () => {
  await menu('Stuck and late');
  const stuck = main().getByRole('region', { name: 'Stuck orders' });
  await stuck.getByRole('link', { name: scene.stuck.slice(-4) }).waitFor();
});

test('5. What failed, and is it one cause?', async () => {
  await menu('Dead letters');
  const groups = main().getByRole('region', { name: 'Groups of dead letters' });
  await groups.getByText('transient: The payment gateway answers 503').waitFor();
  expect(await groups.locator('tbody').getByRole('row').count()).toBe(2);
});

test('6. What was customer Y charged?', async () => {
  await search('customer-2');
  await answer('Charged €50.00, given back €50.00');
  expect(await main().getByRole('row').filter({ hasText: 'CANCELLED' }).count()).toBe(4);
});

test('7. Who did something about the dead letters, and why?', async () => {
  await menu('Audit');
  const entry = main().getByRole('row').filter({ hasText: 'dead-letters.discard' }).filter({ hasText: 'sent by a test' });
  await entry.getByText('tests', { exact: true }).first().waitFor();
  await click(entry.getByRole('link', { name: 'plan' }));
  await answer('2 discarded');
});

test('8. Which service is behind, or broken?', async () => {
  await menu('Services');
  const payment = main().getByRole('row').filter({ hasText: 'payment-service' });
  // The headings are read at once, without waiting for the table.
  await payment.waitFor();
  const headings = await main().getByRole('table', { name: 'Services' }).getByRole('columnheader').allTextContents();
  const parked = payment.getByRole('cell').nth(headings.indexOf('Parked'));
  expect(headings).toEqual(expect.arrayContaining(['In queue', 'In hand', 'Unpublished', 'What is wrong']));
  await parked.getByText('1', { exact: true }).waitFor();
});

test('9. Why was this order cancelled, and is the money back?', async () => {
  await search(scene.refused);
  await answer('Shipment refused: no service to AQ');
  await answer('payment.refunded');
  await answer('inventory.released');
});

test('10. What caused this event, and who has dealt with it?', async () => {
  await search(scene.completed);
  await link('shipping.shipped');
  const tree = main().locator('.tree').first();
  for (const type of ['order.created', 'payment.completed', 'order.completed']) await tree.getByText(type).first().waitFor();
  await main().getByRole('row').filter({ hasText: 'commitStock' }).getByText('COMPLETED').waitFor();
});

test('11. How did the order look at that moment?', async () => {
  await search(scene.completed);
  await tab('At a time');
  await page.getByRole('slider').press('Home');
  await answer('After event 1 of 6');
  await answer(/^PENDING$/);
});

test('12. How is business: how many orders, how fast?', async () => {
  await menu('Analytics');
  await main().getByRole('img', { name: 'orders placed over time' }).waitFor();
  await main().getByRole('region', { name: 'Windows, latest first' }).getByRole('cell').first().waitFor();
});
