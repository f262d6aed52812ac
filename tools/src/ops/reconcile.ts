import { setTimeout as pause } from 'node:timers/promises';
import { readArguments } from '../arguments.js';
import { Problem, reasonOf } from '../problem.js';
import { createProgress, type Note } from '../progress.js';
import { compare } from '../reconciliation/compare.js';
import { readLedger, readShown, type Sources } from '../reconciliation/read.js';
import { reachedAt } from '../running-system.js';
import { serviceNamed } from '../services.js';
import type { OpsCommand } from './command.js';
import { eventPages } from './event-pages.js';

/** A service that accepts the connection and never answers must not hold the command for ever. */
const TIMEOUT_MS = 30_000;
const SHOWN = 50;

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

/** What one look at a running system has found: each difference in words. */
interface Look {
  readonly orders: number;
  readonly found: readonly string[];
}

function seconds(name: string, given: string, most: number): number {
  const value = Number(given);
  if (given.trim() !== '' && value >= 0 && value <= most) return value;
  throw new Problem(`--${name} must be a number of seconds from 0 to ${most}`);
}

/**
 * In a running system what is still on its way looks like a difference: of two looks with a pause between them only what both found is one.
 *
 * @param settle seconds between the looks
 * @returns the exit code
 */
async function lookTwice(
  look: (note: Note) => Promise<Look>,
  settle: number,
  signal: AbortSignal,
  print: (text: string) => void,
): Promise<number> {
  const progress = createProgress(process.stderr);
  const looked = (label: string) => progress.step(label, (note) => look((detail) => note(`${label}: ${detail}`)));
  let { orders, found } = await looked('first look');
  if (found.length > 0) {
    await progress.step(`what is under way may arrive, ${settle} s`, () => pause(settle * 1_000, undefined, { signal }));
    const before = new Set(found);
    ({ orders, found } = await looked('second look'));
    found = found.filter((each) => before.has(each));
  }
  for (const each of found.slice(0, SHOWN)) print(`  ${each}`);
  if (found.length > SHOWN) print(`  and ${found.length - SHOWN} more`);
  print(`${orders} orders; ${found.length === 0 ? 'nothing differs' : `${found.length} differences`}`);
  return found.length === 0 ? 0 : 1;
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
takes memory for every order that there is. Ends with 1 when something differs.`,
  async run(args, { client, signal, print }) {
    const { values } = readArguments(args, {
      settle: { type: 'string', default: '5' },
      overdue: { type: 'string', default: '1800' },
    });
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
