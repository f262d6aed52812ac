import { createHash } from 'node:crypto';
import { BATCHED, type ParkedMessage, parkedMessage, type ReceivedMessage } from '@quickstep/shared/messaging';
import { MAX_EVENTS } from '@quickstep/shared/pipeline';

/** Of the one event in a message, when it can be read so far. */
export interface LetterFacts {
  readonly eventId: string | undefined;
  /** Of all events in a message of several. */
  readonly eventIds: readonly string[];
  readonly subject: string | undefined;
}

/** A parked message as the index keeps it. */
export interface Letter extends ParkedMessage, LetterFacts {
  /** Made of the message itself: its copy in the index and the one in the dead-letter queue have the same. */
  readonly id: string;
  /** JSON that PostgreSQL takes. */
  readonly headers: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** In JSON: U+0000 and halves of surrogate pairs, which PostgreSQL refuses. */
const UNSTORABLE = /\\u(0000|d[89a-f][0-9a-f]{2})/gi;

/** UUIDv8 (RFC 9562, section 5.8) of a hash. */
function uuidOf(hash: Buffer): string {
  const bytes = Buffer.from(hash.subarray(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * What does not change while it lies in its queue: the broker adds headers with each delivery. Two messages with one id are the same
 * bytes, parked by the same service in the same millisecond after as many attempts.
 */
function idOf({ service, messageId, parkedAt, attempts, origin, errorClass, reason, content, redrive }: ParkedMessage): string {
  const { exchange, routingKey } = origin;
  const facts = [service, messageId, parkedAt?.toISOString(), attempts, exchange, routingKey, errorClass, reason, redrive];
  const said = JSON.stringify(facts.map((fact) => fact ?? null));
  return uuidOf(createHash('sha256').update(said).update('\n').update(content).digest());
}

type Values = Readonly<Record<string, unknown>>;

const valuesOf = (value: unknown): Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    return undefined;
  }
}

/** The attributes of the one event in a message; none when it holds several, or nothing that can be read. */
export function attributesOf(content: Buffer, contentType: string | undefined): Values {
  return valuesOf(contentType === BATCHED ? undefined : parse(content));
}

/** Any text as PostgreSQL takes it. */
export const storable = (text: string): string => text.replaceAll('\u0000', '\ufffd').toWellFormed();

export const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);

/** Headers as they are shown; bytes in them are not. */
function headersOf({ properties: { headers = {} } }: ReceivedMessage): string {
  const said = Object.entries(headers).filter(([name, value]) => name !== 'x-stack' && !Buffer.isBuffer(value));
  return JSON.stringify(Object.fromEntries(said)).replace(UNSTORABLE, '\\ufffd');
}

/** Of more events than a message may carry none is handled. */
function idsIn(content: Buffer): string[] {
  const events = parse(content);
  const ids = (Array.isArray(events) ? events : []).slice(0, MAX_EVENTS).map((each) => valuesOf(each).id);
  return [...new Set(ids.filter(isUuid).map((id) => id.toLowerCase()))];
}

export function factsOf(content: Buffer, contentType: string | undefined): LetterFacts {
  const { id, subject } = attributesOf(content, contentType);
  return {
    eventId: isUuid(id) ? id.toLowerCase() : undefined,
    eventIds: contentType === BATCHED ? idsIn(content) : [],
    subject: typeof subject === 'string' ? subject.slice(0, 256) : undefined,
  };
}

export function letterOf(message: ReceivedMessage): Letter {
  const parked = parkedMessage(message);
  return {
    ...parked,
    ...factsOf(parked.content, parked.contentType),
    id: idOf(parked),
    headers: headersOf(message),
  };
}
