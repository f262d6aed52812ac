import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { completedOrder, Desk, Parking } from '../support/dead-letters.js';
import { caller, operationsEnvironment, secretFile } from '../support/operations.js';
import { type ServiceProcess, startProcess } from '../support/process.js';
import { openShop, type Shop } from '../support/shop.js';
import { PATIENCE, until } from '../support/until.js';

/** Ten thousand take minutes: `DEAD_LETTERS=10000`. */
const MESSAGES = Number(process.env.DEAD_LETTERS ?? 1_000);
const CAUSES = 8;
/** Milliseconds: a guard against hanging. */
const PATIENT = PATIENCE + 10 * MESSAGES;

const secret = secretFile();
let shop: Shop;
let parking: Parking;
let env: NodeJS.ProcessEnv;
let operations: ServiceProcess;
let drop: () => Promise<void>;
const desk = new Desk(caller(() => operations.url));
beforeAll(async () => {
  shop = await openShop(secret.env);
  parking = await Parking.open(shop);
  ({ env, drop } = await operationsEnvironment(shop, secret.env));
  operations = await startProcess('operations', env);
});
afterAll(async () => {
  await operations.stop();
  await parking.close();
  await shop.close();
  await drop();
  secret.remove();
});

async function indexed(): Promise<void> {
  let counted = 0;
  await until(
    async () => {
      const groups = await desk.groups();
      counted = groups.reduce((sum, { count }) => sum + count, 0);
      return counted === MESSAGES || undefined;
    },
    () => `The index has ${counted} of ${MESSAGES} messages`,
    PATIENT,
  );
}

test('messages of eight causes are sent again while the operations service is killed twice: each is processed once', async () => {
  const events = Array.from({ length: MESSAGES }, completedOrder);
  for (const [index, event] of events.entries())
    parking.park(event, { frame: `notification-service/src/steps/cause-${index % CAUSES}.ts:1` });
  await parking.confirmed();
  await indexed();
  const began = performance.now();
  const groups = await desk.groups();
  const grouped = performance.now();
  await desk.list();
  const listed = performance.now();
  expect(groups.map(({ count }) => count)).toEqual(Array.from({ length: CAUSES }, () => MESSAGES / CAUSES));

  const plan = await desk.plan({});
  const planned = performance.now();
  expect(plan).toMatchObject({ total: MESSAGES, verdicts: { 'would-be-processed': MESSAGES } });
  await desk.act(plan, 'redrive', { rate: 500, reason: 'the mailer is back' });
  for (const share of [0.25, 0.6]) {
    await until(
      async () => {
        const { states } = await desk.progress(plan);
        return MESSAGES - (states.waiting ?? 0) >= share * MESSAGES || undefined;
      },
      () => 'Nothing is sent',
      PATIENT,
    );
    await operations.kill();
    operations = await startProcess('operations', env);
    expect((await desk.progress(plan)).state).toBe('running');
  }
  const ended = await desk.ended(plan, PATIENT);
  const done = performance.now();
  expect(ended).toMatchObject({ state: 'done', states: { processed: MESSAGES } });

  const told = await shop
    .database('notification')
    .query<{ count: number; orders: number }>(
      'select count(*)::int as count, count(distinct order_id)::int as orders from notifications',
    );
  expect(told.rows).toEqual([{ count: MESSAGES, orders: MESSAGES }]);
  const queues = ['notification-service.dead-letter', 'notification-service', 'operations-service.dead-letter-index'];
  await until(
    async () =>
      (await Promise.all(queues.map((queue) => parking.lengthOf(queue)))).every((length) => length === 0) ? true : undefined,
    () => 'Something is left in a queue',
  );
  expect(await desk.list()).toEqual([]);
  const acts = (await desk.audit()).map(({ what, result, about }) => [what, result, about]);
  expect(acts).toEqual([
    ['dead-letters.redrive.end', 'done', plan.id],
    ['dead-letters.redrive', 'begun', plan.id],
    ['dead-letters.plan', 'planned', plan.id],
  ]);
  const repeated = (await desk.items(plan)).filter(({ timesSent }) => timesSent > 1).length;
  const seconds = (from: number, to: number) => ((to - from) / 1_000).toFixed(2);
  process.stderr.write(
    `${MESSAGES} dead letters: grouped ${seconds(began, grouped)} s, listed ${seconds(grouped, listed)} s, planned ${seconds(listed, planned)} s, sent again ${seconds(planned, done)} s with two kills; of the first 1000, ${repeated} were sent twice under one name\n`,
  );
});
