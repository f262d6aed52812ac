import { createHash } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import { DEAD_LETTER_EXCHANGE, REDELIVER_EXCHANGE, RETRY_EXCHANGE } from '../choreography/index.js';
import { type ErrorClass, errorClasses } from '../pipeline/index.js';
import { headers } from './messages.js';
import { timeIn } from './origin.js';

/** A message in a dead-letter queue, or the copy of it that the dead-letter exchange gave somebody else. */
export interface ParkedMessage {
  /** The service that could not handle it. */
  readonly service: string;
  /** The steps that failed, joined by "+"; undefined when no step got it, or nobody knows. */
  readonly step: string | undefined;
  /** What the step ended in, when that broke its declaration. */
  readonly outcome: string | undefined;
  readonly errorClass: ErrorClass;
  readonly reason: string;
  /** The first line of our own code in the stack. */
  readonly frame: string | undefined;
  /** Functions and places only. */
  readonly stack: string | undefined;
  /** How often the service tried. Of a message that the broker dead-lettered: before it stopped being settled. */
  readonly attempts: number;
  readonly firstFailedAt: Date | undefined;
  readonly parkedAt: Date | undefined;
  readonly origin: ParkedOrigin;
  /** AMQP's `message_id`: the id of the event, or of the first one of several. */
  readonly messageId: string | undefined;
  /** Of the event; where that is not known, the routing key under which it was published. */
  readonly type: string;
  readonly correlationId: string | undefined;
  readonly contentType: string | undefined;
  readonly content: Buffer;
  /** The operator's act by which it had been sent again, when it comes back from that. */
  readonly redrive: string | undefined;
  /** The same for messages that failed for the same reason at the same place: error class, first frame of ours, step and type. */
  readonly fingerprint: string;
}

/** How it came to the broker at first. */
export interface ParkedOrigin {
  readonly exchange: string;
  readonly routingKey: string;
  /** The account that published it, where the broker has checked that. */
  readonly userId: string | undefined;
  /** AMQP's `app_id`: the service that published it, as it says itself. */
  readonly appId: string | undefined;
}

/** As amqplib hands out a message that was consumed, or that was got. */
export interface ReceivedMessage {
  readonly fields: Pick<ConsumeMessage['fields'], 'exchange' | 'routingKey'>;
  readonly properties: Pick<ConsumeMessage['properties'], 'headers' | 'messageId' | 'type' | 'correlationId'> &
    Pick<ConsumeMessage['properties'], 'contentType' | 'appId' | 'userId'>;
  readonly content: Buffer;
}

/** The broker's word for it. */
const DELIVERY_LIMIT = 'delivery_limit';

type Values = Readonly<Record<string, unknown>>;

const valuesOf = (value: unknown): Values => (typeof value === 'object' && value !== null ? { ...value } : {});
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const countOf = (value: unknown): number => (typeof value === 'number' && value >= 0 ? value : 0);

/** What the broker writes when it dead-letters a message itself (https://www.rabbitmq.com/docs/dlx#effects), the latest first. */
interface Death {
  readonly reason: string;
  readonly queue: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly time: Date | undefined;
}

