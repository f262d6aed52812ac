import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { readArguments } from '../arguments.js';
import { Problem } from '../problem.js';
import { createProgress } from '../progress.js';
import { reachedAt } from '../running-system.js';
import { serviceNamed } from '../services.js';
import type { OperationsClient } from './client.js';
import type { OpsCommand } from './command.js';
import { askService } from './service-call.js';

type Order = { readonly id: string } & Readonly<Record<string, unknown>>;

interface Page {
  readonly items: readonly Order[];
  readonly nextCursor?: string;
}

/** One order in one of the two lists, or in both. */
interface View {
  readonly id: string;
  readonly row?: Order;
  readonly folded?: Order;
}

const PAGE = 500;
/** Looks at what differs, in all: what is under way arrives between them. */
const LOOKS = 4;
const BETWEEN_MS = 2_000;
/** A setting of the order service, which stands in no event. */
const NOT_IN_EVENTS = ['deadlineAt'];

/** Every item of a list, page by page. */
async function* itemsOf(page: (query: string) => Promise<Page>, as: (order: Order) => View): AsyncGenerator<View> {
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const found: Page = await page(`limit=${PAGE}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    yield* found.items.map(as);
    cursor = found.nextCursor;
  }
}

/** What two views of one order say differently, each as `field: this, not that`. */
function differencesOf(row: Order | undefined, folded: Order | undefined): string[] {
  if (row === undefined) return folded === undefined ? [] : ['the order service does not have it'];
  if (folded === undefined) return ['it is not in the archive'];
  const fields = [...new Set([...Object.keys(row), ...Object.keys(folded)])].filter((field) => !NOT_IN_EVENTS.includes(field));
  return fields
    .filter((field) => !isDeepStrictEqual(row[field], folded[field]))
    .map((field) => `${field} is ${JSON.stringify(row[field])}, its events say ${JSON.stringify(folded[field])}`);
}

/** Takes one of each in turn, until all have ended. */
async function* inTurn<Item>(...lists: readonly AsyncGenerator<Item>[]): AsyncGenerator<Item> {
  for (let open = lists; open.length > 0; )
    for (const list of open) {
      const { done, value } = await list.next();
      if (done) open = open.filter((other) => other !== list);
      else yield value;
    }
}

/**
 * Both views of each order. The two lists are newest first, but by clocks that may differ: what is in only one of them so far is kept
 * until it is met in the other, or until both have ended.
 */
async function* pairs(views: AsyncGenerator<View>): AsyncGenerator<View> {
  const unmatched = new Map<string, View>();
  for await (const view of views) {
    const pair = { ...unmatched.get(view.id), ...view };
    if (pair.row === undefined || pair.folded === undefined) {
      unmatched.set(view.id, pair);
      continue;
    }
    unmatched.delete(view.id);
    yield pair;
  }
  yield* unmatched.values();
}

/** Compares one order anew. */
async function lookAgain(id: string, orderUrl: string, client: OperationsClient, signal: AbortSignal): Promise<string[]> {
  const found = async (ask: Promise<Order>) =>
    ask.catch((error: unknown) => {
      if (error instanceof Problem && error.message.includes(' answered 404')) return undefined;
      throw error;
    });
  const [row, folded] = await Promise.all([
    found(askService<Order>('GET', `${orderUrl}/orders/${id}`, signal)),
    found(client.json<Order>('GET', `/orders/${id}?reveal=true`)),
  ]);
  return differencesOf(row, folded);
}

export const verifyOrders: OpsCommand = {
  name: 'verify orders',
  summary: 'rebuilds every order from its events, and compares with the rows of the order service',
  usage: `

Ends with 1 when something differs that is not only under way.`,
  async run(args, { client, print, signal }) {
    readArguments(args, {});
    const operations = client();
    const orderUrl = reachedAt(serviceNamed('order-service'));
    const progress = createProgress(process.stderr);
    const suspects = new Set<string>();
    let orders = 0;
    await progress.step('orders compared', async (note) => {
      const rows = itemsOf(
        (query) => askService<Page>('GET', `${orderUrl}/orders?${query}`, signal),
        (row) => ({ id: row.id, row }),
      );
      const folded = itemsOf(
        (query) => operations.json<Page>('GET', `/orders?reveal=true&${query}`),
        (order) => ({ id: order.id, folded: order }),
      );
      for await (const { id, ...pair } of pairs(inTurn(rows, folded))) {
        if (++orders % PAGE === 0) note(`${orders} orders compared`);
        if (differencesOf(pair.row, pair.folded).length > 0) suspects.add(id);
      }
      note(`${orders} orders compared`);
    });
    const lasting = new Map<string, string[]>();
    for (let look = 0; look < LOOKS && suspects.size > 0; look++) {
      if (look > 0) await pause(BETWEEN_MS, undefined, { signal });
      for (const id of suspects) {
        const differs = await lookAgain(id, orderUrl, operations, signal);
        lasting.set(id, differs);
        if (differs.length === 0) suspects.delete(id);
      }
    }
    for (const id of suspects) for (const difference of lasting.get(id) ?? []) print(`${id}: ${difference}`);
    print(
      suspects.size === 0
        ? `${orders} orders: their rows are what their events say`
        : `${suspects.size} of ${orders} orders differ`,
    );
    return suspects.size === 0 ? 0 : 1;
  },
};
