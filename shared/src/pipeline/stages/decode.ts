import { Permanent } from '../../choreography/index.js';
import {
  type CloudEvent,
  checkEvent,
  comesReadable,
  contractFor,
  type EventContract,
  exchangeOf,
  unreadMajor,
} from '../../events/index.js';
import { reasonOf } from '../errors.js';
import type { ErrorClass } from '../failure.js';
import type { Delivery } from '../ports.js';

/** A message, or a part of it, that no step can be given. */
class Unreadable extends Permanent {
  readonly errorClass: ErrorClass;

  constructor(errorClass: ErrorClass, message: string) {
    super(message);
    this.errorClass = errorClass;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the text, which may hold a customer's name; and reasons are logged.
    throw new Unreadable('unparsable', 'The message is not JSON');
  }
}

/** Only what looks like a type: reasons are logged, and anything else may hold a customer's name. */
function typeOf(value: unknown): string {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  return typeof type === 'string' && /^[a-z_.]{1,100}$/.test(type) ? type : 'no type';
}

/** What was received, and how it came. */
export type Incoming = Pick<Delivery, 'body' | 'batched' | 'exchange' | 'routingKey' | 'userId'>;

export interface NotDecoded {
  readonly ok: false;
  /** `forged`: well-formed, but not from whom, or not by the way, that its contract says. */
  readonly errorClass: ErrorClass;
  readonly error: Permanent;
  readonly body: Buffer | string;
}

/** An event in a major that this service does not read, of which a copy comes in one that it does. */
export interface LeftOut {
  readonly ok: true;
  readonly event: undefined;
  readonly body: string;
}

/** One event of a message, or what is wrong with it. */
export type Decoded = { readonly ok: true; readonly event: CloudEvent; readonly body: string } | LeftOut | NotDecoded;

const unreadable = (errorClass: ErrorClass, reason: string, body: Buffer | string): NotDecoded => ({
  ok: false,
  errorClass,
  error: new Permanent(reason),
  body,
});

/** A name as a reason may repeat it. */
const named = (name: string) => (/^[a-z0-9_.:/-]{1,100}$/.test(name) ? `"${name}"` : '"..."');

/** What about an event does not fit, besides its contents; undefined when it came as its contract says. */
function forgery(
  { type, emitters, subject: property }: EventContract,
  event: CloudEvent,
  incoming: Incoming,
): string | undefined {
  const { exchange, routingKey, userId } = incoming;
  const { source, subject, data } = event;
  if (type !== routingKey) return `${type} came under routing key ${named(routingKey)}`;
  if (exchange !== exchangeOf(type)) return `${type} came through exchange ${named(exchange)}`;
  const service = source.slice(1);
  if (source[0] !== '/' || !emitters.includes(service)) return `${named(source)} does not emit ${type}`;
  if (String(Object(data)[property]) !== subject) return `the subject of ${type} must be its ${property}`;
  // Set only where each service has an account of its own, which has its name.
  if (userId !== undefined && userId !== service) return `account ${named(userId)} published for ${named(source)}`;
  return undefined;
}

function decodeOne({ value, body }: Part, incoming: Incoming, contracts: ReadonlyMap<string, EventContract>): Decoded {
  const contract = contracts.get(typeOf(value));
  if (contract === undefined) return unreadable('unknown-type', `No step of this service consumes "${typeOf(value)}"`, body);
  const own = contractFor(contract, value);
  if (own === undefined) {
    if (comesReadable(contract, value)) return { ok: true, event: undefined, body };
    return unreadable('unknown-version', unreadMajor(contract, value), body);
  }
  const checked = checkEvent(own, value);
  if (!checked.ok) {
    const { pointer, detail } = checked.error;
    return unreadable('wrong-schema', `${contract.type} breaks its contract: ${pointer || 'the event'} ${detail}`, body);
  }
  const { event } = checked;
  const reason = forgery(own, event, incoming);
  if (reason === undefined) return { ok: true, event, body };
  return unreadable('forged', `Forged: ${reason}`, body);
}

/**
 * Stands between the events of a batched message. To JSON the line break is white space; here it is where the text can be cut, as no
 * event has one in it (`JSON.stringify` escapes them): each event then keeps its own text, and none need be written anew.
 */
export const BETWEEN_EVENTS = ',\n';

/**
 * What a message may carry at most: events, and bytes. A larger one is parked whole, before it is made a text and its events are looked
 * at: each event that cannot be read is parked on its own, and a message of `{}` would become any number of them.
 */
export const MAX_EVENTS = 1_000;
export const MAX_BYTES = 4_000_000;

const tooMany = () => new Unreadable('oversized', `The message carries more than ${MAX_EVENTS} events`);

interface Part {
  readonly value: unknown;
  readonly body: string;
}

/** Undefined when the text cannot be cut. If every part is JSON, so is the whole, and an array of them. */
function cut(text: string): Part[] | undefined {
  if (!text.startsWith('[') || !text.endsWith(']')) return undefined;
  const bodies = text.slice(1, -1).split(BETWEEN_EVENTS, MAX_EVENTS + 1);
  if (bodies.length > MAX_EVENTS) throw tooMany();
  try {
    return bodies.map((body) => ({ value: JSON.parse(body), body }));
  } catch {
    return undefined;
  }
}

/** Others may write their arrays as they like. */
function partsOf(text: string): Part[] {
  const parts = cut(text);
  if (parts !== undefined) return parts;
  const parsed = parse(text);
  if (!Array.isArray(parsed) || parsed.length === 0)
    throw new Unreadable('unparsable', 'A batched message must be a JSON array of events');
  if (parsed.length > MAX_EVENTS) throw tooMany();
  return parsed.map((value) => ({ value, body: JSON.stringify(value) }));
}

/**
 * Parses a message once and checks each event in it against its contract, and that it came under its own routing key from a service
 * that may emit it. Never throws: what is wrong is in the result.
 */
export function decode(incoming: Incoming, contracts: ReadonlyMap<string, EventContract>): Decoded[] {
  const { body, batched } = incoming;
  try {
    if (body.length > MAX_BYTES) throw new Unreadable('oversized', `The message has more than ${MAX_BYTES} bytes`);
    const text = body.toString();
    const parts = batched ? partsOf(text) : [{ value: parse(text), body: text }];
    return parts.map((part) => decodeOne(part, incoming, contracts));
  } catch (error) {
    return [unreadable(error instanceof Unreadable ? error.errorClass : 'unparsable', reasonOf(error), body)];
  }
}
