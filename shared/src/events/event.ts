import type { Static, TObject, TSchema } from '@sinclair/typebox';

/**
 * An event on the wire: CloudEvents 1.0 in structured JSON mode with the extension attributes that every event here carries
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md).
 */
export interface CloudEvent<Type extends string = string, Data = unknown> {
  readonly specversion: '1.0';
  /** UUIDv7 (RFC 9562): identifies the event; a republished event keeps it. */
  readonly id: string;
  readonly type: Type;
  /** The service that published it, as a path: `/order-service`. */
  readonly source: string;
  /** What the event is about: the order id, or the SKU of a catalogue item. */
  readonly subject: string;
  /** When it happened, RFC 3339, UTC. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: string;
  readonly data: Data;
  /** Version of the data's schema, `major.minor`. */
  readonly dataversion: string;
  /** One per saga: the order id. */
  readonly correlationid: string;
  /** Id of the event, request or timer firing that caused this one. */
  readonly causationid: string;
  readonly tenantid: string;
  /** The same for every attempt at emitting this event: cause, step and position. */
  readonly idempotencykey: string;
  /** W3C trace context, level 1 (https://www.w3.org/TR/trace-context/). */
  readonly traceparent: string;
}

/** What a step returns: an event that has not been stamped with its id, time and cause yet. */
export interface EventDraft<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
}

export type EventKind = 'fact' | 'compensation';

/** One event type: the single source of its JSON Schema, its TypeScript type and its routing. */
export interface EventContract<Type extends string = string, Schema extends TSchema = TSchema> {
  readonly type: Type;
  readonly dataversion: string;
  readonly schema: Schema;
  readonly description: string;
  /** The property of `data` that becomes the event's subject. */
  readonly subject: string;
  /** Nobody in this system need consume it: published without `mandatory`. */
  readonly final: boolean;
  /** A fact says what happened; a compensation asks for work to be undone. */
  readonly kind: EventKind;
  /** How the saga has ended, when this event says that it has. */
  readonly ending: string | undefined;
  /** The services that may publish it; from anybody else it counts as forged. */
  readonly emitters: readonly string[];
}

/** A contract that can be called to draft an event of it. */
export interface DraftingContract<Type extends string, Schema extends TSchema> extends EventContract<Type, Schema> {
  (data: Static<Schema>): EventDraft<Type, Static<Schema>>;
}

/** The stamped event of a contract (of each, when given a union). */
export type EventOf<C> = C extends EventContract<infer T, infer S> ? CloudEvent<T, Static<S>> : never;

/** The draft of a contract (of each, when given a union). */
export type DraftOf<C> = C extends EventContract<infer T, infer S> ? EventDraft<T, Static<S>> : never;

export interface EventOptions<Schema extends TObject> {
  description: string;
  /** `major.minor`; a new minor only adds optional properties. Default `1.0`. */
  dataversion?: string;
  /** Default `orderId`. */
  subject?: keyof Static<Schema> & string;
  final?: boolean;
  /** Default `fact`. */
  kind?: EventKind;
  /** For an event that says that the saga has ended: how, for example `completed`. */
  ending?: string;
  /** Services that may publish it. Default: the one of the type's first word, `payment-service` for `payment.completed`. */
  emitters?: readonly string[];
}

/** Declares an event type. The name is `<service word>.<past tense or compensating verb>`, for example `inventory.reserved`. */
export function event<const Type extends `${string}.${string}`, Schema extends TObject>(
  type: Type,
  schema: Schema,
  options: EventOptions<Schema>,
): DraftingContract<Type, Schema> {
  return Object.assign((data: Static<Schema>): EventDraft<Type, Static<Schema>> => ({ type, data }), {
    type,
    schema,
    description: options.description,
    dataversion: options.dataversion ?? '1.0',
    subject: options.subject ?? 'orderId',
    final: options.final ?? false,
    kind: options.kind ?? 'fact',
    ending: options.ending,
    emitters: options.emitters ?? [`${firstWord(type)}-service`],
  });
}

const firstWord = (type: string) => type.slice(0, type.indexOf('.'));

/** The topic exchange of an event type: its first word and `.events`. The routing key is the type itself. */
export function exchangeOf(type: string): string {
  return `${firstWord(type)}.events`;
}
