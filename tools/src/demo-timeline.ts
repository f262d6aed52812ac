import { paint } from './progress.js';

interface Shortage {
  sku: string;
  requested: number;
  available: number;
}

export interface OrderEvent {
  id: string;
  causationid: string;
  type: string;
  time: string;
  source: string;
  data?: { reason?: unknown; amount?: unknown; currency?: unknown; shortages?: Shortage[] };
}

const red = 31;
const green = 32;
const yellow = 33;
const dim = 2;

/** What was undone, told by the event that confirms it. */
const confirmations: Record<string, (event: OrderEvent) => string> = {
  'inventory.released': () => 'stock released',
  'payment.refunded': ({ data }) =>
    data?.amount === 0 ? 'payment closed before it was taken' : `payment refunded (${money(data)})`,
};
const compensating = ['payment.refund', 'inventory.release', 'shipping.recall', ...Object.keys(confirmations)];

function money(data: OrderEvent['data']): string {
  return `${(Number(data?.amount) / 100).toFixed(2)} ${data?.currency}`;
}

const colour = (text: string, code: number | undefined) => (code === undefined ? text : paint(process.stdout, code, text));

function colourOf(type: string): number | undefined {
  if (compensating.includes(type)) return yellow;
  if (/failed|insufficient|rejected|cancelled|cancellation/.test(type)) return red;
  return type === 'order.completed' ? green : undefined;
}

/** Whether the story has its end: the customer has been told of it, and nothing is missing in between. */
export function isWhole(events: readonly OrderEvent[]): boolean {
  const ids = new Set(events.map(({ id }) => id));
  const ends = events.filter(({ type }) => type === 'order.completed' || type === 'order.cancelled').map(({ id }) => id);
  const told = events.some(({ type, causationid }) => type.startsWith('notification.') && ends.includes(causationid));
  // The client's requests, which are causes too, are no events: only these two are caused by one.
  const begun = ['order.created', 'order.cancellation_requested'];
  return told && events.every(({ type, causationid }) => begun.includes(type) || ids.has(causationid));
}

export function heading(title: string, orderId: string): string {
  return `${paint(process.stdout, 1, title)}  ${paint(process.stdout, dim, `order ${orderId}`)}`;
}

/** One line per event: when, counted from the first; what; who published it; and why, where an event is the first to say so. */
export function timeline(events: OrderEvent[]): string[] {
  const begin = Math.min(...events.map((event) => Date.parse(event.time)));
  const told = new Set<string>();
  return events.map((event) => {
    const elapsed = paint(process.stdout, dim, `${Date.parse(event.time) - begin} ms`.padStart(10));
    const publisher = paint(process.stdout, dim, event.source.replace(/^\//, '').padEnd(22));
    const why = reasonOf(event);
    const reason = told.has(why) ? '' : why;
    told.add(why);
    return `${elapsed}  ${colour(event.type.padEnd(31), colourOf(event.type))} ${publisher}${reason}`.trimEnd();
  });
}

function reasonOf({ data }: OrderEvent): string {
  if (typeof data?.reason === 'string') return data.reason;
  const shortages = data?.shortages ?? [];
  return shortages.map(({ sku, requested, available }) => `${requested} of ${sku} wanted, ${available} available`).join('; ');
}

export function ending(status: string, expected: string, events: OrderEvent[]): string {
  const undone = events.flatMap((event) => confirmations[event.type]?.(event) ?? []);
  const verdict =
    status === expected
      ? colour(status, status === 'COMPLETED' ? green : yellow)
      : colour(`${status} instead of ${expected}`, red);
  return `${' '.repeat(12)}${verdict}; compensations: ${undone.length > 0 ? undone.join(', ') : 'none, there was nothing to undo'}`;
}
