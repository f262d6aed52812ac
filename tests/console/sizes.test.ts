import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { archiveOf } from '../support/archived.js';
import { waitForText } from '../support/console/browser.js';
import { ConsoleWorld } from '../support/console/world.js';

/** `CONSOLE_FIGURES=1 npx jest tests/console/sizes` prints how long the browser took. */
const FIGURES = process.env.CONSOLE_FIGURES !== undefined;
const MANY = FIGURES ? 100_000 : 10_000;
const KILOBYTE = 1_000;

let world: ConsoleWorld;
let page: Page;
beforeAll(async () => {
  world = await ConsoleWorld.open();
  page = await world.visit();
});
afterAll(() => world.close());

const main = () => page.locator('main');
const says = (text: string | RegExp) => waitForText(main(), text);

test('all scripts of the console have less than 80 kB compressed', () => {
  const script = readFileSync(join(__dirname, '..', '..', 'console', 'dist', 'app.js'));
  expect(gzipSync(script).length).toBeLessThan(80 * KILOBYTE);
});

describe('with nothing yet', () => {
  test.each([
    ['/orders', 'No order fits.'],
    ['/late', 'No order is stuck.'],
    ['/dead-letters', 'No message waits for an operator.'],
    ['/dead-letters', 'No plan has been made.'],
    ['/analytics', 'No such events in the last six hours.'],
    ['/audit', 'No operator has done anything yet.'],
    ['/orders/01a20f1a-0000-7000-8000-000000000000', 'There is no saga of this order'],
    ['/customers/nobody', 'There is no'],
    ['/map', 'What each service may do'],
  ])('%s says so', async (path, text) => {
    await world.go(page, path);
    await says(text);
  });
});

/** Orders that have ended, but for every hundredth, with the live table's own columns. */
async function makeSagas(): Promise<void> {
  const database = await archiveOf(world.operations);
  await database.query(
    `insert into sagas (order_id, customer_id, state, started_at, last_event, last_event_at, events, ended_at, facts, waiting, answered,
       placed_at, total, currency, charged, refunded)
     select gen_random_uuid(), 'customer-' || n % 1000, case when n % 100 = 0 then 'PAID' else 'COMPLETED' end,
       now() - n * interval '1 second', 'order.completed', now() - n * interval '1 second', 6, case when n % 100 = 0 then null else now() end, '{}', '[]', '[]',
       now() - n * interval '1 second', 2500, 'EUR', 2500, 0
     from generate_series(1, $1::int) as n`,
    [MANY],
  );
  await database.query("update sagas set stuck_since = now() where state = 'PAID'");
  await database.end();
}

describe(`with ${MANY} orders`, () => {
  beforeAll(makeSagas);

  test('lists come page by page, and filters find', async () => {
    await world.go(page, '/orders');
    const rows = main().locator('tbody tr');
    await rows.nth(10).waitFor();
    expect(await rows.count()).toBeLessThanOrEqual(100);
    const first = await rows.first().textContent();
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByRole('button', { name: 'First page' }).waitFor();
    await main().locator('tbody tr').first().waitFor();
    expect(await rows.first().textContent()).not.toBe(first);
    await page.getByLabel('State', { exact: true }).selectOption('PAID');
    await main().locator('tbody tr').filter({ hasText: 'PAID' }).first().waitFor();
    await world.go(page, '/late?olderThan=3600');
    await main().getByRole('region', { name: 'Late orders' }).getByText('PAID').first().waitFor();
    const stuck = main().getByRole('region', { name: 'Stuck orders' });
    await stuck.getByText('PAID').first().waitFor();
    expect(await stuck.locator('tbody tr').count()).toBe(50);
    await main().getByText('These are the newest 50; there are more').getByRole('link', { name: 'all' }).click();
    await page.getByRole('button', { name: 'Next page' }).waitFor();
    expect(await main().locator('tbody tr').filter({ hasText: 'stuck' }).count()).toBe(50);
    await world.go(page, '/customers/customer-7');
    await says(`${MANY / 1_000} orders: 0 open, ${MANY / 1_000} completed`);
  });

  test('the first view is painted, and the browser says when', async () => {
    const fresh = await world.visit('operator', '/orders');
    await fresh.reload();
    await fresh.locator('tbody tr').first().waitFor();
    const painted = await fresh.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0");
    expect(painted).toBeGreaterThan(0);
    if (FIGURES) process.stdout.write(`first contentful paint after ${Math.round(painted)} ms\n`);
  });
});

/** Of each key one in every five minutes of the last six hours; the later, the larger. */
async function makeWindows(name: string, keys: readonly string[]): Promise<void> {
  const database = await archiveOf(world.operations);
  await database.query(
    `insert into analytics_windows (id, name, key, starts_at, ends_at, count, sum, least, most, corrections)
     select concat_ws(' ', $1::text, key, n), $1, key, start, start + interval '5 minutes', 1, 1000 - n, 1, 1, 0
     from generate_series(1, 71) as n, unnest($2::text[]) as key,
       lateral (select date_bin('5 minutes', now(), '2026-01-01') - n * interval '5 minutes' as start) as started`,
    [name, keys],
  );
  await database.end();
}

describe('windows of many keys', () => {
  const rows = () => main().getByRole('region', { name: 'Windows, latest first' }).locator('tbody tr');

  test('are the latest, and the page says from when on they are drawn', async () => {
    const skus = Array.from({ length: 20 }, (_, index) => `SKU-${100 + index}`);
    await makeWindows('units-sold', skus);
    await world.go(page, '/analytics?name=units-sold');
    await rows().getByRole('cell', { name: '999', exact: true }).first().waitFor();
    await says(/Only windows after .* are drawn/);
    await page.getByLabel('Key', { exact: true }).fill('SKU-107');
    await page.keyboard.press('Enter');
    await rows().nth(1).getByRole('cell', { name: 'SKU-107' }).waitFor();
    expect(await rows().count()).toBe(50);
    expect(await main().getByText('Only windows after').count()).toBe(0);
  });

  test('amounts are drawn for each currency', async () => {
    await makeWindows('sales', ['EUR', 'JPY']);
    await world.go(page, '/analytics?name=sales');
    for (const currency of ['EUR', 'JPY'])
      await main()
        .getByRole('img', { name: `sales in ${currency} over time` })
        .waitFor();
  });
});
