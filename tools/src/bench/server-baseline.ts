import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'amqplib';
import { Client } from 'pg';
import type { Progress } from '../progress.js';
import { type Percentiles, percentilesOf, sum } from './statistics.js';
import type { System } from './system.js';
import { milliseconds, type Table } from './table.js';

/** What broker and database alone take on this machine, with no service at work: no order can be faster. */
export interface ServerBaseline {
  /** From publishing a persistent message to a quorum queue until it has been delivered. */
  message: Percentiles;
  /** One row inserted, its transaction committed. */
  commit: Percentiles;
  /** As many of both, in turn, as an order goes through. */
  chain: Percentiles;
}

/** Order, inventory, payment, shipping, order: each commits, and all but the last tell the next. */
const COMMITS = 5;
const CHAINS = 100;
/** Between two chains, as between two orders at 50 per second: an idle processor takes its time to wake up. */
const PAUSE_MS = 20;
const QUEUE = 'benchmark.server-baseline';
/** As large as an event. */
const BODY = 'x'.repeat(900);

/** Measures with the services at rest, before or after the rounds. */
export async function measureServerBaseline({ rabbitmqUrl, postgresUrl }: System, progress: Progress): Promise<ServerBaseline> {
  return progress.step('server baseline: one message and one commit at a time', async () => {
    const [pass, commit] = [await passing(rabbitmqUrl), await committing(postgresUrl)];
    try {
      return await measured(pass.once, commit.once);
    } finally {
      await Promise.all([pass.close(), commit.close()]);
    }
  });
}

async function measured(pass: () => Promise<void>, commit: () => Promise<void>): Promise<ServerBaseline> {
  const messages: number[] = [];
  const commits: number[] = [];
  const chains: number[] = [];
  while (chains.length < CHAINS) {
    const links = [await timed(commit)];
    while (links.length < 2 * COMMITS - 1) links.push(await timed(pass), await timed(commit));
    commits.push(...links.filter((_, index) => index % 2 === 0));
    messages.push(...links.filter((_, index) => index % 2 === 1));
    chains.push(sum(links));
    await sleep(PAUSE_MS);
  }
  const of = (all: number[]) => percentilesOf(Float64Array.from(all));
  return { message: of(messages), commit: of(commits), chain: of(chains) };
}

async function timed(action: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}

interface Measurable {
  once(): Promise<void>;
  close(): Promise<void>;
}

async function passing(url: string): Promise<Measurable> {
  const [from, to] = await Promise.all([connect(url, { noDelay: true }), connect(url, { noDelay: true })]);
  const [publisher, consumer] = [await from.createConfirmChannel(), await to.createChannel()];
  await publisher.assertQueue(QUEUE, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  let arrived = () => {};
  await consumer.consume(QUEUE, (message) => {
    if (message === null) return;
    arrived();
    consumer.ack(message);
  });
  return {
    once: () =>
      new Promise((resolve) => {
        arrived = resolve;
        publisher.sendToQueue(QUEUE, Buffer.from(BODY), { persistent: true });
      }),
    async close() {
      await publisher.deleteQueue(QUEUE);
      await Promise.all([from.close(), to.close()]);
    },
  };
}

async function committing(url: string): Promise<Measurable> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('create table if not exists benchmark_server_baseline (id bigserial primary key, body text not null)');
  const insert = { name: 'server baseline', text: 'insert into benchmark_server_baseline (body) values ($1)', values: [BODY] };
  return {
    async once() {
      await client.query(insert);
    },
    async close() {
      await client.query('drop table benchmark_server_baseline');
      await client.end();
    },
  };
}

export function serverBaselineTable({ message, commit, chain }: ServerBaseline): Table {
  const row = (what: string, { p50, p95, p99 }: Percentiles) => [what, ...[p50, p95, p99].map((each) => milliseconds(each))];
  return {
    title: 'Server baseline',
    columns: ['services at rest', 'p50 ms', 'p95', 'p99'],
    rows: [
      row('a message through a quorum queue', message),
      row('a row committed', commit),
      row(`${COMMITS} commits and ${COMMITS - 1} messages in turn`, chain),
    ],
    notes: ['The last row is the chain of a completed order without the services; order.completed is one message more.'],
  };
}
