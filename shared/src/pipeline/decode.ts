import { Permanent } from '../choreography/index.js';
import { type CloudEvent, checkEvent, type EventContract } from '../events/index.js';
import { messageOf } from './errors.js';

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the text, which may hold a customer's name; and reasons are logged.
    throw new Permanent('The message is not JSON');
  }
}

/** Only what looks like a type: reasons are logged, and anything else may hold a customer's name. */
function typeOf(value: unknown): string {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  return typeof type === 'string' && /^[a-z_.]{1,100}$/.test(type) ? type : 'no type';
}

/** One event of a message, or what is wrong with it. */
export type Decoded =
  | { readonly ok: true; readonly event: CloudEvent; readonly body: string }
  | { readonly ok: false; readonly error: Permanent; readonly body: Buffer | string };

function decodeOne(value: unknown, body: string, contracts: ReadonlyMap<string, EventContract>): Decoded {
  const contract = contracts.get(typeOf(value));
  if (contract === undefined) {
    return { ok: false, error: new Permanent(`No step of this service consumes "${typeOf(value)}"`), body };
  }
  const checked = checkEvent(contract, value);
  if (checked.ok) return { ok: true, event: checked.event, body };
  const { pointer, detail } = checked.error;
  return { ok: false, error: new Permanent(`${contract.type} breaks its contract: ${pointer || 'the event'} ${detail}`), body };
}

/**
 * Stands between the events of a batched message. To JSON the line break is white space; here it is where the text can be cut, as no
 * event has one in it (`JSON.stringify` escapes them): each event then keeps its own text, and none need be written anew.
 */
export const BETWEEN_EVENTS = ',\n';

/**
 * What a message may carry at most: events, and bytes (of a text: characters). A larger one is parked whole, before its events are
 * looked at: each event that cannot be read is parked on its own, and a message of `{}` would become any number of them.
 */
export const MAX_EVENTS = 1_000;
export const MAX_BYTES = 4_000_000;

const tooMany = () => new Permanent(`The message carries more than ${MAX_EVENTS} events`);

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
  if (!Array.isArray(parsed) || parsed.length === 0) throw new Permanent('A batched message must be a JSON array of events');
  if (parsed.length > MAX_EVENTS) throw tooMany();
  return parsed.map((value) => ({ value, body: JSON.stringify(value) }));
}

/** Parses a message once and checks each event in it against its contract. Never throws: what is wrong is in the result. */
export function decode(body: Buffer | string, batched: boolean, contracts: ReadonlyMap<string, EventContract>): Decoded[] {
  try {
    if (body.length > MAX_BYTES) throw new Permanent(`The message has more than ${MAX_BYTES} bytes`);
    const text = body.toString();
    const parts = batched ? partsOf(text) : [{ value: parse(text), body: text }];
    return parts.map((part) => decodeOne(part.value, part.body, contracts));
  } catch (error) {
    return [{ ok: false, error: error instanceof Permanent ? error : new Permanent(messageOf(error)), body }];
  }
}
