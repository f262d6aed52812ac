import { choreography, topologyOf } from '@quickstep/shared/choreography';
import {
  InventoryInsufficient,
  InventoryItemChanged,
  InventoryReserved,
  NotificationSent,
  OrderCreated,
} from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import type { EventDraft } from '@quickstep/shared/events';
import { AmqpConsumer, AmqpPublisher, type Broker, type CatchUp, connectBroker } from '@quickstep/shared/messaging';
import type { Delivery, Failure, OutgoingEvent, Wait } from '@quickstep/shared/pipeline';
import { ManagementError } from '@quickstep/shared/rights';
import { eventually, happened, type Vhost } from '@quickstep/shared/testing';
import { type ChannelModel, type ConfirmChannel, type ConsumeMessage, connect } from 'amqplib';

/** A service that consumes one event, whose retries wait just long enough to be seen. */
export const service = choreography('stock-service', {
  reserve: {
    on: [OrderCreated],
    outcomes: { any: [InventoryReserved, InventoryInsufficient, InventoryItemChanged, NotificationSent] },
  },
});
export const topology = topologyOf(service, [50, 100]);

/** Resolves for what has come already and for what is still to come, so that no test sleeps. */
export class Arrivals<Item> {
  readonly #items: Item[] = [];
  readonly #takers: ((item: Item) => void)[] = [];

  push(item: Item): void {
    const take = this.#takers.shift();
    if (take === undefined) this.#items.push(item);
    else take(item);
  }

  next(): Promise<Item> {
    const item = this.#items.shift();
    return item === undefined ? new Promise((resolve) => this.#takers.push(resolve)) : Promise.resolve(item);
  }

  async take(count: number): Promise<Item[]> {
    const items: Item[] = [];
    while (items.length < count) items.push(await this.next());
    return items;
  }
}

/** What was reported, as texts. */
export class Reports extends Arrivals<string> {
  trouble(what: string, error: unknown, about: Readonly<Record<string, string>> = {}): void {
    const fields = Object.entries(about).map(([name, value]) => ` ${name}=${value}`);
    this.push(`${what}: ${error instanceof Error ? error.message : error}${fields.join('')}`);
  }

  async matching(pattern: RegExp): Promise<string> {
    for (;;) {
      const report = await this.next();
      if (pattern.test(report)) return report;
    }
  }
}

export function outgoing(draft: EventDraft = OrderCreated(sampleOrder()), final = false): OutgoingEvent {
  const event = happened(draft);
  return { event, body: JSON.stringify(event), final };
}

export const failing = (reason: string, of: Partial<Failure> = {}): Failure => ({ errorClass: 'transient', reason, ...of });

/** Another attempt, as soon as one can be. */
export const another = ({ attempt }: Delivery): Wait => ({ delay: 0, attempt: attempt + 1 });

/** What a test opens is closed after it, latest first. */
export class Opened {
  readonly #closers: (() => Promise<unknown>)[] = [];
  readonly #vhost: () => Vhost;

  constructor(vhost: () => Vhost) {
    this.#vhost = vhost;
  }

  async closeAll(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  /** To be closed after the test too. */
  add(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  async broker(reports: Reports, name = 'stock-service', url = this.#vhost().url): Promise<Broker> {
    const broker = await connectBroker({ url, service: name, observer: reports });
    this.#closers.push(() => broker.close());
    return broker;
  }

  async publisher(
    broker: Broker,
    reports: Reports,
    options: { batched?: boolean; confirmTimeout?: number } = {},
  ): Promise<AmqpPublisher> {
    const publisher = new AmqpPublisher({ connection: broker.publishing, topology, observer: reports, ...options });
    this.#closers.push(() => publisher.stop());
    await publisher.start();
    return publisher;
  }

  /** A publisher and a consumer of the service, on connections of their own. */
  async service(options: { prefetch?: number; batched?: boolean; url?: string; watchEvery?: number; catchUp?: CatchUp } = {}) {
    const reports = new Reports();
    const deliveries = new Arrivals<Delivery>();
    const { url, watchEvery, catchUp, prefetch = 100 } = options;
    const broker = await this.broker(reports, 'stock-service', url);
    const publisher = await this.publisher(broker, reports, options);
    const consumer = new AmqpConsumer({
      connection: broker.consuming,
      topology,
      observer: reports,
      copies: publisher,
      prefetch,
      ...(watchEvery === undefined ? {} : { watchEvery }),
      ...(catchUp === undefined ? {} : { catchUp }),
      deliver: (delivery) => deliveries.push(delivery),
    });
    this.#closers.push(() => consumer.stop(AbortSignal.abort()));
    await consumer.start();
    return { reports, deliveries, broker, publisher, consumer };
  }

  /** A connection of the test itself, beside those of the code under test. */
  async another(): Promise<{ readonly connection: ChannelModel; close(): Promise<void> }> {
    const connection: ChannelModel = await connect(this.#vhost().url);
    let closed: Promise<void> | undefined;
    const close = () => {
      closed ??= connection.close();
      return closed;
    };
    this.#closers.push(close);
    return { connection, close };
  }

  /** A channel of the test itself. */
  async observerChannel(): Promise<ConfirmChannel> {
    const { connection } = await this.another();
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    return channel;
  }
}

/** Takes the next message of a queue, waiting for it. */
export async function takeFrom(channel: ConfirmChannel, queue: string): Promise<ConsumeMessage> {
  const arrivals = new Arrivals<ConsumeMessage>();
  await channel.prefetch(1);
  const { consumerTag } = await channel.consume(queue, (message) => message !== null && arrivals.push(message));
  const message = await arrivals.next();
  await channel.cancel(consumerTag);
  channel.ack(message);
  return message;
}

interface ListedConnection {
  readonly name: string;
  readonly client_properties?: { readonly connection_name?: string };
}

/** The name that the management API has for a connection; it learns of connections a moment after they open. */
export async function connectionOf(vhost: Vhost, connectionName: string): Promise<string> {
  let found: ListedConnection | undefined;
  await eventually(async () => {
    const listed = await vhost.api<ListedConnection[]>('/vhosts/{vhost}/connections');
    found = listed.find((each) => each.client_properties?.connection_name === connectionName);
    return found !== undefined;
  });
  return found?.name ?? '';
}

/** Closes a connection as an operator would. */
export async function closeConnection(vhost: Vhost, connectionName: string): Promise<void> {
  for (let closed = false; !closed; ) {
    const name = await connectionOf(vhost, connectionName);
    closed = await vhost.api(`/connections/${encodeURIComponent(name)}`, { method: 'DELETE' }).then(
      () => true,
      (error: unknown) => {
        // It is listed for a moment longer than it lives; its successor comes after it.
        if (error instanceof ManagementError && error.status === 404) return false;
        throw error;
      },
    );
  }
}
