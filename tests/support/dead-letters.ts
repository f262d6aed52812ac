import { OrderCompleted, OrderCreated } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import type { CloudEvent } from '@quickstep/shared/events';
import { headers } from '@quickstep/shared/messaging';
import { happened } from '@quickstep/shared/testing';
import { type ChannelModel, type ConfirmChannel, connect, type Options } from 'amqplib';
import type { caller } from './operations.js';
import type { Shop } from './shop.js';
import { until } from './until.js';

export interface Letter {
  readonly id: string;
  readonly service: string;
  readonly step: string | null;
  readonly type: string;
  readonly group: string;
  readonly errorClass: string;
  readonly eventId: string | null;
  readonly subject: string | null;
  readonly state: string;
  readonly attempts: number;
  readonly redriven: boolean;
}

export interface Plan {
  readonly id: string;
  readonly state: string;
  readonly total: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly states: Readonly<Record<string, number>>;
  readonly stoppedBecause: string | null;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

export interface AuditEntry {
  readonly who: string;
  readonly what: string;
  readonly about: string | null;
  readonly why: string | null;
  readonly result: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What an operator does about dead letters, over the API. */
export class Desk {
  readonly #operations: ReturnType<typeof caller>;

  constructor(operations: ReturnType<typeof caller>) {
    this.#operations = operations;
  }

  async list(query = ''): Promise<readonly Letter[]> {
    const { status, body } = await this.#operations.call<Page<Letter>>('GET', `/dead-letters?limit=1000&${query}`);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body.items;
  }

  /** Resolves when so many dead letters wait. */
  waiting(count: number, query = ''): Promise<readonly Letter[]> {
    let found: readonly Letter[] = [];
    return until(
      async () => {
        found = await this.list(query);
        return found.length === count ? found : undefined;
      },
      () => `There are ${found.length} dead letters, not ${count}: ${found.map(({ errorClass }) => errorClass).join(', ')}`,
    );
  }

  async plan(filter: object): Promise<Plan> {
    const { status, body } = await this.#operations.call<Plan>('POST', '/dead-letters/plans', filter);
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body;
  }

  async act(plan: Plan, action: 'redrive' | 'discard' | 'stop', body: object = {}): Promise<void> {
    const answer = await this.#operations.call('POST', `/dead-letters/plans/${plan.id}/${action}`, body);
    if (answer.status !== 202) throw new Error(JSON.stringify(answer.body));
  }

  async progress({ id }: Plan): Promise<Plan> {
    return (await this.#operations.call<Plan>('GET', `/dead-letters/plans/${id}`)).body;
  }

  /** Resolves when nothing more is done with it, and it is known what became of each message. */
  ended(plan: Plan, patience?: number): Promise<Plan> {
    let last = plan;
    return until(
      async () => {
        last = await this.progress(plan);
        return last.state === 'running' || last.state === 'ready' ? undefined : last;
      },
      () => `The plan has not ended: ${JSON.stringify(last)}`,
      patience,
    );
  }

  async groups(): Promise<readonly { readonly group: string; readonly count: number }[]> {
    const { body } = await this.#operations.call<Page<{ group: string; count: number }>>('GET', '/dead-letters/groups');
    return body.items;
  }

  async items({ id }: Plan): Promise<readonly { readonly state: string; readonly timesSent: number }[]> {
    const path = `/dead-letters/plans/${id}/items?limit=1000`;
    return (await this.#operations.call<Page<{ state: string; timesSent: number }>>('GET', path)).body.items;
  }

  async audit(): Promise<readonly AuditEntry[]> {
    return (await this.#operations.call<Page<AuditEntry>>('GET', '/audit?limit=1000')).body.items;
  }
}

/** An order of something that the shop does not have. */
export const newOrder = () =>
  happened(OrderCreated(sampleOrder({ items: [{ sku: 'SKU-NONE', quantity: 1, unitPrice: 2_500 }] })));

/** Nothing waits for what comes of it: the customer is told. */
export function completedOrder() {
  const { orderId, customerId, email, items, total, currency } = sampleOrder();
  const told = email === undefined ? {} : { email };
  return happened(OrderCompleted({ orderId, customerId, ...told, items, total, currency, trackingNumber: 'TN-1' }));
}

/** Puts messages into the broker as strangers, or services that gave them up, would. */
export class Parking {
  readonly channel: ConfirmChannel;
  readonly #connection: ChannelModel;

  private constructor(connection: ChannelModel, channel: ConfirmChannel) {
    this.#connection = connection;
    this.channel = channel;
  }

  static async open(shop: Pick<Shop, 'vhost'>): Promise<Parking> {
    const connection = await connect(shop.vhost.url);
    return new Parking(connection, await connection.createConfirmChannel());
  }

  /** An event as anybody might publish it. */
  send(content: string | Buffer, options: Options.Publish = {}): void {
    const body = Buffer.from(content);
    this.channel.publish('order.events', 'order.created', body, { contentType: 'application/cloudevents+json', ...options });
  }

  /** A message that a service gave up on, as it would park it. */
  park(event: CloudEvent, failure: { service?: string; errorClass?: string; frame?: string; parkedAt?: Date } = {}): void {
    const {
      service = 'notification-service',
      errorClass = 'transient',
      frame = 'notification-service/src/steps/notify-customer.ts:12',
      parkedAt = new Date(),
    } = failure;
    this.channel.publish('dead-letter', service, Buffer.from(JSON.stringify(event)), {
      messageId: event.id,
      type: event.type,
      contentType: 'application/cloudevents+json',
      persistent: true,
      headers: {
        [headers.reason]: 'It failed',
        [headers.step]: 'notifyCustomer',
        [headers.errorClass]: errorClass,
        [headers.frame]: frame,
        [headers.service]: service,
        [headers.attempts]: 4,
        [headers.parkedAt]: parkedAt.toISOString(),
        [headers.exchange]: 'order.events',
        [headers.routingKey]: event.type,
      },
    });
  }

  confirmed(): Promise<void> {
    return this.channel.waitForConfirms();
  }

  async lengthOf(queue: string): Promise<number> {
    return (await this.channel.checkQueue(queue)).messageCount;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
