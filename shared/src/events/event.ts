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
  /** What the event is about, by its id. */
  readonly subject: string;
  /** When it happened, RFC 3339, UTC. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: string;
  readonly data: Data;
  /** Version of the data's schema, `major.minor`. */
  readonly dataversion: string;
  /** One per saga. */
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
  /** Older majors that can be lifted to this one. */
  readonly earlier: readonly EarlierContract[];
}

/** An older major of an event: a contract of its own, with the way to the current one and, perhaps, back. */
export interface EarlierContract extends EventContract {
  /** Makes data of the current major of data of this one. */
  upcast(data: unknown): unknown;
  /** Makes data of this major of data of the current one: while it is there, the event is published in both. */
  downcast?(data: unknown): unknown;
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
  /** Older majors that consumers still read: see `earlier`. */
  earlier?: readonly EarlierMajor<Static<Schema>>[];
  /** What the event is about. Default: the first property. */
  subject?: keyof Static<Schema> & string;
  final?: boolean;
  /** Default `fact`. */
  kind?: EventKind;
  /** For an event that says that the saga has ended: how, for example `completed`. */
  ending?: string;
  /** Services that may publish it. Default: the one of the type's first word, `payment-service` for `payment.completed`. */
  emitters?: readonly string[];
}

/** An older major, by what its data look like and how they become the current one's. Methods, so that particular data fit. */
export interface EarlierMajor<Data> {
  readonly dataversion: string;
  readonly schema: TObject;
  upcast(data: unknown): Data;
  downcast?(data: Data): unknown;
}

/**
 * Declares an older major of an event.
 *
 * @param casts `upcast` gives the data of the current major, whatever lies between; with `downcast` the event is published in this
 * major too, for consumers that read no other
 */
export function earlier<Schema extends TObject, Data>(
  dataversion: string,
  schema: Schema,
  casts: { upcast(data: Static<Schema>): Data; downcast?(data: Data): Static<Schema> },
): EarlierMajor<Data> {
  return { dataversion, schema, ...casts };
}

/** `1` of `1.4`. */
export const majorOf = (dataversion: string) => dataversion.slice(0, dataversion.indexOf('.'));

const declared = new Map<string, EventContract>();

/** Declares an event type. The name is `<service word>.<past tense or compensating verb>`, for example `inventory.reserved`. */
export function event<const Type extends `${string}.${string}`, Schema extends TObject>(
  type: Type,
  schema: Schema,
  options: EventOptions<Schema>,
): DraftingContract<Type, Schema> {
  const { description, dataversion = '1.0', final = false, kind = 'fact', ending } = options;
  const subject = options.subject ?? Object.keys(schema.properties)[0] ?? '';
  const emitters = options.emitters ?? [`${firstWord(type)}-service`];
  const common = { type, description, subject, final, kind, ending, emitters };
  const contract = Object.assign((data: Static<Schema>): EventDraft<Type, Static<Schema>> => ({ type, data }), {
    ...common,
    schema,
    dataversion,
    earlier: (options.earlier ?? []).map((each) => older(each, dataversion, common)),
  });
  declared.set(type, contract);
  return contract;
}

/** The contract that was declared for a type, the latest if several were; undefined when none was. */
export function contractOf(type: string): EventContract | undefined {
  return declared.get(type);
}

function older<Data>(each: EarlierMajor<Data>, current: string, common: Common): EarlierContract {
  if (Number(majorOf(each.dataversion)) < Number(majorOf(current))) return { ...common, ...each, earlier: [] };
  throw new TypeError(`${common.type} ${each.dataversion} is declared as earlier than ${current}, but its major is no smaller`);
}

type Common = Pick<EventContract, 'type' | 'description' | 'subject' | 'final' | 'kind' | 'ending' | 'emitters'>;

const firstWord = (type: string) => type.slice(0, type.indexOf('.'));

/** The topic exchange of an event type: its first word and `.events`. The routing key is the type itself. */
export function exchangeOf(type: string): string {
  return `${firstWord(type)}.events`;
}
