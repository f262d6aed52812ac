import type { ConsumeMessage } from 'amqplib';
import { isDelayName, REDELIVER_EXCHANGE, REDRIVEN } from '../choreography/index.js';
import { headers } from './messages.js';

/** How a message came to the broker at first, and how often it was tried since. */
export interface Origin {
  readonly exchange: string;
  readonly routingKey: string;
  /** The account that published it, checked by the broker (https://www.rabbitmq.com/docs/validated-user-id). */
  readonly userId: string | undefined;
  readonly attempt: number;
  /** RFC 3339; undefined at the first attempt. */
  readonly firstFailedAt: string | undefined;
}

/** What an operator's tools use to move messages from queue to queue: no service needs the permission to write to it. */
const DEFAULT_EXCHANGE = '';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The largest attempt number that is believed: far above any list of delays. */
const MAX_ATTEMPT = 1_000;

/** Our own count of attempts, as RabbitMQ 4 ignores an `x-death` header that a client sends. */
function attemptIn(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? Math.min(value, MAX_ATTEMPT) : 0;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/** A moment as `toISOString` writes it. */
export function timeIn(value: unknown): string | undefined {
  return typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined;
}

/**
 * Whose headers are believed: copies from a wait, which the service itself has put there, and what an operator moves. Any other key on that
 * way is `<emitter>.<service>`, from the emitter's log: the copy then counts as published by the emitter, whatever its headers say.
 */
function publisherOf({ exchange, routingKey }: ConsumeMessage['fields'], header: unknown): string | undefined {
  const [first = ''] = exchange === REDELIVER_EXCHANGE ? routingKey.split('.') : [REDRIVEN];
  if (first === REDRIVEN || isDelayName(first)) return textOf(header) || undefined;
  return first;
}

/**
 * A copy says in its headers where it came from; they are believed only on the ways by which copies come, as anybody may write
 * headers: through `redeliver`, or moved by an operator. Topic permissions say who may write to `redeliver` under which keys.
 */
export function originOf({ fields, properties }: ConsumeMessage): Origin {
  if (fields.exchange !== REDELIVER_EXCHANGE && fields.exchange !== DEFAULT_EXCHANGE) {
    return {
      exchange: fields.exchange,
      routingKey: fields.routingKey,
      userId: properties.userId,
      attempt: 0,
      firstFailedAt: undefined,
    };
  }
  const written = properties.headers ?? {};
  return {
    exchange: textOf(written[headers.exchange]),
    routingKey: textOf(written[headers.routingKey]),
    userId: publisherOf(fields, written[headers.userId]),
    attempt: attemptIn(written[headers.attempt]),
    firstFailedAt: timeIn(written[headers.firstFailedAt]),
  };
}
