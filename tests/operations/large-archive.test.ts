import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CloudEvent } from '@quickstep/shared/events';
import { samplesOf, sumOf } from '@quickstep/shared/telemetry';
import { freshSurroundings, type Surroundings } from '@quickstep/shared/testing';
import { Client } from 'pg';
import { EVENTS_OF_AN_ORDER, makeEvents, ORDER_ID } from '../support/made-events.js';
import { bearer, secretFile } from '../support/operations.js';
import { type ServiceProcess, startProcess } from '../support/process.js';

/** `ARCHIVE_EVENTS=1000000,5000000 npx jest tests/operations/large-archive` makes so many, in two steps, and prints figures. */
const SIZES = (process.env.ARCHIVE_EVENTS ?? '12000').split(',').map((size) => Math.ceil(Number(size) / EVENTS_OF_AN_ORDER));
const FIGURES = process.env.ARCHIVE_EVENTS !== undefined;
/** Megabytes by which pages under way may differ. */
const FLAT = 200;
const ASKED = FIGURES ? 1_000 : 100;
/** A rebuild of millions takes longer than anything else is waited for. */
const PATIENT = 3_600_000;

const secret = secretFile();
let surroundings: Surroundings;
let service: ServiceProcess;
let archive: Client;
async function start(): Promise<void> {
  const urls = { SERVICE_URLS: 'order-service=http://127.0.0.1:1' };
  service = await startProcess('operations', { ...surroundings.env, ...secret.env, ...urls });
}
beforeAll(async () => {
  surroundings = await freshSurroundings();
  await start();
  archive = new Client({ connectionString: surroundings.database.url });
  await archive.connect();
});
afterAll(async () => {
  await archive.end();
  await service.stop();
  await surroundings.drop();
  secret.remove();
});

const note = (text: string) => FIGURES && process.stdout.write(`${text}\n`);

async function call<Body>(path: string, method = 'GET'): Promise<Body> {
  const response = await fetch(`${service.url}${path}`, { method, headers: bearer('operator') });
  expect(response.ok).toBe(true);
  return JSON.parse(await response.text());
}

interface State {
  readonly name: string;
  readonly generations: { readonly generation: number; readonly events: number; readonly position: number }[];
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  return sumOf(samplesOf(text), name) ?? Number.NaN;
}
const megabytes = async () => Math.round((await metric('process_resident_memory_bytes')) / 1_048_576);

async function caughtUp(end: number): Promise<void> {
  for (let done = false; !done; ) {
    const { items } = await call<{ items: State[] }>('/projections');
    done = items.every(({ generations }) => generations.every(({ position }) => position >= end));
    if (!done) await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function rebuild(name: string): Promise<{ events: number; seconds: number; cpu: number }> {
  const generationOf = async () =>
    (await call<{ items: State[] }>('/projections')).items.find((each) => each.name === name)?.generations ?? [];
  const [before] = await generationOf();
  const started = performance.now();
  const cpu = await metric('process_cpu_seconds_total');
  await call(`/projections/${name}/rebuild`, 'POST');
  for (;;) {
    const [only, ...more] = await generationOf();
    if (only !== undefined && more.length === 0 && only.generation !== before?.generation)
      return {
        events: only.events,
        seconds: (performance.now() - started) / 1_000,
        cpu: (await metric('process_cpu_seconds_total')) - cpu,
      };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test(
  'pages come by an index, however large the archive is, and what is made anew is the same',
  async () => {
    let made = 0;
    for (const orders of SIZES) {
      // It would read, without any index, what is being made.
      await service.stop();
      await makeEvents(archive, made + 1, orders);
      made = orders;
      await archive.query('analyze archive');
      const { rows } = await archive.query('select max(position)::int as "end", count(*)::int as count from archive');
      expect(rows[0].count).toBe(orders * EVENTS_OF_AN_ORDER);
      // Of the larger size only pages are measured: that the projections come that far, too, would only take time.
      if (FIGURES && orders !== SIZES[0])
        for (const table of ['projections', 'analytics_progress'])
          await archive.query(`update ${table} set position = $1`, [rows[0].end]);
      await start();
      note(`${rows[0].count} events, memory ${await megabytes()} MB`);
      await caughtUp(rows[0].end);
      note(`the projections have followed: memory ${await megabytes()} MB`);
      if (orders === SIZES[0] || !FIGURES) {
        for (const name of ['sagas', 'sales']) {
          const checksum = async () =>
            (await archive.query(`select md5(string_agg(v::text, ';' order by v::text)) as sum from ${name} as v`)).rows;
          const before = await checksum();
          const { events, seconds, cpu } = await rebuild(name);
          expect(await checksum()).toEqual(before);
          note(
            `${name}: ${events} of ${rows[0].count} events applied in ${seconds.toFixed(1)} s, ${Math.round(rows[0].count / seconds)} events of the archive/s, ${((cpu / rows[0].count) * 1e6).toFixed(0)} us of processor time an event; memory ${await megabytes()} MB`,
          );
        }
      }
    }
    const times: number[] = [];
    const listed: number[] = [];
    const inDatabase: number[] = [];
    for (let asked = 0; asked < ASKED; asked++) {
      const number = 1 + ((asked * 7_919) % made);
      const { rows } = await archive.query(ORDER_ID, [number]);
      const began = performance.now();
      const events = await call<CloudEvent[]>(`/orders/${rows[0].id}/events`);
      times.push(performance.now() - began);
      expect(events.map(({ type }) => type)).toEqual([
        'order.created',
        'inventory.reserved',
        'payment.completed',
        'shipping.shipped',
        'order.completed',
        'notification.sent',
      ]);
      const beganList = performance.now();
      const page = await call<{ items: unknown[] }>(`/events?order=${rows[0].id}&limit=50`);
      listed.push(performance.now() - beganList);
      expect(page.items).toHaveLength(EVENTS_OF_AN_ORDER);
      const { rows: plan } = await archive.query(
        `explain (analyze, format json) select position, service, event from archive where subject = $1 order by position limit 51`,
        [rows[0].id],
      );
      const [root] = plan[0]['QUERY PLAN'];
      inDatabase.push(root['Execution Time'] + root['Planning Time']);
      expect(JSON.stringify(root)).not.toMatch(/"Rows Removed by Filter":[1-9]/);
    }
    const at = (all: number[], share: number) => all.toSorted((a, b) => a - b)[Math.floor(all.length * share)]?.toFixed(1);
    for (const [what, all] of Object.entries({
      'GET /orders/{id}/events': times,
      'GET /events?order=': listed,
      'in the database': inDatabase,
    }))
      note(`${what}: median ${at(all, 0.5)} ms, 99 % ${at(all, 0.99)} ms`);
    note(`memory ${await megabytes()} MB`);
    if (!FIGURES) return;
    const before = await megabytes();
    let cursor = '';
    for (let page = 0; page < 300; page++) {
      const { nextCursor } = await call<{ nextCursor?: string }>(`/events?limit=1000${cursor}`);
      cursor = nextCursor === undefined ? '' : `&cursor=${nextCursor}`;
    }
    const after = await megabytes();
    note(`memory before and after 300 pages of 1,000 events: ${before} and ${after} MB`);
    expect(after).toBeLessThan(before + FLAT);
  },
  PATIENT,
);
