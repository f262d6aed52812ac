import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { REDELIVER_EXCHANGE } from '@quickstep/shared/choreography';
import { headers as names } from '@quickstep/shared/messaging';
import { freshVhost, type Vhost } from '@quickstep/shared/testing';
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { v7 } from 'uuid';
import { DeadLetterIndex } from '../src/db/dead-letter-index.js';
import { PlanItems } from '../src/db/dead-letter-items.js';
import { countPlan, createPlan, endPlan, findPlan, startPlan } from '../src/db/dead-letter-plans.js';
import { type DeadLetterBroker, openDeadLetterBroker } from '../src/dead-letters/dead-letter-broker.js';
import { Outcomes } from '../src/dead-letters/outcomes.js';
import { PlanRunner } from '../src/dead-letters/plan-runner.js';
import { deadLetterQueueOf, reconcileQueue } from '../src/dead-letters/sweep.js';
import { type LettersDatabase, lettersDatabase, readableLetter } from './letters.js';

const NOTIFICATION = 'notification-service';
const INVENTORY = 'inventory-service';
const RECEIVED = 'received';

let vhost: Vhost;
let database: LettersDatabase;
let connection: ChannelModel;
let channel: ConfirmChannel;
let broker: DeadLetterBroker;
let index: DeadLetterIndex;
let runner: PlanRunner;
let warned: string[];
let ended: Map<string, string>;
/** Which of these events their service says that it has handled. */
let known: (events: readonly string[]) => readonly string[];
let tellWarned: () => void = () => undefined;
let tellEnded: () => void = () => undefined;
beforeEach(async () => {
  [vhost, database] = await Promise.all([freshVhost(), lettersDatabase()]);
  broker = await openDeadLetterBroker(vhost.url, { trouble: () => undefined });
  connection = await connect(vhost.url);
  channel = await connection.createConfirmChannel();
  for (const service of [NOTIFICATION, INVENTORY]) await channel.assertQueue(deadLetterQueueOf(service));
  await channel.assertQueue(RECEIVED);
  await channel.bindQueue(RECEIVED, REDELIVER_EXCHANGE, '#');
  const { dataSource } = database;
  index = new DeadLetterIndex(dataSource);
  const items = new PlanItems(dataSource);
  const handled = async (_: string, events: readonly string[]) =>
    new Map(known(events).map((id) => [id, new Map([['notifyCustomer', 'now']])]));
  known = (events) => events;
  [warned, ended] = [[], new Map()];
  runner = new PlanRunner({
    broker,
    index,
    items,
    outcomes: new Outcomes({ index, items, inboxes: { handled } }),
    observer: { trouble: () => undefined },
    logger: { info: () => undefined, warn: tell },
    compareEvery: 3_600_000,
    plan: (id) => findPlan(dataSource.manager, id),
    async end(plan, because) {
      await endPlan(dataSource, plan, because);
      ended.set(plan.id, because ?? 'done');
      tellEnded();
    },
  });
});
afterEach(async () => {
  await runner.stop();
  await Promise.all([connection.close(), broker.close()]);
  await Promise.all([vhost.drop(), database.close()]);
});

/** Parks so many messages at a service, and tells the index. @returns the ids of all that it knows of the service */
async function parked(service: string, count: number): Promise<readonly string[]> {
  for (const { content, messageId, type, contentType } of Array.from({ length: count }, () => readableLetter())) {
    const headers = { [names.service]: service, [names.exchange]: 'order.events', [names.routingKey]: type };
    channel.sendToQueue(deadLetterQueueOf(service), content, {
      messageId: messageId ?? '',
      type,
      contentType: contentType ?? '',
      headers,
    });
  }
  await channel.waitForConfirms();
  await reconcileQueue(broker.consuming, index, service);
  const rows: { id: string }[] = await database.dataSource.query('select id from dead_letters where service = $1', [service]);
  return rows.map(({ id }) => id);
}

const verdict = 'would-be-processed';
const redrive = (plan: string) => {
  const orders = { rate: 1_000, tolerate: 0, patience: 5, reason: undefined, who: 'ada' };
  return startPlan(database.dataSource.manager, plan, { action: 'redrive', verdicts: [verdict], ...orders });
};

