import { randomUUID } from 'node:crypto';
import { LOG_EXCHANGE, REDELIVER_EXCHANGE } from '../choreography/index.js';
import { type LogPosition, logCursorOf, logPositionOf } from '../db/index.js';
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
  /** What is still to be sent, in what an emitter asks of itself. */
  readonly rest?: Rest | undefined;
}

/** How far an emitter has come with an answer. */
export interface Rest {
  readonly after: LogPosition;
  /** The first transaction that had not begun when the request came. */
  readonly before: string;
  /** Events. */
  readonly sent: number;
}

const SERVICE = /^[a-z][a-z0-9-]{0,99}$/;
const TYPES_AT_MOST = 1_000;

/** The message by which a service asks an emitter: its key names both, so that a broker can tell who may ask as whom. */
export const requestMessage = (request: Request, emitter: string) => messageOf(request, request.service, emitter);

/** The message by which an emitter asks itself, in its own name, for the rest of what another service has asked it for. */
export const restMessage = (request: Request, emitter: string) => messageOf(request, emitter, emitter);

function messageOf({ service, types, since, rest }: Request, sender: string, emitter: string): Message {
  return {
    exchange: LOG_EXCHANGE,
    routingKey: `${sender}.${emitter}`,
    content: Buffer.from(JSON.stringify({ service, types, since: since?.toISOString() ?? null, rest: written(rest) })),
    options: { messageId: randomUUID(), appId: sender, contentType: 'application/json', persistent: true, mandatory: true },
  };
}

/** Both places as cursors. */
function written(rest: Rest | undefined) {
  if (rest === undefined) return undefined;
  const { after, before, sent } = rest;
  return { after: logCursorOf(after), before: logCursorOf({ transaction: before, position: '0' }), sent };
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

const placeIn = (cursor: unknown) => (typeof cursor === 'string' ? logPositionOf(cursor) : undefined);

function readRest(value: unknown): Rest | undefined {
  if (value === undefined) return undefined;
  const { after, before, sent } = isRecord(value) ? value : {};
  const [from, to] = [placeIn(after), placeIn(before)];
  if (from === undefined || to === undefined || typeof sent !== 'number') throw new TypeError('its rest is none');
  return { after: from, before: to.transaction, sent };
}

/**
 * @param emitter this service: it alone may ask for the rest of an answer
 * @throws TypeError when it is no request, or comes under another service's key; its message repeats nothing of it
 */
export function readRequest(body: string, routingKey: string, emitter: string): Request {
  const value = parse(body);
  if (!isRecord(value) || typeof value.service !== 'string' || !SERVICE.test(value.service) || !isTypes(value.types))
    throw new TypeError('it names no service or no types');
  const rest = readRest(value.rest);
  const sender = rest === undefined ? value.service : emitter;
  if (routingKey.split('.')[0] !== sender) throw new TypeError('it came under the key of another service');
  const since = typeof value.since === 'string' ? new Date(value.since) : undefined;
  if (since !== undefined && Number.isNaN(since.getTime())) throw new TypeError('its time is none');
  return { service: value.service, types: value.types, since, rest };
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
