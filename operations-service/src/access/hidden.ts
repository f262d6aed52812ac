/** Words and numbers that say nothing of a person; of everything else that is text only its length is shown. */
const HARMLESS = new Set([
  'orderId',
  'notificationId',
  'sku',
  'currency',
  'country',
  'reason',
  'template',
  'channel',
  'status',
  'by',
]);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;
const DEEPEST = 20;

/** What people see of a field unless it is revealed to them. */
export function hide(name: string, value: unknown, depth = 0): unknown {
  if (typeof value === 'string')
    return HARMLESS.has(name) || UUID.test(value) || TIME.test(value) ? value : `*** (${value.length} characters)`;
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

/** A message as people see it: an event, a list of events, or text that is no JSON. */
export function shownBody(content: Buffer, revealed: boolean): unknown {
  const text = content.toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return revealed ? text : `*** (${content.length} bytes that are no JSON)`;
  }
  if (revealed) return value;
  return Array.isArray(value) ? value.map(hideEvent) : hideEvent(value);
}
