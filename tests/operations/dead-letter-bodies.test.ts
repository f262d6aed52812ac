import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { planDeadLetters, redriveDeadLetters, showDeadLetter } from '../../tools/src/ops/dead-letters.js';
import { completedOrder, Desk, newOrder, Parking } from '../support/dead-letters.js';
import { bearer, Operations, secretFile } from '../support/operations.js';
import { runOps } from '../support/ops-command.js';
import { openShop, type Shop } from '../support/shop.js';
import { until } from '../support/until.js';

const secret = secretFile();
let shop: Shop;
let operations: Operations;
let database: Client;
let desk: Desk;
let parking: Parking;
beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, { ...secret.env, DEAD_LETTERS_COMPARED_EVERY_MS: '200' });
  database = new Client({ connectionString: operations.database.url });
  await database.connect();
  desk = new Desk(operations);
  parking = await Parking.open(shop);
});
afterAll(async () => {
  await parking.close();
  await database.end();
  await operations.close();
  await shop.close();
  secret.remove();
});

const stateOf = async (id: string) => (await operations.call<{ state: string }>('GET', `/dead-letters/${id}`)).body.state;

/** Parks an event, and sends it again after somebody has changed it. */
async function redriven(): Promise<string> {
  const event = completedOrder();
  parking.park(event);
  const [letter] = await desk.waiting(1, `order=${event.subject}`);
  const id = letter?.id ?? '';
  const changed = { ...event, data: { ...event.data, trackingNumber: 'TN-2' } };
  expect(await operations.call('PUT', `/dead-letters/edits/${id}`, { event: changed })).toMatchObject({ status: 200 });
  const plan = await desk.plan({ order: event.subject });
  await desk.act(plan, 'redrive');
  expect(await desk.ended(plan)).toMatchObject({ state: 'done', states: { processed: 1 } });
  return id;
}

async function gone(): Promise<string> {
  const event = completedOrder();
  parking.park(event);
  const [letter] = await desk.waiting(1, `order=${event.subject}`);
  const id = letter?.id ?? '';
  // A pass that has just found it may hold it, and then it cannot be purged.
  await until(
    async () => {
      await parking.channel.purgeQueue('notification-service.dead-letter');
      return (await stateOf(id)) === 'gone' || undefined;
    },
    () => 'It is not gone',
  );
  return id;
}

test('the body of what was dealt with is gone after a time, which everything says that would need it', async () => {
  const [sentAgain, taken] = [await redriven(), await gone()];
  parking.send(JSON.stringify({ ...newOrder(), data: {} }));
  const [open] = await desk.waiting(1, 'errorClass=wrong-schema');
  const early = await desk.plan({ state: 'gone' });
  expect(early.verdicts).toEqual({ 'would-be-processed': 1 });
  await database.query("update dead_letters set changed_at = now() - interval '84 hours'");
  await database.query("update audit set at = now() - interval '84 hours'");
  // The service remembers what it has handled for four days then, longer than it keeps the bodies.
  await operations.restart({ DEAD_LETTER_RETENTION_DAYS: '2', INBOX_RETENTION_DAYS: '3' });
  await until(
    async () => {
      const { rows } = await database.query("select from dead_letters where body <> ''");
      return rows.length === 1 || undefined;
    },
    () => 'The bodies are still there',
  );

  const { body: shown } = await operations.call<{ bodyGoneSince: string }>('GET', `/dead-letters/${sentAgain}?reveal=true`);
  const since = shown.bodyGoneSince;
  expect(shown).toMatchObject({
    state: 'redriven',
    step: 'notifyCustomer',
    body: null,
    edited: true,
    edit: { by: 'tests', body: null, differences: [] },
  });
  expect(await operations.call('GET', `/dead-letters/${open?.id}`)).toMatchObject({
    body: { state: 'parked', bodyGoneSince: null },
  });
  const cli = await runOps(operations, showDeadLetter, sentAgain);
  expect(JSON.parse(cli.printed.join(''))).toMatchObject({ body: expect.stringContaining(`gone since ${since}`) });

  const edit = await operations.call('PUT', `/dead-letters/edits/${taken}`, { event: newOrder() });
  expect(edit).toMatchObject({ status: 409, body: { code: 'conflict', detail: expect.stringContaining('gone since') } });

  const day = since.slice(0, 10);
  const planned = await runOps(operations, planDeadLetters, '--state', 'gone');
  expect(planned.printed).toContain('  what would happen: 1 body-gone');
  expect(planned.printed).toContain(`    1 body-gone: its body is gone since ${day}: there is nothing to send`);

  // Made before, when it could still be sent.
  const redrive = await runOps(operations, redriveDeadLetters, early.id);
  expect(redrive.code).toBe(0);
  expect(redrive.printed).toContain(`    skipped: 1 its body is gone since ${day}: there is nothing to send`);
  const asked = await desk.plan({ state: 'gone' });
  await desk.act(asked, 'redrive', { verdicts: ['body-gone'] });
  expect(await desk.ended(asked)).toMatchObject({ state: 'done', states: { skipped: 1 } });

  const audit = await desk.audit();
  const edited = audit.find(({ what, about }) => what === 'dead-letters.edit' && about === sentAgain);
  expect(edited).toMatchObject({ who: 'tests', result: 'changed', details: { emptiedAt: expect.any(String) } });
  const metrics = await (await operations.open('/metrics')).text();
  expect(metrics).toMatch(/^quickstep_deleted_rows_total\{.*table="dead_letters".*\} 2$/m);
});

test('what a plan is to send cannot be changed, also when it is sent from the index', async () => {
  const id = await gone();
  const path = `/dead-letters/edits/${id}`;
  const { body: event } = (await operations.call<{ body: object }>('GET', `/dead-letters/${id}?reveal=true`)).body;
  const plan = await desk.plan({ ids: [id], state: 'gone' });
  // As a replica that carries out another plan does: until then this one waits.
  await database.query('select pg_advisory_lock(7061803)');
  await desk.act(plan, 'redrive');
  for (const [method, body] of [
    ['PUT', { event }],
    ['DELETE', undefined],
  ] as const)
    expect(await operations.call(method, path, body)).toMatchObject({ status: 409, body: { code: 'conflict' } });
  await database.query('select pg_advisory_unlock(7061803)');
  expect(await desk.ended(plan)).toMatchObject({ state: 'done', states: { processed: 1 } });
});

test('a body that is nested too deep is shown and can be changed; a change to such a body is refused', async () => {
  const deep = `${'['.repeat(31_000)}${']'.repeat(31_000)}`;
  const event = newOrder();
  const text = JSON.stringify({ ...event, data: {} }).replace(/}$/, `,"deep":${deep}}`);
  parking.send(text);
  const [letter] = await desk.waiting(1, `order=${event.subject}`);
  const path = `/dead-letters/edits/${letter?.id}`;
  const headers = { ...bearer('operator'), 'x-operator': 'tests', 'content-type': 'application/json' };
  const body = `{"event":{"id":"${event.id}","deep":${deep}}}`;
  const refused = await fetch(`${operations.url}${path}`, { method: 'PUT', headers, body });
  expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining('"pointer":"/event"')]);
  expect(await operations.call('GET', `/dead-letters/${letter?.id}?reveal=true`)).toMatchObject({ body: { body: text } });
  expect(await operations.call('PUT', path, { event })).toMatchObject({
    status: 200,
    body: { edit: { differences: [{ pointer: '' }] } },
  });
});
