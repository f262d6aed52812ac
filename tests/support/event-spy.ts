import { randomUUID } from 'node:crypto';
import type { CloudEvent } from '@quickstep/shared/events';
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from 'amqplib';
import { PATIENCE } from './until.js';

const EXCHANGES = ['order.events', 'inventory.events', 'payment.events', 'shipping.events', 'notification.events'];
const DEAD_LETTER = 'dead-letter';

/** A message that a service gave up on. */
export interface Parked {
  readonly service: string;
  readonly reason: string;
  /** Undefined when it is not even JSON. */
  readonly event: CloudEvent | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
}

interface Waiting {
  check(): boolean;
}

function parse(message: ConsumeMessage): unknown {
  try {
    return JSON.parse(message.content.toString());
  } catch {
    return undefined;
  }
}

const isEvent = (value: unknown): value is CloudEvent =>
  typeof value === 'object' && value !== null && 'id' in value && 'type' in value && 'subject' in value;

/** Hears every event that is published, and every message that is parked. Awaits events of the past and of the future alike. */
export class EventSpy {
  readonly #connection: ChannelModel;
  readonly #channel: Channel;
  readonly #queue: string;
  readonly #events = new Map<string, CloudEvent>();
  readonly #forged = new Set<string>();
  readonly #bySubject = new Map<string, CloudEvent[]>();
  readonly #markers = new Set<string>();
  readonly parked: Parked[] = [];
  #batches = 0;
  #waiting: Waiting[] = [];

  private constructor(connection: ChannelModel, channel: Channel, queue: string) {
    this.#connection = connection;
    this.#channel = channel;
    this.#queue = queue;
  }

  static async listen(url: string): Promise<EventSpy> {
    const connection = await connect(url, { noDelay: true, clientProperties: { connection_name: 'spy' } });
    const channel = await connection.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    for (const exchange of [...EXCHANGES, DEAD_LETTER]) {
      await channel.assertExchange(exchange, 'topic', { durable: true });
      await channel.bindQueue(queue, exchange, '#');
    }
    const spy = new EventSpy(connection, channel, queue);
    await channel.consume(queue, (message) => message && spy.#hear(message), { noAck: true });
    return spy;
  }

  /** How many messages with several events were heard. */
  get batches(): number {
    return this.#batches;
  }

  get all(): CloudEvent[] {
    return [...this.#events.values()];
  }

  /** What was heard about one order or item, in order of arrival, each event once. */
  about(subject: string): CloudEvent[] {
    return this.#bySubject.get(subject) ?? [];
  }

  /** The first event about it of one of these types. @throws Error that lists what was heard instead */
  eventOf(subject: string, ...types: string[]): Promise<CloudEvent> {
    const heard = () => this.about(subject).map(({ type }) => type);
    return this.#await(
      () => this.about(subject).find(({ type }) => types.includes(type)),
      () => `No ${types.join(' or ')} about ${subject}; heard ${heard().join(', ') || 'nothing'}`,
    );
  }

  /** The message with this event that was parked. */
  parkedEvent(id: string): Promise<Parked> {
    return this.parkedBecause(({ event }) => event?.id === id, `event ${id}`);
  }

  parkedBecause(matches: (parked: Parked) => boolean, what: string): Promise<Parked> {
    const known = () => this.parked.map(({ service, reason }) => `${service}: ${reason}`).join('; ');
    return this.#await(
      () => this.parked.find(matches),
      () => `Nobody parked ${what}; parked so far: ${known() || 'nothing'}`,
    );
  }

  /** Resolves when everything that the broker had confirmed before has been heard. */
  async caughtUp(): Promise<void> {
    const marker = randomUUID();
    this.#channel.sendToQueue(this.#queue, Buffer.from(''), { messageId: marker });
    await this.#await(
      () => this.#markers.has(marker) || undefined,
      () => 'The spy is no longer connected',
    );
  }

  /** Publishes a message as it is, as a stranger or a broken service would. */
  publish(exchange: string, routingKey: string, body: string, headers: Record<string, unknown> = {}): void {
    this.#channel.publish(exchange, routingKey, Buffer.from(body), { contentType: 'application/cloudevents+json', headers });
  }

  /** Publishes an event that no service of the shop has emitted: it is not among `all`. */
  publishForged(exchange: string, routingKey: string, event: { readonly id: string }): void {
    this.#forged.add(event.id);
    this.publish(exchange, routingKey, JSON.stringify(event));
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #hear({ content, fields, properties, ...rest }: ConsumeMessage): void {
    if (fields.exchange === '') this.#markers.add(String(properties.messageId));
    const parsed = parse({ content, fields, properties, ...rest });
    if (fields.exchange === DEAD_LETTER) this.#noteParked(fields.routingKey, parsed, properties.headers ?? {});
    else if (Array.isArray(parsed)) this.#batches++;
    if (fields.exchange !== DEAD_LETTER) for (const event of [parsed].flat()) if (isEvent(event)) this.#note(event);
    this.#waiting = this.#waiting.filter((waiting) => !waiting.check());
  }

  #note(event: CloudEvent): void {
    if (this.#events.has(event.id) || this.#forged.has(event.id)) return;
    this.#events.set(event.id, event);
    const known = this.#bySubject.get(event.subject);
    if (known === undefined) this.#bySubject.set(event.subject, [event]);
    else known.push(event);
  }

  #noteParked(service: string, parsed: unknown, headers: Record<string, unknown>): void {
    this.parked.push({ service, reason: String(headers['x-reason']), event: isEvent(parsed) ? parsed : undefined, headers });
  }

  #await<Found>(find: () => Found | undefined, missing: () => string): Promise<Found> {
    const found = find();
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(missing())), PATIENCE);
      const check = () => {
        const now = find();
        if (now === undefined) return false;
        clearTimeout(timer);
        resolve(now);
        return true;
      };
      this.#waiting.push({ check });
    });
  }
}
