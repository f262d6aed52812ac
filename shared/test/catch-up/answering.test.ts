import { connect, createServer, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { choreography, topologyOf } from '@quickstep/shared/choreography';
import { InventoryReserved } from '@quickstep/shared/contracts';
import { PgEventLog, PgStore } from '@quickstep/shared/db';
import { createLogger } from '@quickstep/shared/logging';
import { declareTopology, type Message } from '@quickstep/shared/messaging';
import type { InAllMajors, OutgoingEvent } from '@quickstep/shared/pipeline';
import type { ConfirmChannel } from 'amqplib';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { Answering } from '../../src/catch-up/answering.js';
import { requestMessage } from '../../src/catch-up/request.js';
import { dataSourceOf, migratedDatabase, nothing, outgoing } from '../db/fixture.js';
import { atBroker } from '../messaging/at-broker.js';
import { Arrivals, closeConnection, topology } from '../messaging/harness.js';

const EMITTER = topology.queue;
const ASKER = 'reading-service';
const asking = topologyOf(choreography(ASKER, { look: { on: [InventoryReserved], outcomes: { looked: [] } } }), [50]);

let vhost: Parameters<Parameters<typeof atBroker>[0]>[0]['vhost'];
let channel: ConfirmChannel;
const opened = atBroker((made) => {
  ({ vhost, channel } = made);
});
let database: Awaited<ReturnType<typeof migratedDatabase>>;
let store: PgStore;
beforeAll(async () => {
  database = await migratedDatabase();
  store = new PgStore(database.dataSource);
});
beforeEach(async () => {
  await declareTopology(channel, asking);
  await channel.purgeQueue(asking.queue);
});
afterEach(() => database.dataSource.query('truncate outbox, event_log'));
afterAll(async () => {
  await store.close();
  await database.drop();
});

async function emit(count: number): Promise<string[]> {
  const events = Array.from({ length: count }, () => outgoing('inventory.reserved'));
  const batch = await store.begin([], []);
  await batch.commit({ ...nothing, outbox: { id: v7(), events } });
  return events.map(({ event }) => event.id);
}

/** How an answer to one delivery went. */
interface Answered {
  readonly events: number;
  readonly failure: string | undefined;
}

function inMajor({ event, final }: OutgoingEvent, dataversion: string): OutgoingEvent {
  const copy = { ...event, dataversion };
  return { event: copy, body: JSON.stringify(copy), final };
}

interface Reading {
  readonly inAllMajors?: InAllMajors;
  readonly from?: DataSource;
  /** Where its log lines go. */
  readonly to?: Writable;
  readonly level?: 'error' | 'warn';
}

/** The emitter, one page a delivery. @param afterCopy called after each message that it sends */
async function emitter(
  afterCopy: (gone: AbortSignal) => Promise<void> = async () => undefined,
  { from = database.dataSource, to = process.stdout, level = 'error', inAllMajors }: Reading = {},
) {
  const answers = new Arrivals<Answered>();
  const logger = createLogger({ service: EMITTER, level, to });
  const { publisher } = await opened.service({
    catchUp: {
      prepare: async () => undefined,
      ask: () => undefined,
      answer: async (body, routingKey, gone) => {
        let events = 0;
        const copies = {
          publishCopy: async (message: Message) => {
            await publisher.publishCopy(message);
            await afterCopy(gone);
          },
        };
        const sent = (_service: string, count: number) => {
          events += count;
        };
        const log = new PgEventLog(from);
        const answering = new Answering({ service: EMITTER, log, copies, logger, inAllMajors, pages: 1, sent });
        const failure = await answering.answer(body, routingKey, gone).then(
          () => undefined,
          (error: unknown) => error,
        );
        answers.push({ events, failure: failure === undefined ? undefined : String(failure) });
        if (failure !== undefined) throw failure;
      },
    },
  });
  await publisher.publishCopy(requestMessage({ service: ASKER, types: ['inventory.reserved'], since: undefined }, EMITTER));
  return answers;
}

async function received(): Promise<string[]> {
  const ids: string[] = [];
  for (let message = await channel.get(asking.queue, { noAck: true }); message; ) {
    const events: { id: string }[] = [JSON.parse(message.content.toString())].flat();
    ids.push(...events.map(({ id }) => id));
    message = await channel.get(asking.queue, { noAck: true });
  }
  return ids;
}

test('an answer takes as many deliveries as it has pages, and ends at what was there when the request came', async () => {
  const before = await emit(2_500);
  let later: Promise<string[]> | undefined;
  const answers = await emitter(async () => {
    later ??= emit(2_000);
    await later;
  });
  expect((await answers.take(4)).map(({ events }) => events)).toEqual([1_000, 1_000, 500, 0]);
  expect((await received()).sort()).toEqual(before.sort());
  expect((await channel.checkQueue(EMITTER)).messageCount).toBe(0);
});

test('an answer whose delivery is void ends: the request comes again, and everything is sent once for it', async () => {
  const events = await emit(2_500);
  let cut: Promise<void> | undefined;
  const answers = await emitter(async (gone) => {
    cut ??= closeConnection(vhost, `${EMITTER}:consume`).then(
      () => new Promise((resolve) => (gone.aborted ? resolve() : gone.addEventListener('abort', () => resolve()))),
    );
    await cut;
  });
  expect(await answers.next()).toEqual({ events: 1_000, failure: 'Error: The channel on which it was delivered is closed' });
  expect((await answers.take(4)).map(({ events: sent }) => sent)).toEqual([1_000, 1_000, 500, 0]);
  expect(await received()).toHaveLength(1_000 + events.length);
});

test('an event that is published in two majors is sent in both', async () => {
  const [event] = await emit(1);
  const inAllMajors: InAllMajors = (each) => ['2.0', '1.0'].map((version) => inMajor(each, version));
  const answers = await emitter(undefined, { inAllMajors });
  await answers.next();
  expect(await received()).toEqual([event, event]);
});

/** The database behind a door. */
async function behindDoor() {
  const { hostname: host, port } = new URL(database.url);
  const sockets = new Set<Socket>();
  let open = true;
  const server = createServer((client) => {
    if (!open) return client.destroy();
    const inside = connect({ host, port: Number(port) });
    sockets.add(client);
    for (const [one, other] of [[client, inside] as const, [inside, client] as const])
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    client.pipe(inside).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(database.url);
  const address = server.address();
  url.port = typeof address === 'object' ? `${address?.port}` : '';
  return {
    url: url.href,
    shut() {
      open = false;
      for (const socket of sockets) socket.destroy();
    },
    open() {
      open = true;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

test('an emitter whose database is away keeps the request until it is back', async () => {
  const events = await emit(10);
  const door = await behindDoor();
  const from = dataSourceOf(door.url);
  await from.initialize();
  door.shut();
  const lines: string[] = [];
  const to = new Writable({
    write(line, _encoding, done) {
      // The second attempt has failed, too: the third finds the log.
      if (lines.push(String(line)) === 2) door.open();
      done();
    },
  });
  const answers = await emitter(undefined, { from, to, level: 'warn' });
  expect(await answers.next()).toEqual({ events: events.length, failure: undefined });
  expect(lines[0]).toContain('the log cannot be read; it is tried again');
  expect((await received()).sort()).toEqual(events.sort());
  await from.destroy();
  await door.close();
});
