import { paint } from './progress';

export interface OrderEvent {
  type: string;
  time: string;
  source: string;
  data?: { reason?: unknown };
}

const red = 31;
const green = 32;
const yellow = 33;
const dim = 2;

/** What was undone, told by the event that confirms it. */
const confirmations: Record<string, string> = {
  'inventory.released': 'stock released',
  'payment.refunded': 'payment refunded or never taken',
};
const compensating = ['payment.refund', 'inventory.release', ...Object.keys(confirmations)];

const colour = (text: string, code: number | undefined) => (code === undefined ? text : paint(process.stdout, code, text));

function colourOf(type: string): number | undefined {
  if (compensating.includes(type)) return yellow;
  if (/failed|insufficient|rejected|cancelled|cancellation/.test(type)) return red;
  return type === 'order.completed' ? green : undefined;
}

export function heading(title: string, orderId: string): string {
  return `${paint(process.stdout, 1, title)}  ${paint(process.stdout, dim, `order ${orderId}`)}`;
}

/** One line per event: when, counted from the first; what; who published it; and why, where the event says so. */
export function timeline(events: OrderEvent[]): string[] {
  const begin = Math.min(...events.map((event) => Date.parse(event.time)));
  return events.map((event) => {
    const elapsed = `${Date.parse(event.time) - begin} ms`.padStart(10);
    const source = event.source.replace(/^\//, '').padEnd(22);
    const reason = typeof event.data?.reason === 'string' ? event.data.reason : '';
    return `${paint(process.stdout, dim, elapsed)}  ${colour(event.type.padEnd(31), colourOf(event.type))} ${paint(process.stdout, dim, source)}${reason}`.trimEnd();
  });
}

export function ending(status: string, expected: string, events: OrderEvent[]): string {
  const undone = Object.entries(confirmations).flatMap(([type, text]) =>
    events.some((event) => event.type === type) ? [text] : [],
  );
  const verdict =
    status === expected
      ? colour(status, status === 'COMPLETED' ? green : yellow)
      : colour(`${status} instead of ${expected}`, red);
  return `${' '.repeat(12)}${verdict}; compensations: ${undone.length > 0 ? undone.join(', ') : 'none, there was nothing to undo'}`;
}
