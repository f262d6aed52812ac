import { isOwnReason } from '@quickstep/shared/contracts';
import { isTooDeep } from '../depth.js';

/** Words and numbers that say nothing of a person; of everything else that is text only its length is shown. */
const HARMLESS = new Set(['orderId', 'notificationId', 'sku', 'currency', 'country', 'template', 'channel', 'status', 'by']);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;
const DEEPEST = 20;

/** Customers, operators and mail servers say why in their own words. */
const isHarmless = (name: string, value: string): boolean =>
  HARMLESS.has(name) || UUID.test(value) || TIME.test(value) || (name === 'reason' && isOwnReason(value));

/** What people see of a field unless it is revealed to them. */
export function hide(name: string, value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return isHarmless(name, value) ? value : `*** (${value.length} characters)`;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return '***';
  if (Array.isArray(value)) return value.map((each) => hide(name, each, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hide(key, each, depth + 1)]));
}

/** An event's own attributes; whoever wrote another may have put anything into it. */
const ENVELOPE = new Set(
  'specversion id type source subject time datacontenttype dataschema dataversion correlationid causationid tenantid idempotencykey traceparent'.split(
    ' ',
  ),
);

/** A field of an event, at a JSON Pointer, as people see it unless it is revealed to them. */
export function hideAt(pointer: string, value: unknown): unknown {
  const [attribute = '', ...inside] = pointer.split('/').slice(1);
  if (pointer === '') return hideEvent(value);
  if (inside.length === 0 && ENVELOPE.has(attribute) && typeof value === 'string') return value;
  return hide([attribute, ...inside].findLast((name) => !/^\d+$/.test(name)) ?? '', value);
}

/** An event without personal data. */
export function hideEvent(event: unknown): unknown {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return hide('', event, 0);
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => [
      name,
      ENVELOPE.has(name) && typeof value === 'string' ? value : hide(name, value, 0),
    ]),
  );
}

/** Undefined when there is none, or it is nested too deep to be gone through. */
function jsonIn(content: Buffer): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(content.toString());
    return isTooDeep(value) ? undefined : { value };
  } catch {
    return undefined;
  }
}

/** All of a message: an event, a list of events, or text that is not taken for JSON. */
export const wholeBody = (content: Buffer): unknown => {
  const json = jsonIn(content);
  return json === undefined ? content.toString() : json.value;
};

/** A message as people see it unless it is revealed to them. */
export function hiddenBody(content: Buffer): unknown {
  const json = jsonIn(content);
  if (json === undefined) return `*** (${content.length} bytes that are not shown as JSON)`;
  return Array.isArray(json.value) ? json.value.map(hideEvent) : hideEvent(json.value);
}