/** Whoever publishes to a queue may write what he likes; a `Date` reaches to the year 275760. */
function dateAt(seconds: unknown): Date | undefined {
  const date = new Date(typeof seconds === 'number' ? seconds * 1_000 : Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function deathsIn(written: unknown): Death[] {
  return (Array.isArray(written) ? written : []).map((each) => {
    const { reason, queue, exchange, 'routing-keys': keys, time } = valuesOf(each);
    return {
      reason: textOf(reason) ?? '',
      queue: textOf(queue) ?? '',
      exchange: textOf(exchange) ?? '',
      routingKey: (Array.isArray(keys) ? textOf(keys[0]) : undefined) ?? '',
      // amqplib gives a timestamp within a table as { '!': 'timestamp', value: <seconds> }.
      time: dateAt(valuesOf(time).value),
    };
  });
}

const dateOf = (value: unknown) => {
  const text = timeIn(value);
  return text === undefined ? undefined : new Date(text);
};

/** What a service said of it when it parked it. */
function parkedByService(written: Values) {
  return {
    errorClass: errorClasses.find((each) => each === written[headers.errorClass]) ?? 'permanent',
    reason: textOf(written[headers.reason]) ?? 'No reason was given',
    attempts: countOf(written[headers.attempts]),
    parkedAt: dateOf(written[headers.parkedAt]),
    exchange: textOf(written[headers.exchange]) ?? '',
    routingKey: textOf(written[headers.routingKey]) ?? '',
    userId: textOf(written[headers.userId]),
  } as const;
}

/** The application's own headers stand on it only if it was a copy that had come back from its wait. */
function parkedByBroker(written: Values, last: Death, first: Death, userId: unknown) {
  const retried = first.exchange === RETRY_EXCHANGE;
  const limit = last.reason === DELIVERY_LIMIT;
  const before = retried ? textOf(written[headers.reason]) : undefined;
  const why = limit
    ? 'The broker delivered it more often than its limit without its being settled: does its consumer crash on it?'
    : `The queue of its service was gone when the broker took it out of ${last.queue} (${last.reason})`;
  return {
    errorClass: limit ? 'delivery-limit' : 'queue-gone',
    reason: before === undefined ? why : `${why}; it had failed before: ${before}`,
    attempts: (retried ? countOf(written[headers.attempt]) : 0) + (limit ? 1 : 0),
    parkedAt: last.time,
    exchange: (retried ? textOf(written[headers.exchange]) : first.exchange) ?? '',
    routingKey: (retried ? textOf(written[headers.routingKey]) : first.routingKey) ?? '',
    userId: retried ? textOf(written[headers.userId]) : textOf(userId),
  } as const;
}

const lastWordOf = (routingKey: string) => routingKey.split('.').at(-1) ?? '';

/**
 * The last word of the key under which it was dead-lettered: `payment-service`, or `500ms.payment-service` through the alternate exchange,
 * which leaves the exchange as it was. An operator who has moved it has overwritten both.
 */
function serviceOf({ exchange, routingKey }: ReceivedMessage['fields'], written: Values, last: Death | undefined): string {
  if (exchange === DEAD_LETTER_EXCHANGE || exchange === REDELIVER_EXCHANGE) return lastWordOf(routingKey);
  if (last === undefined) return textOf(written[headers.service]) ?? '';
  return last.reason === DELIVERY_LIMIT ? last.queue : lastWordOf(last.routingKey);
}

function fingerprintOf(...parts: readonly (string | undefined)[]): string {
  return createHash('sha256')
    .update(JSON.stringify(parts.map((part) => part ?? '')))
    .digest('hex')
    .slice(0, 16);
}

/**
 * Reads a parked message, whether its service parked it or the broker dead-lettered it (over the delivery limit, or back from its wait
 * with its queue gone). A service's copies carry no `x-death`, so one that does was dead-lettered by the broker. Never throws: what is
 * not there, or is not what it should be, is left out.
 */
export function parkedMessage({ fields, properties, content }: ReceivedMessage): ParkedMessage {
  const written: Values = properties.headers ?? {};
  const deaths = deathsIn(written['x-death']);
  const [last, first] = [deaths[0], deaths.at(-1)];
  const byBroker = last !== undefined && first !== undefined;
  const how = byBroker ? parkedByBroker(written, last, first, properties.userId) : parkedByService(written);
  const { exchange, routingKey, userId, ...said } = how;
  const believed: Values = !byBroker || first.exchange === RETRY_EXCHANGE ? written : {};
  const step = textOf(believed[headers.step]);
  // Where it failed before says nothing of what it is parked for now.
  const frame = byBroker ? undefined : textOf(written[headers.frame]);
  const outcome = byBroker ? undefined : textOf(written[headers.outcome]);
  const type = textOf(properties.type) ?? routingKey;
  return {
    service: serviceOf(fields, written, last),
    step,
    outcome: outcome === 'none' ? undefined : outcome,
    ...said,
    frame,
    stack: byBroker ? undefined : textOf(written[headers.stack]),
    firstFailedAt: dateOf(believed[headers.firstFailedAt]) ?? said.parkedAt,
    origin: { exchange, routingKey, userId, appId: textOf(properties.appId) },
    messageId: textOf(properties.messageId),
    type,
    correlationId: textOf(properties.correlationId),
    contentType: textOf(properties.contentType),
    content,
    redrive: textOf(written[headers.redrive]),
    fingerprint: fingerprintOf(said.errorClass, frame, step, type),
  };
}