async function planned(letters: readonly string[]): Promise<string> {
  const plan = v7();
  const items = letters.map((id) => ({ id, verdict, detail: undefined }));
  await createPlan(database.dataSource.manager, { id: plan, who: 'ada', filter: {} }, items);
  await redrive(plan);
  return plan;
}

function tell(what: string): void {
  warned.push(what);
  tellWarned();
}

/** Resolves when that has been warned of. */
async function told(what: string): Promise<void> {
  while (!warned.some((each) => each.includes(what))) {
    await new Promise<void>((resolve) => {
      tellWarned = resolve;
    });
  }
}

/** Resolves when the plan has ended, to why. */
async function endOf(plan: string): Promise<string | undefined> {
  while (!ended.has(plan)) {
    await new Promise<void>((resolve) => {
      tellEnded = resolve;
    });
  }
  const because = ended.get(plan);
  ended.delete(plan);
  return because;
}

const statesOf = async (plan: string) => (await countPlan(database.dataSource.manager, plan)).states;
const received = async () => (await channel.checkQueue(RECEIVED)).messageCount;

/** What a channel that was closed gives back comes in the broker's own time. */
async function back(service: string, count: number): Promise<void> {
  while ((await channel.checkQueue(deadLetterQueueOf(service))).messageCount < count);
}

test('what somebody else holds is left waiting, and is sent once it is back', async () => {
  const plan = await planned(await parked(NOTIFICATION, 3));
  await back(NOTIFICATION, 3);
  const other = await connection.createChannel();
  expect(await other.get(deadLetterQueueOf(NOTIFICATION))).not.toBe(false);
  runner.start();
  expect(await endOf(plan)).toMatch(/^1 held by somebody else/);
  expect(await statesOf(plan)).toEqual({ processed: 2, waiting: 1 });
  await other.close();
  await back(NOTIFICATION, 1);
  await redrive(plan);
  expect(await endOf(plan)).toBe('done');
  expect(await statesOf(plan)).toEqual({ processed: 3 });
  expect(await received()).toBe(3);
});

test('a plan that cannot be begun holds up neither the others nor the comparison, and can be stopped', async () => {
  const stuck = await planned(await parked(INVENTORY, 1));
  const plan = await planned(await parked(NOTIFICATION, 1));
  await back(INVENTORY, 1);
  const other = await connection.createChannel();
  // The broker lets nobody else consume.
  await other.consume(deadLetterQueueOf(INVENTORY), () => undefined, { exclusive: true });
  runner.start();
  expect(await endOf(plan)).toBe('done');
  await told('a dead-letter queue is missing');
  await database.dataSource.query("update dead_letter_plans set stop_asked_by = 'ada' where id = $1", [stuck]);
  expect(await endOf(stuck)).toBe('ada stopped it');
  expect(await statesOf(stuck)).toEqual({ waiting: 1 });
});

test('what lay in a dead-letter queue that was deleted is sent from the index', async () => {
  const plan = await planned(await parked(NOTIFICATION, 2));
  await channel.deleteQueue(deadLetterQueueOf(NOTIFICATION));
  runner.start();
  expect(await endOf(plan)).toBe('done');
  expect(await statesOf(plan)).toEqual({ processed: 2 });
  expect(await received()).toBe(2);
});

test('what was found to have been sent before the service stopped again is not held by the plan any more', async () => {
  const letters = await parked(NOTIFICATION, 3);
  const plan = await planned(letters);
  // Killed while it sent all of them.
  await new PlanItems(database.dataSource).sending(plan, [0, 1, 2]);
  const asked: (readonly string[])[] = [];
  const stopped = new Promise<void>((resolve) => {
    known = (events) => {
      if (asked.push(events) === 2) runner.stop().then(resolve);
      return asked.length === 1 ? events.slice(0, 2) : [];
    };
  });
  runner.start();
  await stopped;
  expect(asked.map((events) => events.length)).toEqual([3, 1]);
  expect(await statesOf(plan)).toEqual({ processed: 2, sending: 1 });
  const states: { state: string }[] = await database.dataSource.query('select state from dead_letters order by state');
  expect(states.map(({ state }) => state)).toEqual(['planned', 'redriven', 'redriven']);
});
