import { setTimeout as pause } from 'node:timers/promises';
import { oneWord, readArguments, secondsIn } from '../arguments.js';
import { Problem } from '../problem.js';
import { Away, type OperationsClient } from './client.js';
import type { OpsCommand, OpsContext } from './command.js';
import { reasonsIn } from './plan-reasons.js';
import { duration, textTable } from './table.js';

interface Letter {
  readonly id: string;
  readonly service: string;
  readonly step: string | null;
  readonly type: string;
  readonly errorClass: string;
  readonly reason: string;
  readonly attempts: number;
  readonly parkedAt: string;
  readonly subject: string | null;
  readonly state: string;
}

interface Group extends Omit<Letter, 'id' | 'subject' | 'state' | 'attempts' | 'parkedAt'> {
  readonly group: string;
  readonly count: number;
  readonly oldest: string;
}

interface Plan {
  readonly id: string;
  readonly state: string;
  readonly action: string | null;
  readonly total: number;
  readonly cut: boolean;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly states: Readonly<Record<string, number>>;
  readonly stoppedBecause: string | null;
}

const FILTERS = `[--service S] [--step S] [--type T] [--group G] [--class C] [--order ID] [--older-than 2h] [--state S]

  --older-than    only what was parked longer ago: 30s, 10min, 2h, 3d
  --state         parked, planned, redriven, discarded, gone (default: what waits for an operator)`;

const filterOptions = {
  service: { type: 'string' },
  step: { type: 'string' },
  type: { type: 'string' },
  group: { type: 'string' },
  class: { type: 'string' },
  order: { type: 'string' },
  'older-than': { type: 'string' },
  state: { type: 'string' },
} as const;

type FilterValues = { readonly [Name in keyof typeof filterOptions]?: string | undefined };

