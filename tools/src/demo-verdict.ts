import { paint } from './progress.js';

interface Fact {
  readonly type: string;
  /** The type of the event that it follows from; null when that is not there. */
  readonly cause: string | null;
  readonly data?: { readonly amount?: unknown; readonly currency?: unknown };
}

/** A saga as the operations service tells it. */
export interface Told {
  readonly endedAt: string | null;
  readonly timeline: readonly Fact[];
}

const red = 31;
const green = 32;
const yellow = 33;

/** What was undone, told by the event that confirms it. */
const confirmations: Record<string, (fact: Fact) => string> = {
  'inventory.released': () => 'stock released',
  'payment.refunded': ({ data }) =>
    data?.amount === 0
      ? 'payment closed before it was taken'
      : `payment refunded (${(Number(data?.amount) / 100).toFixed(2)} ${data?.currency})`,
};
const endings = ['order.completed', 'order.cancelled'];
/** Caused by a client's request, which is no event. */
const begun = ['order.created', 'order.cancellation_requested'];

/** Whether the story has its end: the customer has been told of it, and nothing is missing in between. */
export function isWhole({ endedAt, timeline }: Told): boolean {
  const told = timeline.some(({ type, cause }) => type.startsWith('notification.') && endings.includes(cause ?? ''));
  return endedAt !== null && told && timeline.every(({ type, cause }) => begun.includes(type) || cause !== null);
}

export function verdict(status: string, expected: string, { timeline }: Told): string {
  const undone = timeline.flatMap((fact) => confirmations[fact.type]?.(fact) ?? []);
  const [text, colour] =
    status === expected ? [status, status === 'COMPLETED' ? green : yellow] : [`${status} instead of ${expected}`, red];
  return `${paint(process.stdout, colour, text)}; compensations: ${undone.join(', ') || 'none, there was nothing to undo'}`;
}
