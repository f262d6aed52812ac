import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { waitForText } from '../support/console/browser.js';
import { playScene, type Scene } from '../support/console/scene.js';
import { ConsoleWorld } from '../support/console/world.js';

/** `npm run screenshots` keeps them in docs/console. */
const KEPT = process.env.PICTURES;
const AT_MOST_BYTES = 200_000;

const directory = KEPT ?? mkdtempSync(join(tmpdir(), 'quickstep-pictures-'));
let world: ConsoleWorld;
let scene: Scene;
let plan: string;
let page: Page;
beforeAll(async () => {
  mkdirSync(directory, { recursive: true });
  world = await ConsoleWorld.open();
  scene = await playScene(world);
  for (let placed = 0; placed < 20; placed++) await world.shop.place({ customerId: `customer-${placed}` });
  await Promise.all(world.shop.placed.slice(-20).map((id) => world.shop.eventOf(id, 'notification.sent')));
  plan = (await world.desk.plan({})).id;
  page = await world.visit();
  await page.setViewportSize({ width: 1280, height: 860 });
});
afterAll(async () => {
  await world.close();
  if (KEPT === undefined) rmSync(directory, { recursive: true });
});

const PICTURES: readonly (readonly [name: string, path: () => string, text: string])[] = [
  ['map', () => '/map', 'order.completed 21'],
  ['order', () => `/orders/${scene.stuck}`, 'waits: refund payment'],
  ['dead-letters', () => '/dead-letters', 'The payment gateway answers 503'],
  ['plan', () => `/dead-letters/plans/${plan}`, 'would be processed'],
];

describe.each(PICTURES)('%s', (name, path, text) => {
  test.each(['light', 'dark'] as const)('%s: a picture from a real run, small enough for the documents', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await world.go(page, path());
    await waitForText(page.locator('main'), text);
    const file = join(directory, `${name}-${colorScheme}.png`);
    await page.screenshot({ path: file, fullPage: true });
    expect(statSync(file).size).toBeLessThan(AT_MOST_BYTES);
  });
});
