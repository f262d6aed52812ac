import { parseArgs } from 'node:util';
import { Problem, reasonOf } from '../problem.js';
import type { Note } from '../progress.js';
import { compare } from '../reconciliation/compare.js';
import { readLedger, readShown, type Sources } from '../reconciliation/read.js';
import { lookTwice, seconds } from '../reconciliation/two-looks.js';
import { reachedAt } from '../running-system.js';
import { serviceNamed } from '../services.js';
import type { OpsCommand } from './command.js';
import { eventPages } from './event-pages.js';

/** A service that accepts the connection and never answers must not hold the command for ever. */
const TIMEOUT_MS = 30_000;

/** The whole answer. @throws Problem when it does not come, or not in time */
async function answerOf(service: string, path: string, timeout: number) {
  const base = reachedAt(serviceNamed(service));
  const url = `${base}${path}`;
  const signal = AbortSignal.timeout(timeout);
  try {
    const response = await fetch(url, { signal });
    return { url, status: response.status, ok: response.ok, body: await response.text() };
  } catch (error) {
    if (signal.aborted)
      throw new Problem(
        `${service} did not answer ${url} within ${timeout / 1_000} s. See whether it is well (${base}/health/ready), and try again.`,
      );
    throw new Problem(`${service} cannot be reached at ${url} (${reasonOf(error)}).`);
  }
}

/**
 * Asks the services over HTTP.
 *
 * @param timeout milliseconds for a whole answer; what it returns throws a Problem when the service cannot be reached, stalls or refuses
 */
export function servicesWithin(timeout: number): Sources['get'] {
  return async (service, path) => {
    const { url, status, ok, body } = await answerOf(service, path, timeout);
    if (status === 404) return undefined;
    if (!ok) throw new Problem(`${url} answered ${status}: ${body.slice(0, 200)}`);
    return JSON.parse(body);
  };
}

/** @param ask how the services are asked */
export const reconcileCommand = (ask: Sources['get'] = servicesWithin(TIMEOUT_MS)): OpsCommand => ({
  name: 'reconcile',
  summary: 'compares stock, money, parcels and orders across the services and their logs',
  usage: `[--settle SECONDS] [--overdue SECONDS]

  --settle     between two looks; what both find is a difference, anything else was under way (default: 5)
  --overdue    an order that has not ended is looked at, too, when nothing has happened to it for so long (default: 1800)

Through the services' HTTP and the archive, never their databases. Reported is every effect without its closing or its undoing (stock that stays
reserved, a charge without delivery or refund, a compensation that was asked for and not done) and whatever two of them say differently. It
takes memory for every order that there is. Ends with 1 when something differs.

npm run reconcile looks into the databases instead: it also compares with what gateway and carrier remember, which no service shows.`,
  async run(args, { client, signal, print }) {
    const options = { settle: { type: 'string', default: '5' }, overdue: { type: 'string', default: '1800' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const settle = seconds('settle', values.settle, 3_600);
    const overdue = seconds('overdue', values.overdue, 31_536_000);
    const operations = client();
    const sources: Sources = { get: ask, events: () => eventPages(operations, {}) };
    const look = async (note: Note) => {
      const ledger = await readLedger(sources, note);
      const shown = await readShown(sources, note);
      note(`${shown.orders.length} orders`);
      return { orders: shown.orders.length, found: compare(shown, ledger, new Date(Date.now() - overdue * 1_000)) };
    };
    return lookTwice(look, settle, signal, print);
  },
});
