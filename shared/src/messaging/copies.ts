import type { ConsumeMessage, Options } from 'amqplib';
import { DEAD_LETTER_EXCHANGE, RETRY_EXCHANGE, type Topology } from '../choreography/index.js';
import { BATCHED, headers, type Message, SINGLE, shortText } from './messages.js';

const REASON_LENGTH = 500;

/** How many attempts went before this one: our own count, as RabbitMQ 4 ignores an `x-death` header that a client sends. */
export function attemptOf(message: ConsumeMessage): number {
  const attempt: unknown = message.properties.headers?.[headers.attempt];
  return typeof attempt === 'number' ? attempt : 0;
}

/** The copy that waits for the next attempt; attempts beyond the last delay wait as long as it says. */
export function retryCopy(message: ConsumeMessage, body: Buffer | string, reason: string, { retryQueues }: Topology): Message {
  const attempt = attemptOf(message);
  const queue = retryQueues[Math.min(attempt, retryQueues.length - 1)];
  if (queue === undefined) throw new RangeError('There are no wait queues: give topologyOf at least one retry delay');
  return copyTo(RETRY_EXCHANGE, queue.routingKey, message, body, {
    [headers.attempt]: attempt + 1,
    [headers.reason]: shorten(reason),
  });
}

/** The copy for the dead-letter queue, with all that an operator needs to judge it and to send it again. */
export function parkedCopy(
  message: ConsumeMessage,
  body: Buffer | string,
  reason: string,
  { queue: service }: Topology,
): Message {
  return copyTo(DEAD_LETTER_EXCHANGE, service, message, body, {
    [headers.reason]: shorten(reason),
    [headers.service]: service,
    [headers.attempts]: attemptOf(message) + 1,
    [headers.parkedAt]: new Date().toISOString(),
  });
}

function copyTo(
  exchange: string,
  routingKey: string,
  message: ConsumeMessage,
  body: Buffer | string,
  added: Record<string, unknown>,
): Message {
  const { fields, properties } = message;
  const { appId, timestamp } = properties;
  const whole = typeof body !== 'string';
  const own = whole || properties.contentType !== BATCHED ? ownProperties(message) : propertiesIn(body);
  const first = {
    [headers.exchange]: properties.headers?.[headers.exchange] ?? fields.exchange,
    [headers.routingKey]: properties.headers?.[headers.routingKey] ?? fields.routingKey,
  };
  return {
    exchange,
    routingKey,
    content: whole ? body : Buffer.from(body),
    // What the broker added on the way (`x-death`) stays behind; it would grow with each attempt.
    options: { appId, timestamp, ...own, persistent: true, mandatory: true, headers: { ...own.headers, ...first, ...added } },
  };
}

function ownProperties({ properties }: ConsumeMessage): Options.Publish {
  const { messageId, type, correlationId, contentType } = properties;
  const count: unknown = properties.headers?.[headers.count];
  return { messageId, type, correlationId, contentType, headers: count === undefined ? {} : { [headers.count]: count } };
}

/** The properties of one event out of a batched message: they stand in the event only. */
function propertiesIn(body: string): Options.Publish {
  const { id, type, correlationid } = attributesOf(body);
  const options: Options.Publish = { contentType: SINGLE };
  if (typeof id === 'string') options.messageId = shortText(id);
  if (typeof type === 'string') options.type = shortText(type);
  if (typeof correlationid === 'string') options.correlationId = shortText(correlationid);
  return options;
}

function attributesOf(body: string): Record<string, unknown> {
  const value: unknown = JSON.parse(body);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function shorten(reason: string): string {
  return reason.length <= REASON_LENGTH ? reason : `${reason.slice(0, REASON_LENGTH - 1)}…`;
}
