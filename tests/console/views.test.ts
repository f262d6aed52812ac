import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { complaintsOf, NARROW, violationsOf, WIDE } from '../support/console/browser.js';
import { playScene, type Scene } from '../support/console/scene.js';
import { ConsoleWorld } from '../support/console/world.js';

/** `VIEWS_PICTURES=<folder> npx jest tests/console/views` keeps a picture of every view in every form. */
const PICTURES = process.env.VIEWS_PICTURES;
const FORMS = [
  ['light-wide', 'light', WIDE],
  ['light-narrow', 'light', NARROW],
  ['dark-narrow', 'dark', NARROW],
  ['dark-wide', 'dark', WIDE],
] as const;

/** What depends on colours only. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

let world: ConsoleWorld;
let scene: Scene;
let page: Page;
let complaints: string[];
beforeAll(async () => {
  world = await ConsoleWorld.open();
  scene = await playScene(world);
  page = await world.visit();
  complaints = complaintsOf(page);
});
afterAll(() => world.close());

const main = () => page.locator('main');
const cell = (text: string) => main().getByRole('cell', { name: text }).first();

/** A view: its address, and what must stand in it before it is looked at. */
type View = readonly [name: string, path: () => Promise<string> | string, seen: () => Promise<void>];

const letterOf = async (query: string) => (await world.desk.list(query))[0]?.id;
const order = (of: keyof Scene, tab = '') => `/orders/${scene[of]}${tab && `?tab=${tab}`}`;
const text = (wanted: string) => main().getByText(wanted).first().waitFor();

const VIEWS: readonly View[] = [
  ['map', () => '/map', () => main().locator('.arrow.busy').first().waitFor()],
  ['orders', () => '/orders', () => cell('customer-1').waitFor()],
  ['order-completed', () => order('completed'), () => main().locator('.timeline li').nth(5).waitFor()],
  ['order-declined', () => order('declined'), () => text('payment.failed')],
  ['order-stuck', () => order('stuck'), () => main().locator('.timeline .expected').first().waitFor()],
  ['order-sequence', () => order('refused', 'sequence'), () => main().locator('.message').nth(4).waitFor()],
  ['order-at-time', () => order('completed', 'time'), () => text('"COMPLETED"')],
  ['order-events', () => order('completed', 'events'), () => text('"specversion"')],
  [
    'late',
    () => '/late?olderThan=10',
    () => main().getByRole('region', { name: 'Stuck orders' }).getByText('stuck', { exact: true }).waitFor(),
  ],
  ['dead-letters', () => '/dead-letters', () => cell('unparsable').waitFor()],
  ['dead-letter', async () => `/dead-letters/${await letterOf('errorClass=wrong-schema')}`, () => text('wrong-schema:')],
  ['plan', async () => `/dead-letters/plans/${(await world.desk.plan({})).id}`, () => text('would be processed')],
  ['services', () => '/services', () => cell('payment-service').waitFor()],
  ['analytics', () => '/analytics?name=time-to-complete', () => main().locator('canvas').waitFor()],
  ['customer', () => '/customers/customer-2', () => text('4 orders')],
  ['events', () => '/events', () => cell('order.created').waitFor()],
  [
    'event',
    async () => `/events/${(await world.shop.eventOf(scene.completed, 'payment.completed')).id}`,
    () => text('COMPLETED'),
  ],
  ['audit', () => '/audit', () => cell('dead-letters.plan').waitFor()],
  ['not-found', () => '/nowhere', () => text('There is no such view')],
];

async function inForm(form: (typeof FORMS)[number], name: string): Promise<string[]> {
  const [title, colorScheme, size] = form;
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme });
  if (PICTURES !== undefined) {
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}-${title}.png`), fullPage: true });
  }
  // Dark changes colours only: the rest has been looked at in the light.
  const found = await violationsOf(page, colorScheme === 'dark' ? OF_COLOURS : undefined);
  const sideways = await page.locator('html').evaluate((html) => html.scrollWidth > html.clientWidth);
  return [...found, ...(sideways ? ['the page scrolls sideways'] : [])].map((each) => `${title}: ${each}`);
}

describe.each(VIEWS)('%s', (name, path, seen) => {
  test('shows what is there; in light and dark, wide and narrow, nothing keeps anybody out', async () => {
    await world.go(page, await path());
    await seen();
    const found: string[] = [];
    for (const form of FORMS) found.push(...(await inForm(form, name)));
    expect(found).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
