import { randomUUID } from 'node:crypto';
import { LOG_EXCHANGE, REDELIVER_EXCHANGE } from '../choreography/index.js';
import { exchangeOf } from '../events/index.js';
import { BATCH_LIMITS, batchedMessages, headers, type Message } from '../messaging/index.js';
import type { OutgoingEvent } from '../pipeline/index.js';

/** "Send me, from your log, what is of these types and not older than this." */
export interface Request {
  /** Who asks: the copies go to its queue. */
  readonly service: string;
  readonly types: readonly string[];
  /** Undefined: everything. */
  readonly since: Date | undefined;
}

const SERVICE = /^[a-z][a-z0-9-]{0,99}$/;
const TYPES_AT_MOST = 1_000;

/** The message by which a service asks an emitter: its key names both, so that a broker can tell who may ask as whom. */
export function requestMessage({ service, types, since }: Request, emitter: string): Message {
  return {
    exchange: LOG_EXCHANGE,
    routingKey: `${service}.${emitter}`,
    content: Buffer.from(JSON.stringify({ service, types, since: since?.toISOString() ?? null })),
    options: { messageId: randomUUID(), appId: service, contentType: 'application/json', persistent: true, mandatory: true },
  };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
const isTypes = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length <= TYPES_AT_MOST && value.every((each) => typeof each === 'string');

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new TypeError('it is not JSON');
  }
}

/** @throws TypeError when it is no request, or comes under another service's key; its message repeats nothing of it */
export function readRequest(body: string, routingKey: string): Request {
  const value = parse(body);
  if (!isRecord(value) || typeof value.service !== 'string' || !SERVICE.test(value.service) || !isTypes(value.types))
    throw new TypeError('it names no service or no types');
  if (routingKey.split('.')[0] !== value.service) throw new TypeError('it came under the key of another service');
  const since = typeof value.since === 'string' ? new Date(value.since) : undefined;
  if (since !== undefined && Number.isNaN(since.getTime())) throw new TypeError('its time is none');
  return { service: value.service, types: value.types, since };
}

/**
 * Copies of events under their own ids, for one service's queue alone. They say where they were published at first, as those do
 * that come back from a wait.
 */
export function copiesFor(service: string, events: readonly OutgoingEvent[], emitter: string): Message[] {
  return batchedMessages(events, emitter, BATCH_LIMITS).map(({ content, options }) => {
    const type = String(options.type);
    const origin = { [headers.exchange]: exchangeOf(type), [headers.routingKey]: type };
    return {
      exchange: REDELIVER_EXCHANGE,
      routingKey: `${emitter}.${service}`,
      content,
      options: { ...options, mandatory: true, headers: { ...options.headers, ...origin } },
    };
  });
}