function filterOf({ class: errorClass, 'older-than': age, ...values }: FilterValues): Record<string, string> {
  const { service, step, type, group, order, state } = values;
  const parkedBefore = age === undefined ? undefined : new Date(Date.now() - secondsIn(age) * 1_000).toISOString();
  const given = { service, step, type, group, order, state, errorClass, parkedBefore };
  return Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

const ageOf = (time: string) => duration(Math.max(0, (Date.now() - Date.parse(time)) / 1_000));
const countsText = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');

export const listDeadLetters: OpsCommand = {
  name: 'dead-letters list',
  summary: 'messages that services gave up on, the latest first',
  usage: `${FILTERS}\n  --limit         at most so many (default: 50)`,
  async run(args, { client, print }) {
    const { values } = readArguments(args, { ...filterOptions, limit: { type: 'string', default: '50' } });
    const query = new URLSearchParams({ ...filterOf(values), limit: values.limit });
    const { items, nextCursor } = await client().json<{ items: Letter[]; nextCursor?: string }>('GET', `/dead-letters?${query}`);
    const rows = items.map(({ id, service, step, type, subject, errorClass, attempts, parkedAt, reason }) => [
      id,
      service,
      step ?? '',
      type,
      subject ?? '',
      errorClass,
      String(attempts),
      ageOf(parkedAt),
      reason,
    ]);
    for (const line of textTable(['id', 'service', 'step', 'type', 'about', 'class', 'attempts', 'age', 'reason'], rows))
      print(line);
    if (nextCursor !== undefined) print('and more: --limit shows up to 1000');
    return 0;
  },
};

export const groupDeadLetters: OpsCommand = {
  name: 'dead-letters groups',
  summary: 'the same by failure and place, the largest group first',
  usage: FILTERS,
  async run(args, { client, print }) {
    const query = new URLSearchParams(filterOf(readArguments(args, filterOptions).values));
    const { items } = await client().json<{ items: Group[] }>('GET', `/dead-letters/groups?${query}`);
    const rows = items.map(({ group, count, service, step, type, errorClass, oldest, reason }) => [
      group,
      String(count),
      service,
      step ?? '',
      type,
      errorClass,
      ageOf(oldest),
      reason,
    ]);
    for (const line of textTable(['group', 'count', 'service', 'step', 'type', 'class', 'oldest', 'reason'], rows)) print(line);
    return 0;
  },
};

export const showDeadLetter: OpsCommand = {
  name: 'dead-letters show',
  summary: 'one of them, with headers and body; --reveal shows personal data, which is written down',
  usage: '<id> [--reveal]',
  async run(args, { client, print }) {
    const { values, positionals } = readArguments(args, { reveal: { type: 'boolean', default: false } }, 'words');
    const id = encodeURIComponent(oneWord(positionals, 'dead letter'));
    const letter = await client().json<{ bodyGoneSince?: string | null }>('GET', `/dead-letters/${id}?reveal=${values.reveal}`);
    const since = letter.bodyGoneSince ?? undefined;
    const gone =
      since === undefined ? {} : { body: `gone since ${since}: it was deleted some time after it had been dealt with` };
    print(JSON.stringify({ ...letter, ...gone }, null, 2));
    return 0;
  },
};

async function tell(client: OperationsClient, plan: Plan, print: OpsContext['print']): Promise<void> {
  const { id, total, cut, state, verdicts, states, stoppedBecause } = plan;
  print(`plan ${id}: ${total} messages, ${state}${stoppedBecause === null ? '' : ` (${stoppedBecause})`}`);
  if (cut) print('  more are meant than a plan holds: these are the oldest; plan the rest when they have been dealt with');
  print(`  what would happen: ${countsText(verdicts)}`);
  if (state !== 'ready') print(`  what has happened: ${countsText(states)}`);
  if (state === 'ready' && verdicts['body-gone'] !== undefined)
    for (const line of await reasonsIn(client, id, 'verdict=body-gone')) print(`    ${line}`);
  if (state !== 'ready' && states.skipped !== undefined)
    for (const line of await reasonsIn(client, id, 'state=skipped')) print(`    skipped: ${line}`);
}

export const planDeadLetters: OpsCommand = {
  name: 'dead-letters plan',
  summary: 'freezes a selection, and says what would happen if it were sent again; nothing is sent',
  usage: FILTERS,
  async run(args, { client, print }) {
    const { values } = readArguments(args, filterOptions);
    const plan = await client().json<Plan>('POST', '/dead-letters/plans', filterOf(values));
    await tell(client(), plan, print);
    print(`npm run ops -- dead-letters redrive ${plan.id}`);
    return 0;
  },
};

/** How long the operations service may be away while a plan is followed, in milliseconds. */
const AWAY_AT_MOST = 60_000;

/**
 * Shows how far it comes until it ends. Whoever leaves stops nothing: it is the service that acts, and one that was killed goes on when it
 * is started again.
 *
 * @returns the exit code. @throws Problem when the service is away for long
 */
async function follow(
  client: OperationsClient,
  id: string,
  { print, signal }: Pick<OpsContext, 'print' | 'signal'>,
): Promise<number> {
  let told = '';
  let seen = Date.now();
  for (;;) {
    const plan = await client.json<Plan>('GET', `/dead-letters/plans/${id}`).catch((error: unknown) => {
      if (error instanceof Away && Date.now() - seen < AWAY_AT_MOST) return undefined;
      throw error;
    });
    if (plan !== undefined) seen = Date.now();
    const line =
      plan === undefined ? 'the operations service is away; the plan goes on when it is back' : countsText(plan.states);
    if (line !== told) print(line);
    told = line;
    if (plan !== undefined && plan.state !== 'running') {
      await tell(client, plan, print);
      return plan.state === 'done' ? 0 : 1;
    }
    await pause(500, undefined, { signal });
  }
}

const verdictsIn = (given: string | undefined) => (given === undefined ? {} : { verdicts: given.split(',') });

export const redriveDeadLetters: OpsCommand = {
  name: 'dead-letters redrive',
  summary: 'sends the messages of a plan to their service again: one, then ten, then the rest',
  usage: `<plan> [--rate N] [--tolerate N] [--patience SECONDS] [--verdicts V,V] [--reason TEXT]

  --rate          messages a second (default: 100)
  --tolerate      how many may come back before it stops (default: 0)
  --patience      seconds to wait for what becomes of the first ones (default: 60)
  --verdicts      which are sent (default: would-be-processed,already-processed,order-ended)

The operations service sends them; Ctrl-C ends only the display. A plan that stopped goes on with the same command.`,
  async run(args, { client, print, signal }) {
    const { values, positionals } = readArguments(
      args,
      {
        rate: { type: 'string', default: '100' },
        tolerate: { type: 'string', default: '0' },
        patience: { type: 'string', default: '60' },
        verdicts: { type: 'string' },
        reason: { type: 'string' },
      },
      'words',
    );
    const id = encodeURIComponent(oneWord(positionals, 'plan'));
    const { rate, tolerate, patience, reason } = values;
    const numbers = { rate: Number(rate), tolerate: Number(tolerate), patience: Number(patience) };
    const body = { ...numbers, ...verdictsIn(values.verdicts), ...(reason === undefined ? {} : { reason }) };
    await client().json('POST', `/dead-letters/plans/${id}/redrive`, body);
    return follow(client(), id, { print, signal });
  },
};

export const discardDeadLetters: OpsCommand = {
  name: 'dead-letters discard',
  summary: 'takes the messages of a plan out of their queue for good; the index keeps them',
  usage: '<plan> --reason TEXT [--verdicts V,V]',
  async run(args, { client, print, signal }) {
    const { values, positionals } = readArguments(args, { reason: { type: 'string' }, verdicts: { type: 'string' } }, 'words');
    if (values.reason === undefined) throw new Problem('Say why: --reason TEXT. It is kept in the audit.');
    const id = encodeURIComponent(oneWord(positionals, 'plan'));
    await client().json('POST', `/dead-letters/plans/${id}/discard`, { reason: values.reason, ...verdictsIn(values.verdicts) });
    return follow(client(), id, { print, signal });
  },
};
