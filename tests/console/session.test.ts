import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { roleToken } from '@quickstep/operations-service/access';
import type { Page } from 'playwright-core';
import { complaintsOf, newVisitor } from '../support/console/browser.js';
import { failingOrder } from '../support/console/scene.js';
import { ConsoleWorld } from '../support/console/world.js';
import { secretOf } from '../support/operations.js';

let world: ConsoleWorld;
let failing: string;
beforeAll(async () => {
  world = await ConsoleWorld.open();
  failing = await failingOrder(world, 'customer-4');
});
afterAll(() => world.close());

let stranger: Page;
beforeEach(async () => {
  stranger = await (await newVisitor(world.browser)).newPage();
});

const views = (page: Page) => page.getByRole('navigation', { name: 'Views' });
const told = (page: Page, state: string) => page.getByRole('status').getByText(state, { exact: true }).waitFor();

test('the link signs the browser in, and the token does not stay in the address', async () => {
  await stranger.goto(world.link('operator'));
  await views(stranger).waitFor();
  expect(stranger.url()).toBe(`${world.operations.url}/`);
  expect(await stranger.context().cookies()).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }]);
});

test('without a token nothing is shown; the form takes a token, and says when it is not one', async () => {
  await stranger.goto(`${world.operations.url}/#/orders`);
  const field = stranger.getByLabel('Token');
  await field.fill('guessed');
  await stranger.getByRole('button', { name: 'Sign in' }).click();
  await stranger.getByRole('alert').getByText('This token is not one of this installation').waitFor();
  expect(await views(stranger).count()).toBe(0);
  await field.fill(roleToken(secretOf(), 'reader'));
  await stranger.getByRole('button', { name: 'Sign in' }).click();
  await stranger.getByRole('cell', { name: 'customer-4' }).waitFor();
});

test('a link with a wrong token leads to the form', async () => {
  await stranger.goto(`${world.operations.url}/?token=guessed`);
  await stranger.getByLabel('Token').waitFor();
});

test('a reader sees everything and can do nothing', async () => {
  const [letter] = await world.desk.list(`order=${failing}`);
  const plan = await world.desk.plan({ order: failing });
  const reader = await world.visit('reader');
  await reader.getByText('reader', { exact: true }).waitFor();
  const paths = [
    `/orders/${failing}`,
    '/dead-letters',
    `/dead-letters/${letter?.id}`,
    `/dead-letters/plans/${plan.id}`,
    '/services',
  ];
  const buttons: string[] = [];
  for (const path of paths) {
    await world.go(reader, path);
    await reader.locator('main').locator('table, .timeline, .json').first().waitFor();
    buttons.push(...(await reader.locator('main').getByRole('button').allTextContents()));
  }
  expect(buttons).toEqual([]);
});

test('whoever signs out elsewhere is asked to sign in again', async () => {
  const page = await world.visit();
  await page.context().clearCookies();
  // Not by a click: a request of the view that is shown may have been refused first, and the form taken its place.
  await world.go(page, '/audit');
  await page.getByLabel('Token').waitFor();
});

test('the page outlives a restart of the operations service: it says that the connection is lost, then goes on', async () => {
  const page = await world.visit('operator', '/orders');
  await told(page, 'live');
  await world.operations.stop();
  await told(page, 'connection lost, trying again');
  await page.getByRole('cell', { name: 'customer-4' }).waitFor();
  await world.operations.startAgain();
  await told(page, 'live');
  const { id } = await world.shop.place({ customerId: 'customer-after' });
  await world.shop.ended(id);
  await page.getByRole('row').filter({ hasText: 'customer-after' }).getByText('COMPLETED', { exact: true }).waitFor();
});

test('all tabs of a browser share one stream, and when the tab that has it is closed another takes it', async () => {
  const first = await world.visit('operator', '/orders');
  const context = first.context();
  const streams: Page[] = [];
  context.on('request', (request) => {
    if (request.url().endsWith('/events/arrivals')) streams.push(request.frame().page());
  });
  await first.reload();
  await told(first, 'live');
  const second = await context.newPage();
  const complaints = complaintsOf(second);
  await world.go(second, '/orders');
  await told(second, 'live');
  expect(streams).toEqual([first]);
  const happens = async (customerId: string) => {
    await world.shop.place({ customerId });
    await second.getByRole('cell', { name: customerId }).waitFor();
  };
  await happens('customer-of-two');
  const taken = context.waitForEvent('request', (request) => request.url().endsWith('/events/arrivals'));
  await first.close();
  await taken;
  await happens('customer-of-one');
  expect(streams).toEqual([first, second]);
  expect(complaints).toEqual([]);
});
