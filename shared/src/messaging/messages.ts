import type { Options } from 'amqplib';
import { exchangeOf } from '../events/index.js';
import { BETWEEN_EVENTS, type OutgoingEvent } from '../pipeline/index.js';

/** CloudEvents structured content mode: one event (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md). */
export const SINGLE = 'application/cloudevents+json';
/** CloudEvents batched content mode: a JSON array of events. */
export const BATCHED = 'application/cloudevents-batch+json';

/**
 * Header names. Structured content mode needs none: every attribute stands in the event. An event on its way has none, as each header
 * costs the broker some 3 us for every message that it takes in and hands out.
 */
export const headers = {
  /** How many events a batched message carries. */
  count: 'x-count',
  /** How many attempts went before this one. */
  attempt: 'x-attempt',
  /** Why it is tried again, or why it was parked. */
  reason: 'x-reason',
  /** Where the message was published at first: a retried or parked copy has gone another way. */
  exchange: 'x-exchange',
  routingKey: 'x-routing-key',
  /** Which account published it, where the broker has checked that: a copy is published by another. */
  userId: 'x-user-id',
  /** The steps that failed, joined by "+"; what kind of failure it was; and the first line of our own code in its stack. */
  step: 'x-step',
  errorClass: 'x-error-class',
  frame: 'x-frame',
  /** When it failed first (RFC 3339). */
  firstFailedAt: 'x-first-failed-at',
  /** On a parked message: the service that could not handle it, how often it tried, and when it gave up (RFC 3339). */
  service: 'x-service',
  attempts: 'x-attempts',
  parkedAt: 'x-parked-at',
  /** On a parked message: the outcome that broke the declaration of its step, or `none`; and the stack, functions and places only. */
  outcome: 'x-outcome',
  stack: 'x-stack',
} as const;

/** A message as it goes to the broker. */
export interface Message {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly options: Options.Publish;
}

/** A message and which events of the `publish` call it carries. */
export interface EventMessage extends Message {
  readonly positions: readonly number[];
}

export interface BatchLimits {
  readonly events: number;
  /** Of the JSON text, in characters; about bytes. */
  readonly size: number;
}

/** Of what our own publisher makes; a consumer takes larger messages (`MAX_EVENTS`, `MAX_BYTES`). */
export const BATCH_LIMITS: BatchLimits = { events: 200, size: 1_000_000 };

const SHORT_BYTES = 255;

/** AMQP's short strings hold 255 bytes, and a character has three at most; whatever is longer stands in full in the event itself. */
export const shortText = (text: string) => (Buffer.byteLength(text) <= SHORT_BYTES ? text : text.slice(0, SHORT_BYTES / 3));

/** One message for each event. */
export function singleMessages(events: readonly OutgoingEvent[], service: string): EventMessage[] {
  return events.map((event, position) => singleMessage(event, position, service));
}

/** When the event happened, in seconds as AMQP has it: the same however often it is published. */
const timestampOf = ({ time }: OutgoingEvent['event']) => Math.floor(Date.parse(time) / 1000);

function singleMessage({ event, body, final }: OutgoingEvent, position: number, service: string): EventMessage {
  return {
    exchange: exchangeOf(event.type),
    routingKey: event.type,
    content: Buffer.from(body),
    positions: [position],
    options: {
      messageId: event.id,
      type: event.type,
      correlationId: shortText(event.correlationid),
      appId: service,
      timestamp: timestampOf(event),
      contentType: SINGLE,
      persistent: true,
      mandatory: !final,
    },
  };
}

/** Events of one type share messages, up to the limits; an event alone travels as a single one. Order holds within a type. */
export function batchedMessages(events: readonly OutgoingEvent[], service: string, limits: BatchLimits): EventMessage[] {
  const byType = new Map<string, number[]>();
  events.forEach(({ event }, position) => {
    const positions = byType.get(event.type);
    if (positions === undefined) byType.set(event.type, [position]);
    else positions.push(position);
  });
  return [...byType.values()]
    .flatMap((positions) => split(positions, events, limits))
    .map((positions) => batchMessage(positions, events, service));
}

function split(positions: readonly number[], events: readonly OutgoingEvent[], limits: BatchLimits): number[][] {
  const parts: number[][] = [];
  let size = 0;
  for (const position of positions) {
    const length = events[position]?.body.length ?? 0;
    const part = parts.at(-1);
    if (part === undefined || part.length >= limits.events || size + length > limits.size) {
      parts.push([position]);
      size = length;
    } else {
      part.push(position);
      size += length;
    }
  }
  return parts;
}

function batchMessage(positions: readonly number[], events: readonly OutgoingEvent[], service: string): EventMessage {
  const carried = positions.flatMap((position) => events[position] ?? []);
  const [first, second] = carried;
  if (first === undefined) throw new RangeError('A message carries at least one event');
  if (second === undefined) return singleMessage(first, positions[0] ?? 0, service);
  const { id, type } = first.event;
  return {
    exchange: exchangeOf(type),
    routingKey: type,
    // The bodies are JSON already: joining them is an array of them.
    content: Buffer.from(`[${carried.map(({ body }) => body).join(BETWEEN_EVENTS)}]`),
    positions,
    options: {
      messageId: id,
      type,
      appId: service,
      timestamp: timestampOf(first.event),
      contentType: BATCHED,
      persistent: true,
      mandatory: !first.final,
      headers: { [headers.count]: carried.length },
    },
  };
}
