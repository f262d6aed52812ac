import { InventoryRelease, OrderCreated } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import type { CloudEvent } from '@quickstep/shared/events';
import { happened } from '@quickstep/shared/testing';
import type { Options } from 'amqplib';
import * as fc from 'fast-check';

/** A message for the queue of inventory, and what must become of it. */
export interface HostileMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly options: Options.Publish;
  /** What must lie in the dead-letter queue, each once. */
  readonly parked: readonly Buffer[];
  /** The orders in it, whose stock must be reserved. */
  readonly orders: readonly string[];
}

const SINGLE = 'application/cloudevents+json';
const BATCHED = 'application/cloudevents-batch+json';
const CREATED = { exchange: 'order.events', routingKey: 'order.created' };
const QUEUE = 'inventory-service';

const order = () => happened(OrderCreated(sampleOrder()));
const textOf = (value: unknown) => JSON.stringify(value) ?? 'null';

/** `fc.constant` would make it once and for all. */
const freshOrder = fc.nat().map(order);

const HUGE = 'x'.repeat(20_000);
/** For each attribute of an event of which a wrong value must be noticed: some that are. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  specversion: ['0.3', 1, null],
  id: ['', 'x', HUGE, 7, null, '00000000-0000-0000-0000-00000000000', "'; drop table inbox; --"],
  type: ['order.unheard_of', 'constructor', '__proto__', '', HUGE, null, ['order.created']],
  source: ['/notification-service', 'order-service', '/', HUGE, '', null, '/order-service/'],
  subject: ['someone else', HUGE, '', null, 42],
  time: ['yesterday', '', 0, HUGE, null],
  dataversion: ['9.0', '0.1', '1.x', '99999999999999999999.0', HUGE, 1],
  correlationid: ['', HUGE, null, {}],
  causationid: ['', HUGE, [], false],
  data: [null, [], {}, HUGE, { orderId: 'x' }, { ...sampleOrder(), items: [] }, { ...sampleOrder(), total: -1 }],
};

type Changed = Readonly<Record<string, unknown>>;

const wrongValue: fc.Arbitrary<Changed> = fc
  .constantFrom(...Object.keys(WRONG))
  .chain((attribute) => fc.constantFrom(...(WRONG[attribute] ?? [])).map((value) => ({ ...order(), [attribute]: value })));

const REQUIRED = ['specversion', 'id', 'type', 'source', 'subject', 'time', 'data', 'correlationid', 'causationid'];
const missingAttribute: fc.Arbitrary<Changed> = fc
  .constantFrom(...REQUIRED)
  .map((attribute) => Object.fromEntries(Object.entries(order()).filter(([name]) => name !== attribute)));

const badEvent = fc.oneof(wrongValue, missingAttribute);
const release = fc.nat().map(() => {
  const { orderId, items } = sampleOrder();
  return happened(InventoryRelease({ orderId, items, reason: 'x' }));
});

/**
 * Headers and properties that the broker takes, whatever they mean. No `x-death`: one that is no array of tables, on a message that is
 * dead-lettered, ends at-least-once dead-lettering on the whole broker (3.10.8) until it is restarted.
 */
const headerValue = fc.oneof(
  fc.string(),
  fc.integer(),
  // amqplib writes whole numbers as 64 bits and refuses larger ones.
  fc.double({ noNaN: true, min: -1e15, max: 1e15 }),
  fc.boolean(),
  fc.constantFrom(null, -1, 1e9, 2 ** 53, Number.MIN_SAFE_INTEGER, '7', HUGE.slice(0, 3_000)),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('a', 'count', 'x-attempt'), fc.integer(), { maxKeys: 2 }),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  fc.nat().map((value) => ({ '!': 'timestamp', value })),
);
const HEADERS = ['x-attempt', 'x-attempts', 'x-count', 'x-reason', 'x-service', 'x-parked-at', 'x-delivery-count', 'odd'];
const ORIGIN = ['x-exchange', 'x-routing-key', 'x-user-id'];
const oddHeaders = (names: readonly string[]) =>
  fc.dictionary(fc.constantFrom(...names), headerValue, { maxKeys: 4, noNullPrototype: true });
const shortString = fc.oneof(fc.string({ maxLength: 60 }), fc.constantFrom('', 'x'.repeat(255), 'ä'.repeat(127)));
const oddProperties: fc.Arbitrary<Options.Publish> = fc.record(
  {
    messageId: shortString,
    type: shortString,
    correlationId: shortString,
    appId: shortString,
    contentEncoding: shortString,
    replyTo: shortString,
    priority: fc.nat(255),
    timestamp: fc.oneof(fc.nat(), fc.constantFrom(2 ** 53 - 1, 0)),
  },
  { requiredKeys: [] },
);
const odd = fc
  .tuple(oddProperties, oddHeaders([...HEADERS, ...ORIGIN]))
  .map(([properties, headers]): Options.Publish => ({ ...properties, headers, persistent: true }));

