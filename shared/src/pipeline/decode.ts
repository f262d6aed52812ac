import { type CloudEvent, checkEvent, type EventContract } from '../contracts/index.js';
import { messageOf, Permanent } from './errors.js';

function parse(body: Buffer | string): unknown {
  try {
    return JSON.parse(body.toString());
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

/** Parses a message once and checks each event in it against its contract. Never throws: what is wrong is in the result. */
export function decode(body: Buffer | string, batched: boolean, contracts: ReadonlyMap<string, EventContract>): Decoded[] {
  try {
    const parsed = parse(body);
    if (!batched) return [decodeOne(parsed, body.toString(), contracts)];
    if (!Array.isArray(parsed) || parsed.length === 0) throw new Permanent('A batched message must be a JSON array of events');
    return parsed.map((value) => decodeOne(value, JSON.stringify(value), contracts));
  } catch (error) {
    return [{ ok: false, error: error instanceof Permanent ? error : new Permanent(messageOf(error)), body }];
  }
}
