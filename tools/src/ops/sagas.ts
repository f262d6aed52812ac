import { reasons } from '@quickstep/shared/contracts';
import { oneWord, readArguments, secondsIn } from '../arguments.js';
import type { OpsCommand } from './command.js';
import { duration, textTable } from './table.js';

interface Waiting {
  readonly service: string;
  readonly step: string;
  readonly type: string;
  readonly since: string;
  readonly answers: readonly string[];
}

interface Saga {
  readonly orderId: string;
  readonly state: string;
  readonly age: number;
  readonly lastEvent: string;
  readonly reason: string | null;
  readonly reasonCode: string | null;
  readonly stuckSince: string | null;
  readonly endedAt: string | null;
  readonly waiting: readonly Waiting[];
}

interface Fact {
  readonly type: string;
  readonly service: string;
  readonly step: string | null;
  readonly sinceStart: number;
  readonly cause: string | null;
  readonly sinceCause: number | null;
}

interface Detail extends Saga {
  readonly customerId: string;
  readonly startedAt: string;
  readonly deadlineAt: string | null;
  readonly timeline: readonly Fact[];
  readonly plan: readonly {
    readonly type: string;
    readonly service: string;
    readonly step: string;
    readonly happened: string | null;
  }[];
}

interface Page {
  readonly items: readonly Saga[];
  readonly nextCursor?: string;
}

const waitsFor = ({ waiting }: Saga) => waiting.map(({ service, step }) => `${service} ${step}`).join(', ');

export const listSagas: OpsCommand = {
  name: 'sagas list',
  summary: 'orders, newest first: state, age, what they wait for',
  usage: `[--stuck] [--state STATE] [--waiting-for SERVICE|STEP|EVENT] [--older-than 2h] [--customer ID] [--limit N]

  --stuck         only those past their deadline that cannot end
  --waiting-for   only those that wait for a service, a step, or a type of event
  --older-than    only those that began longer ago (30s, 10min, 2h, 3d) and have not ended
  --limit         at most so many (default: 50)`,
  async run(args, { client, print }) {
    const { values } = readArguments(args, {
      stuck: { type: 'boolean' },
      state: { type: 'string' },
      'waiting-for': { type: 'string' },
      'older-than': { type: 'string' },
      customer: { type: 'string' },
      limit: { type: 'string', default: '50' },
    });
    const query = new URLSearchParams({ limit: values.limit });
    const add = (name: string, value: string | undefined) => value !== undefined && query.set(name, value);
    add('stuck', values.stuck ? 'true' : undefined);
    add('state', values.state);
    add('waitingFor', values['waiting-for']);
    const age = values['older-than'];
    // A number alone is seconds, as in the API.
    add('olderThan', age === undefined || /^\d+$/.test(age) ? age : String(secondsIn(age)));
    add('customerId', values.customer);
    const { items, nextCursor } = await client().json<Page>('GET', `/sagas?${query}`);
    const rows = items.map((saga) => [
      saga.orderId,
      saga.stuckSince !== null && saga.endedAt === null ? `${saga.state} (stuck)` : saga.state,
      duration(saga.age),
      saga.lastEvent,
      waitsFor(saga),
    ]);
    for (const line of textTable(['order', 'state', 'age', 'last event', 'waits for'], rows)) print(line);
    if (nextCursor !== undefined) print(`and more: --limit shows up to 1000`);
    return 0;
  },
};

const milliseconds = (value: number | null) => (value === null ? '' : `${value} ms`);

export const showSaga: OpsCommand = {
  name: 'sagas show',
  summary: "an order's saga: as planned, as it went, and what it waits for",
  usage: '<order>',
  async run(args, { client, print }) {
    const order = oneWord(readArguments(args, {}, 'words').positionals, 'order');
    const saga = await client().json<Detail>('GET', `/sagas/${encodeURIComponent(order)}`);
    const code = saga.reasonCode === null ? '' : ` (${saga.reasonCode})`;
    const reason = saga.reason === null ? code : `${code}: ${saga.reason}`;
    print(
      `${saga.orderId} of customer ${saga.customerId}, ${saga.state}${reason}, ${duration(saga.age)} since ${saga.startedAt}`,
    );
    print('');
    const facts = saga.timeline.map((fact) => [
      milliseconds(fact.sinceStart),
      fact.type,
      `${fact.service}${fact.step === null ? '' : ` ${fact.step}`}`,
      milliseconds(fact.sinceCause),
      fact.cause ?? '',
    ]);
    for (const line of textTable(['at', 'event', 'by', 'after', 'its cause'], facts)) print(line);
    if (saga.endedAt !== null) return 0;
    print('');
    for (const { service, step, type, since, answers } of saga.waiting)
      print(`waits for ${service} ${step}, since ${type} at ${since}, to answer with ${answers.join(' or ')}`);
    const left = saga.plan.filter(({ happened }) => happened === null).map(({ type }) => type);
    if (left.length > 0) print(`as planned there follow ${left.join(', ')}`);
    print(`deadline: ${saga.deadlineAt ?? 'not known'}${saga.stuckSince === null ? '' : `; stuck since ${saga.stuckSince}`}`);
    return 0;
  },
};

export const cancelSaga: OpsCommand = {
  name: 'sagas cancel',
  summary: 'asks the order service to cancel an order',
  usage: '<order> [--reason TEXT]',
  async run(args, { client, print }) {
    const { values, positionals } = readArguments(args, { reason: { type: 'string', default: reasons.operator } }, 'words');
    const order = oneWord(positionals, 'order');
    const path = `/sagas/${encodeURIComponent(order)}/cancel`;
    await client().json('POST', path, { reason: values.reason });
    print(`${order} is being cancelled`);
    return 0;
  },
};