type Sent = Omit<HostileMessage, 'options'> & { readonly contentType: string };

function whole(content: Buffer | string, contentType = SINGLE, way = CREATED): Sent {
  const bytes = Buffer.from(content);
  return { ...way, content: bytes, contentType, parked: [bytes], orders: [] };
}

const garbage = fc
  .tuple(fc.uint8Array({ minLength: 4, maxLength: 2_000 }), fc.constantFrom(SINGLE, BATCHED, 'text/plain', ''))
  .map(([bytes, contentType]) => whole(Buffer.from(bytes), contentType));
const brokenJson = fc
  .tuple(freshOrder, fc.double({ min: 0, max: 0.999, noNaN: true }), fc.boolean())
  .map(([event, share, batched]) => {
    const text = textOf(batched ? [event, event] : event);
    return whole(text.slice(0, Math.floor(share * text.length)), batched ? BATCHED : SINGLE);
  });
const wrongShape = fc.jsonValue().map((value) => whole(textOf(value)));
const wrongEnvelope = badEvent.map((event) => whole(textOf(event)));
const noArray = fc
  .oneof(fc.constantFrom('{}', '[]', '"[]"', ' ', 'null'), freshOrder.map(textOf))
  .map((text) => whole(text, BATCHED));
const tooMany = fc.integer({ min: 1_001, max: 3_000 }).map((count) => whole(`[${'{},'.repeat(count - 1)}{}]`, BATCHED));

/** A right event that comes another way than its contract says. */
const WAYS = [
  { exchange: 'inventory.events', routingKey: 'inventory.release' },
  { exchange: 'shipping.events', routingKey: 'shipping.shipped' },
  { exchange: '', routingKey: QUEUE },
  { exchange: 'redeliver', routingKey: `20ms.${QUEUE}` },
  { exchange: 'retry', routingKey: `20ms.${QUEUE}` },
];
const wrongWay = fc.tuple(freshOrder, fc.constantFrom(...WAYS)).map(([event, way]) => whole(textOf(event), SINGLE, way));
const wrongKey = release.map((event) => whole(textOf(event)));

interface Part {
  readonly value: unknown;
  readonly order: CloudEvent | undefined;
}
const part: fc.Arbitrary<Part> = fc.oneof(
  freshOrder.map((event) => ({ value: event, order: event })),
  fc.oneof(badEvent, fc.jsonValue(), release).map((value) => ({ value, order: undefined })),
);
const mixedBatch = fc
  .tuple(fc.array(part, { minLength: 1, maxLength: 12 }), fc.constantFrom(',\n', ',', ' , '))
  .map(([parts, between]): Sent => {
    const bad = parts.filter((each) => each.order === undefined);
    return {
      ...CREATED,
      content: Buffer.from(`[${parts.map(({ value }) => textOf(value)).join(between)}]`),
      contentType: BATCHED,
      parked: bad.map(({ value }) => Buffer.from(textOf(value))),
      orders: parts.flatMap((each) => (each.order === undefined ? [] : [each.order.subject])),
    };
  });

const goodOrder = freshOrder.map(
  (event): Sent => ({
    ...CREATED,
    content: Buffer.from(textOf(event)),
    contentType: SINGLE,
    parked: [],
    orders: [event.subject],
  }),
);
/** A copy that comes back from its wait, with an attempt count of any kind. */
const goodCopy = fc.tuple(freshOrder, oddHeaders(HEADERS), fc.constantFrom('retry', 'redeliver')).map(
  ([{ subject, ...event }, headers, exchange]): HostileMessage => ({
    exchange,
    routingKey: `20ms.${QUEUE}`,
    content: Buffer.from(textOf({ subject, ...event })),
    options: { headers: { ...headers, 'x-exchange': 'order.events', 'x-routing-key': 'order.created' }, persistent: true },
    parked: [],
    orders: [subject],
  }),
);

const withOddOptions = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: garbage },
      { weight: 4, arbitrary: brokenJson },
      { weight: 4, arbitrary: wrongShape },
      { weight: 8, arbitrary: wrongEnvelope },
      { weight: 2, arbitrary: noArray },
      { weight: 4, arbitrary: wrongWay },
      { weight: 2, arbitrary: wrongKey },
      { weight: 4, arbitrary: mixedBatch },
      { weight: 4, arbitrary: goodOrder },
      { weight: 1, arbitrary: tooMany },
    ),
    odd,
  )
  .map(([{ contentType, ...message }, options]): HostileMessage => {
    // A copy that says the right origin is right, by whichever way copies come.
    const headers = { ...options.headers };
    if (message.exchange === '' || message.exchange === 'redeliver' || message.exchange === 'retry') delete headers['x-exchange'];
    return { ...message, options: { ...options, headers, contentType } };
  });

export const hostileMessage: fc.Arbitrary<HostileMessage> = fc.oneof(
  { weight: 20, arbitrary: withOddOptions },
  { weight: 1, arbitrary: goodCopy },
);
