import axe, { type AxeResults } from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { requireChromium } from '../../../tools/src/provision/chromium.js';
import { PATIENCE } from '../until.js';

/** A name of this machine: a page that comes over plain HTTP from another name than `localhost` may do less in a browser. */
export const PLAIN_NAME = 'console.test';

/** An installed Chromium without a window. */
export function openBrowser(): Promise<Browser> {
  // Root may not use the sandbox; the small shared memory of containers would crash it.
  const args = [
    '--disable-dev-shm-usage',
    `--host-resolver-rules=MAP ${PLAIN_NAME} 127.0.0.1`,
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
  return chromium.launch({ executablePath: requireChromium(), headless: true, args });
}

export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 390, height: 844 };

/** A person's browser: its own cookies and storage. */
export async function newVisitor(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: WIDE, locale: 'en-GB', timezoneId: 'UTC', reducedMotion: 'reduce' });
  context.setDefaultTimeout(PATIENCE);
  return context;
}

/** What a page complains of: exceptions, and what its policy refused. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return complaints;
}

/** Resolves when a view shows what it has read. */
export async function shown(page: Page): Promise<void> {
  await page.locator('main h1').first().waitFor();
  await page.locator('.loading').first().waitFor({ state: 'detached' });
}

/** Waits until a part of a live page says so; what it said instead is told. */
export async function waitForText(part: Locator, text: string | RegExp): Promise<void> {
  try {
    await part.getByText(text).first().waitFor();
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\nThe page says: ${await part.textContent()}`);
  }
}

/** What axe finds wrong with the page as it is, with the elements. @param rules by default all */
export async function violationsOf(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate<boolean>("typeof axe === 'object'"))) await page.evaluate(axe.source);
  const options = { resultTypes: ['violations'], ...(rules === undefined ? {} : { runOnly: rules }) };
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(options)})`);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
  );
}
