import type { ConsumeMessage, Options } from 'amqplib';
import { DEAD_LETTER_EXCHANGE, RETRY_EXCHANGE, type Topology } from '../choreography/index.js';
import type { Failure, Wait } from '../pipeline/index.js';
import { BATCHED, headers, type Message, SINGLE, shortText } from './messages.js';
import type { Origin } from './origin.js';

const REASON_LENGTH = 500;
const STACK_LENGTH = 2_000;

/** A message of which a copy is made. */
export interface Original {
  readonly message: ConsumeMessage;
  readonly origin: Origin;
}

/** The copy that waits for the next attempt, in the queue with the shortest delay that is long enough, or else with the longest. */
export function retryCopy(
  original: Original,
  body: Buffer | string,
  failure: Failure,
  { retryQueues }: Topology,
  wait: Wait,
): Message {
  const shortestFirst = [...retryQueues].sort((a, b) => a.delay - b.delay);
  const queue = shortestFirst.find(({ delay }) => delay >= wait.delay) ?? shortestFirst.at(-1);
  if (queue === undefined) throw new RangeError('There are no wait queues: give topologyOf at least one retry delay');
  const added = { [headers.attempt]: wait.attempt, ...told(original, failure) };
  return { exchange: RETRY_EXCHANGE, routingKey: queue.routingKey, ...copyOf(original, body, added) };
}

/** The copy for the dead-letter queue, with all that an operator needs to judge it and to send it again. */
export function parkedCopy(original: Original, body: Buffer | string, failure: Failure, { queue: service }: Topology): Message {
  const added = {
    ...told(original, failure),
    [headers.outcome]: failure.outcome ?? 'none',
    ...given({ [headers.stack]: failure.stack }, STACK_LENGTH),
    [headers.service]: service,
    [headers.attempts]: original.origin.attempt + 1,
    [headers.parkedAt]: new Date().toISOString(),
  };
  return { exchange: DEAD_LETTER_EXCHANGE, routingKey: service, ...copyOf(original, body, added) };
}

/**
 * Takes over what is known to be harmless: a property or header that cannot be encoded would keep its message from ever being
 * parked. `x-death` stays behind: it would grow with each attempt, and one that is malformed ends at-least-once dead-lettering on the
 * whole broker when its message leaves a wait queue (seen on 3.10.8).
 */
function copyOf({ message, origin }: Original, body: Buffer | string, added: Record<string, unknown>) {
  const { properties } = message;
  const whole = typeof body !== 'string';
  const own = whole || properties.contentType !== BATCHED ? ownProperties(message) : propertiesIn(body);
  const first: Record<string, unknown> = { [headers.exchange]: origin.exchange, [headers.routingKey]: origin.routingKey };
  if (origin.userId !== undefined) first[headers.userId] = origin.userId;
  const options: Options.Publish = {
    ...textsOf({ appId: properties.appId }),
    ...(isCount(properties.timestamp) ? { timestamp: properties.timestamp } : {}),
    ...own,
    persistent: true,
    mandatory: true,
    headers: { ...own.headers, ...first, ...added },
  };
  return { content: whole ? body : Buffer.from(body), options };
}

function ownProperties({ properties }: ConsumeMessage): Options.Publish {
  const { messageId, type, correlationId, contentType } = properties;
  const count: unknown = properties.headers?.[headers.count];
  return {
    ...textsOf({ messageId, type, correlationId, contentType }),
    headers: isCount(count) ? { [headers.count]: count } : {},
  };
}

/** The properties of one event out of a batched message: they stand in the event only. */
function propertiesIn(body: string): Options.Publish {
  const { id, type, correlationid } = attributesOf(body);
  return { contentType: SINGLE, ...textsOf({ messageId: id, type, correlationId: correlationid }) };
}

function attributesOf(body: string): Record<string, unknown> {
  const value: unknown = JSON.parse(body);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function textsOf(properties: Readonly<Record<string, unknown>>): Options.Publish {
  const texts = Object.entries(properties).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, shortText(value)]] : [],
  );
  return Object.fromEntries(texts);
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** Headers for what there is to say. */
function given(texts: Readonly<Record<string, string | undefined>>, length: number): Record<string, string> {
  const said = Object.entries(texts).flatMap(([name, text]) => (text === undefined ? [] : [[name, shorten(text, length)]]));
  return Object.fromEntries(said);
}

/** What every copy says of the failure for which it is made. */
function told({ origin }: Original, { reason, step, errorClass, frame }: Failure): Record<string, string> {
  const firstFailedAt = origin.firstFailedAt ?? new Date().toISOString();
  const texts = {
    [headers.reason]: reason,
    [headers.step]: step,
    [headers.errorClass]: errorClass,
    [headers.frame]: frame,
    [headers.firstFailedAt]: firstFailedAt,
  };
  return given(texts, REASON_LENGTH);
}
