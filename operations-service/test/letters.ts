import { OrderCompleted } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { createDataSource, kitMigrations, migrate } from '@quickstep/shared/db';
import { headers as names } from '@quickstep/shared/messaging';
import { freshDatabase, happened } from '@quickstep/shared/testing';
import type { DataSource } from 'typeorm';
import { v7 } from 'uuid';
import { cutByBytes } from '../src/db/dead-letter-bytes.js';
import { DeadLetterIndex } from '../src/db/dead-letter-index.js';
import { deadLetterMigrations } from '../src/db/dead-letter-migration.js';
import { createPlan, findPlan, type PlanRow, startPlan } from '../src/db/dead-letter-plans.js';
import { type Letter, letterOf } from '../src/dead-letters/letter.js';
import type { Hold } from '../src/dead-letters/sweep.js';

export interface LettersDatabase {
  readonly dataSource: DataSource;
  close(): Promise<void>;
}

/** A database for dead letters and plans. */
export async function lettersDatabase(): Promise<LettersDatabase> {
  const database = await freshDatabase();
  const migrations = [...kitMigrations, ...deadLetterMigrations];
  const dataSource = createDataSource({ url: database.url, applicationName: 'letters', entities: [], migrations, poolSize: 4 });
  await dataSource.initialize();
  await migrate(dataSource);
  const close = async () => {
    await dataSource.destroy();
    await database.drop();
  };
  return { dataSource, close };
}

/** A parked message that nobody can read; named by its first words. */
export const letter = (text: string, headers: Readonly<Record<string, string>> = {}): Letter =>
  letterOf({
    fields: { exchange: 'dead-letter', routingKey: 'a-service' },
    properties: {
      headers,
      messageId: text.slice(0, 100),
      type: 't',
      correlationId: undefined,
      contentType: undefined,
      appId: undefined,
      userId: undefined,
    },
    content: Buffer.from(text),
  });

const SERVICE = 'notification-service';

/** A parked event that its service would take. @param bytes its body has so many at least */
export function readableLetter(bytes = 0): Letter {
  const { orderId, customerId, items, total, currency } = sampleOrder();
  const event = happened(OrderCompleted({ orderId, customerId, items, total, currency, trackingNumber: 'TN-1' }));
  return letterOf({
    fields: { exchange: 'dead-letter', routingKey: SERVICE },
    properties: {
      headers: { [names.service]: SERVICE, [names.exchange]: 'order.events', [names.routingKey]: event.type },
      messageId: event.id,
      type: event.type,
      correlationId: undefined,
      contentType: 'application/cloudevents+json',
      appId: undefined,
      userId: undefined,
    },
    content: Buffer.from(JSON.stringify(event).padEnd(bytes)),
  });
}

/** A plan over messages that are no longer in their queue, so that there is nothing to acknowledge. */
export async function startedPlan(dataSource: DataSource, letters: readonly Letter[]): Promise<PlanRow> {
  for (const piece of cutByBytes(letters, ({ content }) => content.length)) await new DeadLetterIndex(dataSource).add(piece);
  await dataSource.query("update dead_letters set state = 'gone'");
  const id = v7();
  const items = letters.map((each) => ({ id: each.id, verdict: 'would-be-processed', detail: undefined }));
  await createPlan(dataSource.manager, { id, who: 'ada', filter: {} }, items);
  const orders = { rate: 100_000, tolerate: 0, patience: 1, reason: undefined, who: 'ada' };
  await startPlan(dataSource.manager, id, { action: 'redrive', verdicts: ['would-be-processed'], ...orders });
  const plan = await findPlan(dataSource.manager, id);
  if (plan === undefined) throw new Error('There is no plan');
  return plan;
}

/** Nothing is in hand, and nothing takes it away. */
export const NOTHING_HELD: Hold = { queues: new Map(), lost: new AbortController().signal, over: new AbortController().signal };
