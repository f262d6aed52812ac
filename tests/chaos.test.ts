import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type FreshDatabase, freshDatabase, freshVhost, type Vhost } from '@quickstep/shared/testing';
import { faults } from '../tools/src/chaos/faults/index.js';
import { Load } from '../tools/src/chaos/load.js';
import { randomFrom } from '../tools/src/chaos/random.js';
import { shortcomings } from '../tools/src/chaos/report.js';
import { type RoundResult, runRound } from '../tools/src/chaos/rounds.js';
import { kindsNamed, scheduleOf } from '../tools/src/chaos/schedule.js';
import { verdictOn } from '../tools/src/chaos/verdict.js';
import type { World } from '../tools/src/chaos/world.js';
import { worldOn } from '../tools/src/chaos/world-on.js';
import { killEverythingStarted } from '../tools/src/processes.js';
import type { Progress } from '../tools/src/progress.js';
import { services } from '../tools/src/services.js';
import { secretFile } from './support/operations.js';

/** Those that are over soon, on servers that others use at the same time. */
const KINDS = [
  'service-killed',
  'service-frozen',
  'queue-deleted',
  'consumer-cancelled',
  'broker-cut',
  'commit-unanswered',
  'every-message-twice',
  'random-order',
];
const SEED = 4;
const RATE = 20;

const silent: Progress = {
  step: (_label, work) =>
    work(
      () => undefined,
      () => undefined,
    ),
  line: () => undefined,
};
const directory = mkdtempSync(join(tmpdir(), 'quickstep-chaos-'));
const databases = new Map<string, FreshDatabase>();
const secret = secretFile();
const positions = new Map<string, string>();
let vhost: Vhost;
let world: World;
let close: () => Promise<void>;
let load: Load;
let result: RoundResult;

// Services are processes of their own, in groups of their own: none must outlive this one.
process.once('exit', killEverythingStarted);

beforeAll(async () => {
  vhost = await freshVhost();
  for (const { name } of services) databases.set(name, await freshDatabase());
  const given = {
    directory,
    brokerUrlOf: () => vhost.url,
    databaseUrlOf: (service: string) => databases.get(service)?.url ?? '',
    administrator: { rabbitmqUrl: vhost.url, postgresUrl: process.env.POSTGRES_URL ?? '' },
    managementUrl: () => process.env.RABBITMQ_MANAGEMENT_URL ?? '',
    installationSecretFile: secret.env.INSTALLATION_SECRET_FILE ?? '',
    env: { SWEEP_AFTER_MS: '1000', LOG_LEVEL: 'error' },
    replicas: 1,
    signal: new AbortController().signal,
    tell: () => undefined,
  };
  const none = { servers: undefined, smallDisk: undefined, cluster: undefined, otherVersion: undefined };
  ({ world, close } = await worldOn(given, none));
  const targets = () => world.fleet.all('order-service').map(({ url }) => url);
  load = new Load({ random: randomFrom(SEED), rate: RATE, targets, ask: world.databases.ask });
  result = await struckWith(KINDS);
});
afterAll(async () => {
  await load?.stop();
  await close?.();
  await Promise.all([...databases.values()].map((database) => database.drop()));
  await vhost?.drop();
  secret.remove();
  rmSync(directory, { recursive: true, force: true });
});

function struckWith(names: readonly string[]): Promise<RoundResult> {
  const kinds = kindsNamed(names, faults);
  const kindOf = (name: string) => {
    const [kind] = kindsNamed([name], kinds);
    if (kind === undefined) throw new Error(`There is no ${name}`);
    return kind;
  };
  const options = { ...{ world, load, positions, progress: silent }, rate: RATE, seed: SEED, part: 1, round: 1 };
  const bounds = { until: Number.POSITIVE_INFINITY, orders: 0, signal: new AbortController().signal };
  return runRound({ ...options, ...bounds, kindOf }, scheduleOf(SEED, names.length, kinds, world.fleet));
}

test('under load, struck with one fault after the other, no order is lost, doubled or stuck, and every invariant holds', () => {
  const { round } = result;
  expect(round).toMatchObject({ lost: 0, doubled: 0, stuck: 0, violations: [], givenUp: [] });
  expect(round.completed + round.cancelled).toBe(round.orders);
  expect(round.orders).toBeGreaterThan(KINDS.length);
  expect(round.events).toBeGreaterThan(round.orders * 3);
});

test('each fault happened, and the orders flowed again', () => {
  expect(result.faults.map(({ kind }) => kind).sort()).toEqual([...KINDS].sort());
  for (const { kind, evidence, recoverySeconds } of result.faults)
    expect({ kind, evidence, recoverySeconds }).toEqual({
      kind,
      evidence: expect.any(String),
      recoverySeconds: expect.any(Number),
    });
});

test('an order that is gone, one that has not ended and one that was charged twice are found', async () => {
  const orders = [...load.orders.values()].filter(({ status }) => status === 'COMPLETED');
  const [gone, open, twice] = orders.map(({ id }) => id);
  const { ask } = world.databases;
  await ask('order-service', 'delete from orders where order_id = $1', [gone]);
  await ask('order-service', "update orders set status = 'PAID' where order_id = $1", [open]);
  await ask(
    'payment-service',
    `insert into provider_answers (idempotency_key, reference, kind, answer)
     select $2, reference, kind, answer || jsonb_build_object('chargeId', $2::text)
     from provider_answers where reference = $1 and kind = 'charge'`,
    [twice, randomUUID()],
  );
  const found = await verdictOn(ask, world.fleet.names, orders, new Map(), 0);
  expect(found).toMatchObject({ lost: [gone], stuck: [open], doubled: [twice] });
  expect(found.violations.join('\n')).toContain('what was accepted is durable');
});

test('a fault that leaves no trace, and a flow that does not come back, are shortcomings of a run', () => {
  const [first] = result.faults;
  if (first === undefined) throw new Error('There is no fault');
  const faultsOf = (changes: object) => ({ parts: [], rounds: [], faults: [{ ...first, ...changes }] });
  expect(shortcomings(faultsOf({}))).toEqual([]);
  expect(shortcomings(faultsOf({ evidence: null }))).toEqual([expect.stringContaining('did not bite')]);
  expect(shortcomings(faultsOf({ recoverySeconds: null }))).toEqual([expect.stringContaining('did not recover')]);
});
