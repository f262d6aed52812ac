import { type Role, roleToken } from '@quickstep/operations-service/access';
import type { Browser, Page } from 'playwright-core';
import { Desk, Parking } from '../dead-letters.js';
import { Operations, secretFile, secretOf } from '../operations.js';
import { openShop, type Shop } from '../shop.js';
import { newVisitor, openBrowser, PLAIN_NAME, shown } from './browser.js';

/** The real system in this process, and a browser. */
export class ConsoleWorld {
  readonly shop: Shop;
  readonly operations: Operations;
  readonly desk: Desk;
  readonly parking: Parking;
  readonly browser: Browser;
  readonly #forget: () => void;

  private constructor(shop: Shop, operations: Operations, parking: Parking, browser: Browser, forget: () => void) {
    this.shop = shop;
    this.operations = operations;
    this.desk = new Desk(operations);
    this.parking = parking;
    this.browser = browser;
    this.#forget = forget;
  }

  static async open(): Promise<ConsoleWorld> {
    const browser = await openBrowser();
    const secret = secretFile();
    const shop = await openShop(secret.env);
    const env = { ...secret.env, DEAD_LETTERS_COMPARED_EVERY_MS: '200', ALLOWED_HOSTS: PLAIN_NAME };
    const operations = await Operations.open(shop, env);
    return new ConsoleWorld(shop, operations, await Parking.open(shop), browser, () => secret.remove());
  }

  /** The link that `npm start` prints. */
  link(role: Role): string {
    return `${this.operations.url}/?token=${roleToken(secretOf(), role)}`;
  }

  /** A new visitor who has used the link. */
  async visit(role: Role = 'operator', view = '/map'): Promise<Page> {
    const page = await (await newVisitor(this.browser)).newPage();
    await page.goto(this.link(role));
    await page.getByRole('navigation', { name: 'Views' }).waitFor();
    await this.go(page, view);
    return page;
  }

  /** Opens a view by its address. */
  async go(page: Page, view: string): Promise<void> {
    await page.goto(`${this.operations.url}/#${view}`);
    await shown(page);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.parking.close();
    await this.operations.close();
    await this.shop.close();
    this.#forget();
  }
}
